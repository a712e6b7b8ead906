"""What a revision says about grants: one privilege of one role, the revoking of all of them, the options of a view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gatepost import ddl, sql
from gatepost.errors import MigrationError
from gatepost.schema import Grant

On = Literal["table", "sequence", "schema", "routine"]
"""What a privilege is on; `table` is a view too."""

ALL = "ALL"
PRIVILEGES = frozenset(
    "ALL SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER MAINTAIN USAGE CREATE EXECUTE".split()
)
VIEW_OPTIONS = ("check_option", "security_barrier", "security_invoker")
_TABLE = frozenset("SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER".split())
_SEQUENCE = frozenset(("SELECT", "UPDATE", "USAGE"))
_FROM_17 = _TABLE | {"MAINTAIN"}


@dataclass(frozen=True, order=True)
class Privilege:
    """One privilege of one role on one object, or on some columns of it.

    `name` is the object's: a routine's with the types of its arguments, `is_mine(uuid)`, a schema's once more.
    """

    schema: str
    name: str
    role: str
    privilege: str
    columns: tuple[str, ...] = ()
    on: On = "table"
    grantable: bool = False

    def __post_init__(self) -> None:
        if self.privilege not in PRIVILEGES:
            raise MigrationError(f'"{self.privilege}" is not a privilege', ", ".join(sorted(PRIVILEGES)))

    def __str__(self) -> str:
        return _about(self.on, self.schema, self.name)

    @property
    def held(self) -> str:
        """The privilege with its columns: `UPDATE (title)`."""
        named = f"{self.privilege} ({', '.join(self.columns)})" if self.columns else self.privilege
        return f"{named} with the grant option" if self.grantable else named

    def grant_sql(self) -> list[str]:
        """Return the statement that gives it."""
        option = " WITH GRANT OPTION" if self.grantable else ""
        return [self._on_every_server(f"GRANT {self._what()} TO {sql.role(self.role)}{option}")]

    def revoke_sql(self) -> list[str]:
        """Return the statement that takes it back."""
        return [self._on_every_server(f"REVOKE {self._what()} FROM {sql.role(self.role)}")]

    def _what(self) -> str:
        columns = f" ({sql.identifiers(self.columns)})" if self.columns else ""
        return f"{self.privilege}{columns} ON {_address(self.on, self.schema, self.name)}"

    def _on_every_server(self, statement: str) -> str:
        return ddl.from_17(statement) if self.privilege == "MAINTAIN" else statement


@dataclass(frozen=True, order=True)
class AllRevoked:
    """That nobody of the Data API holds anything on an object, or on the sequences of a table.

    `roles` are those beyond the API's own that lose everything too; `sequences` are (schema, name).
    """

    schema: str
    name: str
    roles: tuple[str, ...] = ()
    sequences: tuple[tuple[str, str], ...] = ()
    on: On = "table"

    def __str__(self) -> str:
        return _about(self.on, self.schema, self.name)

    def revoke_sql(self) -> list[str]:
        """Return the statements that take everything back."""
        everybody = sql.roles(sorted({*ddl.EVERYBODY, *self.roles}))
        objects = [_address(self.on, self.schema, self.name)]
        objects += [_address("sequence", *sequence) for sequence in self.sequences]
        return [f"REVOKE ALL ON {address} FROM {everybody}" for address in objects]


@dataclass(frozen=True, order=True)
class ViewOptions:
    """The options of a view, as `pg_class.reloptions` has them: whose privileges it uses, and when it filters."""

    schema: str
    name: str
    options: tuple[str, ...] = ()

    def set_sql(self) -> list[str]:
        """Return the statements that make the options these."""
        view = sql.qualified(self.schema, self.name)
        given = {}
        for option in self.options:
            name, _, value = option.partition("=")
            if name not in VIEW_OPTIONS:
                raise MigrationError(f'"{name}" is not an option of a view', ", ".join(VIEW_OPTIONS))
            given[name] = sql.literal(value)
        others = [name for name in VIEW_OPTIONS if name not in given]
        made = [f"ALTER VIEW {view} RESET ({', '.join(others)})"] if others else []
        values = ", ".join(f"{name} = {value}" for name, value in given.items())
        return made + ([f"ALTER VIEW {view} SET ({values})"] if values else [])


@dataclass(frozen=True)
class Access:
    """Who may use a view or a function, without its owner; `options` are a view's, as `pg_class.reloptions` has."""

    on: On
    schema: str
    name: str
    grants: tuple[Grant, ...] = ()
    options: tuple[str, ...] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which it is looked up."""
        return (self.schema, self.name)


def _address(on: On, schema: str, name: str) -> str:
    if on == "schema":
        return f"SCHEMA {sql.identifier(schema)}"
    if on == "routine":
        bare, _, arguments = name.partition("(")
        return f"ROUTINE {sql.qualified(schema, bare)}({arguments}"
    return f"{on.upper()} {sql.qualified(schema, name)}"


def _about(on: On, schema: str, name: str) -> str:
    """Return an object as a sentence names it."""
    kind = {"table": "", "sequence": "the sequence ", "schema": "the schema ", "routine": "the function "}[on]
    return f'{kind}"{schema}"' if on == "schema" else f'{kind}"{schema}.{name}"'


def _everything(on: On, server_version: int) -> frozenset[str]:
    """Return all privileges that there are on an object, or none where that is not known."""
    if on == "sequence":
        return _SEQUENCE
    if on != "table" or not server_version:
        return frozenset()
    return _FROM_17 if server_version >= 170000 else _TABLE


def privileges(
    on: On, schema: str, name: str, grants: Iterable[Grant], *, server_version: int = 0
) -> Iterator[Privilege]:
    """Yield grants as privileges: one for a role and a command, with its columns inside.

    Args:
        on: What the grants are on.
        schema: Its schema.
        name: Its name.
        grants: The grants.
        server_version: Where it is known, a role that holds everything that this server has on a table has `ALL`.
    """
    columns: defaultdict[tuple[str, str, bool], set[str]] = defaultdict(set)
    whole = set()
    for grant in grants:
        key = (grant.grantee, grant.privilege, grant.grantable)
        if grant.column is None:
            whole.add(key)
        else:
            columns[key].add(grant.column)
    for role, grantable in sorted({(role, grantable) for role, _, grantable in whole}):
        every = {privilege for one, privilege, option in whole if (one, option) == (role, grantable)}
        if every == _everything(on, server_version):
            whole -= {(role, privilege, grantable) for privilege in every}
            yield Privilege(schema, name, role, ALL, on=on, grantable=grantable)
    for role, privilege, grantable in sorted(whole):
        yield Privilege(schema, name, role, privilege, on=on, grantable=grantable)
    for (role, privilege, grantable), some in sorted(columns.items()):
        yield Privilege(schema, name, role, privilege, tuple(sorted(some)), on, grantable)
