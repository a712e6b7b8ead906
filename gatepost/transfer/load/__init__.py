"""Load rows into the target: COPY, duplicates and orphans, rejects, indexes, keys and sequences."""
