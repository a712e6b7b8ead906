"""Row security in Alembic: the entities of a revision, the autogenerate comparison, and `run` for an `env.py`."""

from gatepost.migrate.entities import (
    Grant,
    GrantsEntity,
    PolicyEntity,
    RevokeAll,
    RowSecurityEntity,
    ViewOptionsEntity,
)
from gatepost.migrate.env import run
from gatepost.migrate.routines.declared import Function, View

__all__ = [
    "Function",
    "Grant",
    "GrantsEntity",
    "PolicyEntity",
    "RevokeAll",
    "RowSecurityEntity",
    "View",
    "ViewOptionsEntity",
    "run",
]
