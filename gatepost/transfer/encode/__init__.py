"""Encode batches of rows for COPY, in binary or text format, and compute their fingerprints.

The binary format makes a transfer fast, because the server parses nothing and this side prints nothing. Its encoder is
compiled when Gatepost is installed. Without it, and for tables with a type that has no binary form here, rows are sent
as text.
"""
