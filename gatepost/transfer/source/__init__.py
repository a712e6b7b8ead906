"""The SQLite file that a transfer reads."""
