"""Batches in COPY's binary format, with fingerprints by PostgreSQL's own hash functions.

The server parses nothing and this side prints nothing, which is what makes a transfer quick. It is compiled when
gatepost is installed; without it, and for a table with a column that has no binary form here, rows go as text.
"""
