"""What a database holds, and what a declaration says, as frozen values.

The same values stand on both sides: `reflect` reads them from the catalog, `declare` makes them from Python,
`diff` holds one against the other. Nothing here talks to a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Command = Literal["all", "select", "insert", "update", "delete"]
COMMANDS: tuple[Command, ...] = ("select", "insert", "update", "delete")

API_ROLES = ("anon", "authenticated", "service_role")
"""The roles that a token of the Data API can hold."""

PLATFORM_SCHEMAS = frozenset(
    "auth storage realtime _realtime graphql graphql_public extensions vault net cron pgbouncer pgmq pgsodium"
    " pgsodium_masks pgtle supabase_functions supabase_migrations tiger tiger_data topology etl _analytics"
    " _supavisor repack".split()
)
"""Schemas whose tables belong to the platform or to an extension: their policies can be declared, nothing else.

Source: the Supabase documentation on the schemas that `postgres` does not own.
"""

PLATFORM_GRANTORS = frozenset({"supabase_admin"})
"""Roles whose grants and default privileges a project cannot change."""


def is_platform(schema: str) -> bool:
    """Tell whether a schema belongs to PostgreSQL, to the platform or to an extension of the platform."""
    return schema in PLATFORM_SCHEMAS or schema == "information_schema" or schema.startswith("pg_")


@dataclass(frozen=True, order=True)
class Policy:
    """One row-security policy; the expressions are as they were written or as PostgreSQL prints them.

    `roles` is sorted and holds `public` for PUBLIC.
    """

    schema: str
    table: str
    name: str
    command: Command
    roles: tuple[str, ...]
    permissive: bool = True
    using: str | None = None
    check: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True, order=True)
class RowSecurity:
    """Whether row security is on, and whether it holds for the owner too."""

    enabled: bool
    forced: bool


@dataclass(frozen=True, order=True)
class Grant:
    """One privilege of one grantee; `column` is None for the whole relation, `grantee` is `public` for PUBLIC."""

    grantee: str
    privilege: str
    column: str | None = None
    grantable: bool = False
    grantor: str = ""


@dataclass(frozen=True, order=True)
class Column:
    """A column as the catalog has it; `type` is what `format_type` prints.

    `identity` is `""`, `"always"` or `"by default"`; `sequence` is the sequence that the column owns.
    """

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    identity: str = ""
    generated: bool = False
    sequence: tuple[str, str] | None = None


@dataclass(frozen=True, order=True)
class Index:
    """An index; `columns` holds the key columns in order, with None for an expression."""

    name: str
    columns: tuple[str | None, ...]
    unique: bool
    primary: bool
    valid: bool
    predicate: str | None
    definition: str
    method: str = "btree"


@dataclass(frozen=True, order=True)
class Constraint:
    """A constraint; `references` is (schema, table, columns) of a foreign key."""

    name: str
    kind: Literal["primary key", "unique", "foreign key", "check", "exclude", "trigger", "not null"]
    columns: tuple[str, ...]
    definition: str
    validated: bool = True
    references: tuple[str, str, tuple[str, ...]] | None = None


TableKind = Literal["table", "partitioned", "foreign"]


@dataclass(frozen=True)
class Table:
    """A table with everything that decides who reaches its rows; `parents` are those it inherits from."""

    schema: str
    name: str
    kind: TableKind
    owner: str
    row_security: RowSecurity
    columns: tuple[Column, ...] = ()
    policies: tuple[Policy, ...] = ()
    grants: tuple[Grant, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    partition: bool = False
    extension: str | None = None
    rows: float = -1

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a table is looked up."""
        return (self.schema, self.name)

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, order=True)
class Sequence:
    """A sequence; `owned_by` is (schema, table, column) where a column owns it."""

    schema: str
    name: str
    owner: str
    grants: tuple[Grant, ...] = ()
    owned_by: tuple[str, str, str] | None = None
    identity: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, order=True)
class Namespace:
    """A PostgreSQL schema: its owner and its grants."""

    name: str
    owner: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, order=True)
class Membership:
    """That `member` belongs to `role`: it inherits its privileges, and may `SET ROLE` to it."""

    role: str
    member: str
    inherit: bool
    set_role: bool


@dataclass(frozen=True, order=True)
class DatabaseRole:
    """A role of the server with the attributes that decide what row security means for it."""

    name: str
    superuser: bool
    bypass_row_security: bool
    inherit: bool
    login: bool
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class DefaultPrivilege:
    """What `grantee` will hold on objects that `creator` makes later; `schema` is empty for every schema."""

    creator: str
    schema: str
    kind: str
    grant: Grant


@dataclass(frozen=True)
class Schema:
    """A whole database at one moment.

    `server_version` is the integer of `server_version_num`; `search_path` is the one of the session that read it.
    """

    database: str
    server_version: int
    current_role: str
    search_path: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    roles: tuple[DatabaseRole, ...] = ()
    memberships: tuple[Membership, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    _by_key: dict[tuple[str, str], Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_key.update({table.key: table for table in self.tables})

    def table(self, schema: str, name: str) -> Table | None:
        """Return the table of that name, or None."""
        return self._by_key.get((schema, name))

    def has_role(self, name: str) -> bool:
        """Tell whether the server knows a role of that name."""
        return any(role.name == name for role in self.roles)

    @property
    def exposed(self) -> tuple[str, ...]:
        """The schemas that the Data API serves: `pgrst.db_schemas` where it is set, else `public`.

        Source: the PostgREST configuration `db-schemas`; the Dashboard keeps it outside the database unless
        somebody ran `ALTER ROLE authenticator SET pgrst.db_schemas`.
        """
        configured = dict(self.settings).get("pgrst.db_schemas", "public")
        return tuple(sorted({name.strip() for name in configured.split(",") if name.strip()}))
