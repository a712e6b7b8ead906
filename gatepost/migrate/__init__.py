"""Row security in Alembic: the entities of a revision, the autogenerate comparison, and `run` for an `env.py`."""

from gatepost.migrate.entities import Grant, GrantsEntity, PolicyEntity, RevokeAll, RowSecurityEntity
from gatepost.migrate.env import run

__all__ = ["Grant", "GrantsEntity", "PolicyEntity", "RevokeAll", "RowSecurityEntity", "run"]
