"""Row security in Alembic: the entities of a revision, the autogenerate comparison, and `run` for an `env.py`."""

from gatepost.migrate.entities import (
    ClosedPartitions,
    DomainEntity,
    EnumEntity,
    EnumLabel,
    Grant,
    GrantsEntity,
    PolicyEntity,
    RevokeAll,
    RowSecurityEntity,
    SchemaEntity,
    ViewOptionsEntity,
)
from gatepost.migrate.env import run
from gatepost.migrate.routines.declared import Function, View
from gatepost.migrate.sql_file import execute_file

__all__ = [
    "ClosedPartitions",
    "DomainEntity",
    "EnumEntity",
    "EnumLabel",
    "Function",
    "Grant",
    "GrantsEntity",
    "PolicyEntity",
    "RevokeAll",
    "RowSecurityEntity",
    "SchemaEntity",
    "View",
    "ViewOptionsEntity",
    "execute_file",
    "run",
]
