"""Read the SQLite file of a transfer."""
