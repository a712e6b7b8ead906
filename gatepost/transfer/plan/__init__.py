"""Which column becomes which, before a row is moved."""
