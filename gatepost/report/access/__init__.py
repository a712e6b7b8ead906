"""The access matrix, which `observe` and `check` have: as text."""
