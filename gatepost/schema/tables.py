"""Tables, and everything that decides who can access their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gatepost.schema.names import Command


@dataclass(frozen=True, order=True)
class Reference:
    """Something that a policy, a view, a rule or a function refers to, as `pg_depend` knows it.

    `name` is a relation's name or a function's signature, `name(types)`; `columns` are those that are named, sorted.
    """

    kind: Literal["relation", "function"]
    schema: str
    name: str
    columns: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which the relation or the function is looked up."""
        return (self.schema, self.name)


@dataclass(frozen=True, order=True)
class Policy:
    """One row-security policy; the expressions are as they were written or as PostgreSQL prints them.

    `roles` is sorted and holds `public` for PUBLIC. `reads` is what the expressions refer to, the table's own columns
    too; it is known of a reflected policy only, and is no part of what makes two policies equal. Neither is `comment`.
    """

    schema: str
    table: str
    name: str
    command: Command
    roles: tuple[str, ...]
    permissive: bool = True
    using: str | None = None
    check: str | None = None
    reads: tuple[Reference, ...] = field(default=(), compare=False, repr=False)
    comment: str | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True, order=True)
class Revoked:
    """A privilege on a column that a script revoked, and that its role had afterwards all the same."""

    schema: str
    table: str
    column: str
    role: str
    privilege: str
    place: str = ""


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


@dataclass(frozen=True)
class Enum:
    """An enum type: its name as `format_type` prints it, and its labels in their order."""

    name: str
    labels: tuple[str, ...]


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
    """A table with everything that decides who can access its rows; `parents` are those it inherits from."""

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
