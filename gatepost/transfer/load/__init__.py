"""Rows into their tables: COPY, duplicates and orphans, rejects, indexes, keys and sequences."""
