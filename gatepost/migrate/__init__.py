"""Row security in Alembic: the entities of a revision, the autogenerate comparison, and `run` for an `env.py`."""

from gatepost.migrate.entities import GrantsEntity, PolicyEntity, RowSecurityEntity
from gatepost.migrate.env import run

__all__ = ["GrantsEntity", "PolicyEntity", "RowSecurityEntity", "run"]
