"""The alembic-utils entities in a revision: a policy, a table's grants, a table's row security.

They are run by alembic-utils' own operations, `op.create_entity`, `op.replace_entity` and `op.drop_entity`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Any

from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import DDL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from gatepost import ddl, sql
from gatepost.diff import Managed, TableGrants, TableRowSecurity
from gatepost.errors import MigrationError
from gatepost.schema import COMMANDS, Command, Grant, Policy, RowSecurity

log = logging.getLogger("gatepost.migrate")

Privileges = Mapping[str, Sequence[str | tuple[str, Sequence[str]]]]
"""Role to privileges; a privilege on some columns only is `("SELECT", ["id", "name"])`."""

GRANT_OPTION = " WITH GRANT OPTION"


class RowSecurityDDL(DDL):
    """Statements for PostgreSQL only."""

    def __init__(self, statements: list[str]) -> None:
        # DDL() formats its text with %, and text from an author may hold one.
        super().__init__(";\n".join(statements).replace("%", "%%"))  # type: ignore[no-untyped-call]


@compiles(RowSecurityDDL, "sqlite")
def _skip(element: RowSecurityDDL, _compiler: DDLCompiler, **_options: object) -> str:
    first = str(element.statement).splitlines()[0].replace("%%", "%")
    log.warning("SQLite has no row security; skipped: %s", first)
    return "SELECT 1"


class _Entity(ReplaceableEntity):
    """A value of `gatepost.diff` that alembic-utils can run and write into revisions."""

    type_ = "row_security"
    _version_to_replace: _Entity | None = None  # type: ignore[assignment]  # alembic-utils keeps a value of its own here

    def __init__(self, value: Managed) -> None:
        self.value = value
        self.schema = value.schema
        self.signature = f"{value.table}_{self.type_}"
        self.definition = ";\n".join(ddl.create_sql(value))

    @classmethod
    def of(cls, value: Managed) -> _Entity:
        """Return the entity of a value."""
        bare = cls.__new__(cls)
        _Entity.__init__(bare, value)
        return cls(**bare.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that recreate this entity."""
        raise NotImplementedError

    @classmethod
    def from_database(cls, sess: object, schema: str = "%") -> list[_Entity]:  # type: ignore[override]  # noqa: ARG003
        """Return nothing, because `gatepost.migrate.compare` compares these entities all at once."""
        return []

    def to_sql_statement_create(self) -> RowSecurityDDL:  # type: ignore[override]  # DDL needs no escaped colons
        """Return the statements that create it."""
        return RowSecurityDDL(ddl.create_sql(self.value))

    def to_sql_statement_drop(  # type: ignore[override]
        self,
        cascade: bool = False,  # noqa: ARG002  nothing depends on it
    ) -> RowSecurityDDL:
        """Return the statements that drop it."""
        return RowSecurityDDL(ddl.drop_sql(self.value))

    def to_sql_statement_create_or_replace(self) -> Iterator[RowSecurityDDL]:  # type: ignore[override]
        """Yield the statements that create it, and replace an existing one."""
        yield RowSecurityDDL(ddl.replace_sql(self.value))

    def render_self_for_migration(self, omit_definition: bool = False) -> str:  # noqa: ARG002  needed to undo
        """Return Python code that recreates this entity."""
        lines = [f"    {name}={_indented(value)},\n" for name, value in self.arguments().items()]
        return f"{self.to_variable_name()} = {type(self).__name__}(\n{''.join(lines)})\n"

    @classmethod
    def render_import_statement(cls) -> str:
        """Return the import that a revision needs."""
        return f"from gatepost.migrate import {cls.__name__}"

    def to_variable_name(self) -> str:
        """Return a name for the entity in a revision."""
        words = f"{self.schema}_{self.signature}" if self.schema != "public" else self.signature
        name = re.sub(r"\W+", "_", words, flags=re.ASCII).strip("_").lower()
        usable = name[:1].isalpha() and not iskeyword(name) and name not in ("op", "sa")
        return name if usable else f"{self.type_}_{name}"


def _indented(value: object) -> str:
    """Return a value as Python, with a line for each entry of a mapping."""
    if not isinstance(value, Mapping) or not value:
        return repr(value)
    return "{\n" + "".join(f"        {key!r}: {entry!r},\n" for key, entry in value.items()) + "    }"


