"""Roles of the Data API, and values of the session as SQL: `uid()`, `jwt()`, `claim(…)`, `role()`.

Each value renders as a scalar subquery, `(SELECT auth.uid())`, which PostgreSQL evaluates once per statement and not
once per row (https://supabase.com/docs/guides/database/postgres/row-level-security-performance), and takes the type of
the column that it is compared with, so that the cast never stands on the column's side, where it defeats an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import column, text, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TextualSelect

from gatepost import sql
from gatepost.errors import DeclarationError

SessionType = Literal["uuid", "text", "jsonb"]

_POSTGRESQL = PGDialect()  # type: ignore[no-untyped-call]  # without a driver, whose types hide the difference of char


_TYPES: dict[SessionType, types.TypeEngine[Any]] = {
    "uuid": types.Uuid(),
    "text": types.Text(),
    "jsonb": postgresql.JSONB(),
}


@dataclass(frozen=True, order=True)
class Role:
    """A database role that a rule is for: `to=Role("app_admin")`.

    A token selects a role by its `role` claim, but only if `authenticator` is a member of that role.
    """

    name: str


anon = Role("anon")
authenticated = Role("authenticated")
service_role = Role("service_role")
public = Role("public")


class SessionValue(ColumnElement[Any]):
    """A value of the session, such as the user's id, for use in a rule.

    Args:
        reads: SQL that reads the value, such as `auth.uid()`.
        kind: The type that PostgreSQL gives it.
        cast: The type that it is cast to, or None.
        per_row: Whether PostgreSQL reads it anew for each row, as policies do that were written without a subquery.
    """

    inherit_cache = False

    def __init__(self, reads: str, kind: SessionType, cast: str | None = None, *, per_row: bool = False) -> None:
        self.reads = reads
        self.per_row = per_row
        self.kind: SessionType = kind
        self.cast_to = cast
        self.type = _TYPES[kind]

    @property
    def sql(self) -> str:
        """The value as SQL text."""
        return ("(" if self.per_row else "(SELECT ") + f"{self.reads})" + (f"::{self.cast_to}" if self.cast_to else "")

    def fitted_to(self, type_: types.TypeEngine[Any], what: str) -> SessionValue:
        """Return the value cast to the type that it is compared with.

        Args:
            type_: The type of the other side of the comparison.
            what: The name of the other side, for errors.

        Raises:
            DeclarationError: the comparison could never be true.
        """
        family = type_family(type_)
        if family == self.kind:
            return SessionValue(self.reads, self.kind, per_row=self.per_row)
        if family in ("text", "bpchar") and self.kind != "jsonb":
            return SessionValue(self.reads, self.kind, family, per_row=self.per_row)
        if self.kind == "text" and family in ("uuid", "bigint", "numeric", "boolean"):
            return SessionValue(self.reads, self.kind, family, per_row=self.per_row)
        raise DeclarationError(
            f'"{what}" is {type_family_name(type_)}, and {self.reads} is {self.kind}: they never match',
            "compare a column that is a uuid or text" if self.kind == "uuid" else "write the comparison as text(...)",
        )


@compiles(SessionValue)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _render(element: SessionValue, _compiler: object, **_options: object) -> str:
    return element.sql


def uid(*, per_row: bool = False) -> SessionValue:
    """Return the id of the signed-in user, `auth.uid()`; NULL where nobody is signed in.

    Args:
        per_row: Write it without the subquery, so that it is read for each row: for a policy that stays as it is.
    """
    return SessionValue("auth.uid()", "uuid", per_row=per_row)


def jwt(*, per_row: bool = False) -> SessionValue:
    """Return all claims of the token, `auth.jwt()`, as jsonb; `per_row` is as for `uid`."""
    return SessionValue("auth.jwt()", "jsonb", per_row=per_row)


def role() -> SessionValue:
    """Return the role of the token, as text."""
    return claim("role")


def claim(*path: str, per_row: bool = False) -> SessionValue:
    """Return one claim of the token as text: `claim("app_metadata", "org_id")`.

    Args:
        path: The keys from the outermost to the innermost.
        per_row: As for `uid`.

    Raises:
        DeclarationError: there is no key, or the claim is one that its user can edit.
    """
    if not path:
        raise DeclarationError("claim() needs the name of a claim", 'claim("app_metadata", "org_id")')
    if path[0] == "user_metadata":
        raise DeclarationError(
            'claim("user_metadata", …) is written by the user, so it must not decide access',
            "keep it in app_metadata, which only the server writes: " + _as_call("app_metadata", *path[1:]),
        )
    *outer, last = (sql.literal(key) for key in path)
    return SessionValue(
        " ".join(["auth.jwt()", *(f"-> {key}" for key in outer), f"->> {last}"]), "text", per_row=per_row
    )


class ClaimValues(TextualSelect):
    """The values of a claim that is an array, one a row, for use after `in_()`.

    Args:
        reads: SQL that reads the array as jsonb.
        cast: The type that each value is cast to, or None for text.
    """

    inherit_cache = False

    def __init__(self, reads: str, cast: str | None = None) -> None:
        self.reads = reads
        value = f"value::{cast}" if cast else "value"
        written = text(f"SELECT {value} FROM jsonb_array_elements_text({reads}) AS value")
        super().__init__(written, [column("value", types.Text())])

    def fitted_to(self, type_: types.TypeEngine[Any], what: str) -> ClaimValues:
        """Return the values cast to the type that they are compared with; see `SessionValue.fitted_to`."""
        return ClaimValues(self.reads, SessionValue(self.reads, "text").fitted_to(type_, what).cast_to)


def claims(*path: str) -> ClaimValues:
    """Return the values of a claim that is an array: `Project.org_id.in_(claims("app_metadata", "org_ids"))`.

    Args:
        path: The keys from the outermost to the innermost.

    Raises:
        DeclarationError: there is no key, or the claim is one that its user can edit.
    """
    outer, _, last = claim(*path).reads.rpartition("->>")
    return ClaimValues(f"{outer}->{last}")


def _as_call(*path: str) -> str:
    return "claim(" + ", ".join(f'"{key}"' for key in path) + ")"


def type_family(type_: types.TypeEngine[Any]) -> str | None:
    """Return the PostgreSQL type that a session's value is cast to for this column, or None where there is none."""
    plain = type_.dialect_impl(_POSTGRESQL)
    while isinstance(plain, types.TypeDecorator):
        plain = plain.impl_instance
    if isinstance(plain, types.Enum):
        return None
    families: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
        (types.Uuid, "uuid"),
        (types.CHAR, "bpchar"),  # text = char(n) would cast the column
        (types.String, "text"),
        (types.Boolean, "boolean"),
        (types.Integer, "bigint"),
        (types.Numeric, "numeric"),
        (postgresql.JSONB, "jsonb"),
    )
    return next((family for kind, family in families if isinstance(plain, kind)), None)


def type_family_name(type_: types.TypeEngine[Any]) -> str:
    """Return how PostgreSQL writes a type."""
    if isinstance(type_, types.NullType):
        return "of no known type"
    return str(type_.compile(_POSTGRESQL)).lower()
