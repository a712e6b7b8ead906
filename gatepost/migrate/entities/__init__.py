"""The alembic-utils entities in a revision: a policy, a table's row security, a privilege, a type, a schema.

They are run by alembic-utils' own operations, `op.create_entity`, `op.replace_entity` and `op.drop_entity`.
"""

from gatepost.migrate.entities.base import Entity
from gatepost.migrate.entities.grants import Grant, RevokeAll, ViewOptionsEntity
from gatepost.migrate.entities.named_types import DomainEntity, EnumEntity, EnumLabel, SchemaEntity
from gatepost.migrate.entities.row_security import ClosedPartitions, PolicyEntity, RowSecurityEntity
from gatepost.migrate.entities.whole_grants import GrantsEntity

__all__ = [
    "ClosedPartitions",
    "DomainEntity",
    "Entity",
    "EnumEntity",
    "EnumLabel",
    "Grant",
    "GrantsEntity",
    "PolicyEntity",
    "RevokeAll",
    "RowSecurityEntity",
    "SchemaEntity",
    "ViewOptionsEntity",
]
