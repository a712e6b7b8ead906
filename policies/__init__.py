"""Who may do what: an access story for every table, in the file that is named as its model's."""

from policies import accounts, providers, routing, search, work

__all__ = ["accounts", "providers", "routing", "search", "work"]
