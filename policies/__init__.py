"""Who may access which rows: one statement per table, in the file with the same name as its model's."""

from policies import accounts, providers, routing, search, work

__all__ = ["accounts", "providers", "routing", "search", "work"]
