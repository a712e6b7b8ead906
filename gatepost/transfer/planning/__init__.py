"""Plan a transfer: pair the tables and columns of both sides, before any row is moved."""
