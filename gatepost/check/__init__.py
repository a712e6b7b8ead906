"""The whole verdict about a database: what the rules suspect, tried on a clone, one finding a cause."""

from gatepost.check.run import Options, check

__all__ = ["Options", "check"]
