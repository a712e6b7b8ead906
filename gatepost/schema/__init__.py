"""Tables, policies, grants, views and functions as frozen values.

Both sides of a comparison use the same values. `reflect` reads them from the catalog, `declare` creates them from
Python, and `diff` compares them. Nothing here connects to a database.
"""

from gatepost.schema.database import Schema
from gatepost.schema.doors import EventTrigger, Extension, Function, Publication, RewriteRule, Trigger, View
from gatepost.schema.names import (
    API_ROLES,
    COMMANDS,
    IN_OWN_FOLDER,
    PLATFORM_GRANTORS,
    PLATFORM_SCHEMAS,
    Command,
    RowCommand,
    is_platform,
)
from gatepost.schema.roles import DatabaseRole, DefaultPrivilege, Membership, Namespace
from gatepost.schema.snapshot import from_values, to_values
from gatepost.schema.tables import (
    Column,
    Constraint,
    Enum,
    Grant,
    Index,
    Policy,
    Reference,
    Revoked,
    RowSecurity,
    Sequence,
    Table,
    TableKind,
)

__all__ = [
    "API_ROLES",
    "COMMANDS",
    "IN_OWN_FOLDER",
    "PLATFORM_GRANTORS",
    "PLATFORM_SCHEMAS",
    "Column",
    "Command",
    "Constraint",
    "DatabaseRole",
    "DefaultPrivilege",
    "Enum",
    "EventTrigger",
    "Extension",
    "Function",
    "Grant",
    "Index",
    "Membership",
    "Namespace",
    "Policy",
    "Publication",
    "Reference",
    "Revoked",
    "RewriteRule",
    "RowCommand",
    "RowSecurity",
    "Schema",
    "Sequence",
    "Table",
    "TableKind",
    "Trigger",
    "View",
    "from_values",
    "is_platform",
    "to_values",
]