class PolicyEntity(_Entity):
    """One policy.

    Args:
        schema: The table's schema.
        table: The table.
        name: The policy's name, as it is: `Users can read`.
        command: `all`, `select`, `insert`, `update` or `delete`.
        roles: Whom it is for; `public` is PUBLIC.
        using: The condition on rows that are there, as SQL.
        check: The condition on rows that are written, as SQL.
        permissive: False for AS RESTRICTIVE.
    """

    type_ = "policy"
    value: Policy

    def __init__(
        self,
        schema: str,
        table: str,
        name: str,
        command: Command,
        roles: Sequence[str],
        using: str | None = None,
        check: str | None = None,
        permissive: bool = True,
    ) -> None:
        if command not in ("all", *COMMANDS):
            raise MigrationError(f'"{command}" is not a command of a policy', "all, select, insert, update or delete")
        value = Policy(schema, table, name, command, tuple(sorted(roles)), permissive, using, check)
        super().__init__(value)
        self.signature = name if name.startswith(table) else f"{table}_{name}"

    @property
    def identity(self) -> str:
        """Return what names the policy among all."""
        return f"policy {self.value}"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that recreate this entity."""
        value = self.value
        found: dict[str, object] = {
            "schema": value.schema,
            "table": value.table,
            "name": value.name,
            "command": value.command,
            "roles": list(value.roles),
        }
        optional: dict[str, tuple[object, object]] = {
            "using": (value.using, None),
            "check": (value.check, None),
            "permissive": (value.permissive, True),
        }
        return found | {name: given for name, (given, default) in optional.items() if given != default}


class RowSecurityEntity(_Entity):
    """Row security of one table: whether it is on, and whether it holds for the table's owner too."""

    value: TableRowSecurity

    def __init__(self, schema: str, table: str, enabled: bool = True, forced: bool = True) -> None:
        super().__init__(TableRowSecurity(schema, table, RowSecurity(enabled, forced)))

    @property
    def identity(self) -> str:
        """Return what names the row security of a table among all."""
        return f"row security of {self.schema}.{self.value.table}"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that recreate this entity."""
        value = self.value
        named = {"schema": value.schema, "table": value.table}
        return named | {"enabled": value.state.enabled, "forced": value.state.forced}


class GrantsEntity(_Entity):
    """Every privilege that the roles of the Data API hold on one table; what is not here is revoked.

    Args:
        schema: The table's schema.
        table: The table.
        grants: Role to privileges; `public` is PUBLIC, and a role without privileges loses those that it had.
        sequences: The sequences that the table owns, by name, each with its own grants.
        usage: The roles that are let into the schema, and shut out again when the entity is dropped.
        no_usage: The roles that are shut out of the schema.
    """

    type_ = "grants"
    value: TableGrants

    def __init__(
        self,
        schema: str,
        table: str,
        grants: Privileges,
        sequences: Mapping[str, Privileges] | None = None,
        usage: Sequence[str] = (),
        no_usage: Sequence[str] = (),
    ) -> None:
        owned = tuple((*_split(name, schema), _grants(of_it)) for name, of_it in (sequences or {}).items())
        revoked = tuple(role for role, privileges in grants.items() if not privileges)
        value = TableGrants(schema, table, _grants(grants), owned, tuple(usage), revoked, tuple(no_usage))
        super().__init__(value)

    @property
    def identity(self) -> str:
        """Return what names the grants on a table among all."""
        return f"grants on {self.schema}.{self.value.table}"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that recreate this entity."""
        value = self.value
        found: dict[str, object] = {
            "schema": value.schema,
            "table": value.table,
            "grants": _privileges(value.grants) | {role: [] for role in value.revoked},
        }
        if value.sequences:
            found["sequences"] = {
                name if schema == value.schema else sql.qualified(schema, name): _privileges(grants)
                for schema, name, grants in value.sequences
            }
        if value.usage:
            found["usage"] = list(value.usage)
        if value.no_usage:
            found["no_usage"] = list(value.no_usage)
        return found


def _split(name: str, schema: str) -> tuple[str, str]:
    """Return (schema, name) of a sequence that is written bare or, in another schema, quoted and qualified."""
    if not name.startswith('"'):
        return schema, name
    first, second = (token.name or "" for token in sql.tokens(name) if token.kind == "quoted")
    return first, second


def _grants(privileges: Privileges) -> tuple[Grant, ...]:
    grants = []
    for role, held in privileges.items():
        for privilege in held:
            name, columns = (privilege, (None,)) if isinstance(privilege, str) else privilege
            plain = name.removesuffix(GRANT_OPTION)
            grants += [Grant(role, plain, column, grantable=plain != name) for column in columns]
    return tuple(sorted(grants, key=lambda grant: (grant.grantee, grant.privilege, grant.column or "")))


def _privileges(grants: Sequence[Grant]) -> dict[str, list[str | tuple[str, list[str]]]]:
    by_role: dict[str, dict[str, list[str | None]]] = {}
    for grant in grants:
        name = grant.privilege + (GRANT_OPTION if grant.grantable else "")
        by_role.setdefault(grant.grantee, {}).setdefault(name, []).append(grant.column)
    return {
        role: [
            name if None in columns else (name, [column for column in columns if column is not None])
            for name, columns in held.items()
        ]
        for role, held in by_role.items()
    }


def entity(value: Managed) -> _Entity:
    """Return the entity of a value."""
    kinds: dict[type[Managed], type[_Entity]] = {
        Policy: PolicyEntity,
        TableRowSecurity: RowSecurityEntity,
        TableGrants: GrantsEntity,
    }
    kind = kinds[type(value)]
    return kind.of(value)
