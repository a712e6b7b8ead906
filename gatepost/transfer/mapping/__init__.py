"""The mapping of a transfer: what becomes of every table and column of the source."""
