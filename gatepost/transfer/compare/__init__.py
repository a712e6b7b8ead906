"""Compare the target with the source by fingerprints of rows, computed here and by PostgreSQL."""
