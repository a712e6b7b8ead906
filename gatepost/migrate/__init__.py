"""Alembic and alembic-utils: the entities of a revision, how they are compared, and the whole of an `env.py`."""

from gatepost.migrate.entities import GrantsEntity, PolicyEntity, RowSecurityEntity
from gatepost.migrate.env import run

__all__ = ["GrantsEntity", "PolicyEntity", "RowSecurityEntity", "run"]
