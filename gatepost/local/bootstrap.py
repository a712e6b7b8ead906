"""Prepare a managed PostgreSQL, such as RDS, for Gatepost.

It gets the API roles, `auth`, `storage`, `realtime` and `extensions` by the same SQL as the embedded server, but only
what is missing. Existing objects are never changed, even if they differ from what would be created.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.errors import DatabaseUnreachable
from gatepost.local import platform_sql

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

API_ROLES = ("anon", "authenticated", "service_role")
_FILES = ("roles", "extensions", "auth", "storage", "realtime")
_LOCK = 7_300_181_520_241
"""The key of the advisory lock, so that two bootstraps of one database run one after the other."""


@dataclass(frozen=True)
class Bootstrapped:
    """What `bootstrap` did: everything as "kind name", in the order of creation."""

    created: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Admin:
    """The account that the connection logged in as."""

    name: str
    superuser: bool
    bypasses: bool
    version: int

    @property
    def may_let_bypass(self) -> bool:
        # https://www.postgresql.org/docs/17/sql-createrole.html; before 16, superusers only.
        return self.superuser or (self.bypasses and self.version >= 160000)


def bootstrap(connection: Connection) -> Bootstrapped:
    """Create what Gatepost and its policies need and the database lacks, in one transaction.

    Args:
        connection: psycopg2, in no transaction, as an account that may create roles, schemas and extensions. It
            need not be a superuser: on managed services nobody is.

    Returns:
        What was created, what existed already, and what the account could not do as on the platform.

    Raises:
        DatabaseUnreachable: the account may not create something; nothing was changed.
    """
    autocommit, connection.autocommit = connection.autocommit, False
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            admin = _who(cursor)
            wanted = platform_sql.sections(*_FILES)
            todo = platform_sql.missing(connection, wanted)
            for section in todo:
                _make(cursor, _within_rights(section, admin), admin)
            joined, refused = _join(cursor, admin)
    finally:
        connection.autocommit = autocommit
    made = set(todo)
    return Bootstrapped(
        created=tuple(_name(section) for section in wanted if section in made) + tuple(joined),
        kept=tuple(_name(section) for section in wanted if section not in made),
        notes=_notes(todo, admin) + tuple(refused),
    )


def _who(cursor: Cursor) -> _Admin:
    cursor.execute(
        "SELECT rolname, rolsuper, rolbypassrls, current_setting('server_version_num')::integer "
        "FROM pg_roles WHERE rolname = current_user"
    )
    name, superuser, bypasses, version = cursor.fetchone() or ("", False, False, 0)
    return _Admin(name, superuser, bypasses, version)


def _within_rights(section: platform_sql.Section, admin: _Admin) -> platform_sql.Section:
    """Leave out what the account may not grant: only a role that bypasses row security can let another do so."""
    if section.name != "service_role" or admin.may_let_bypass:
        return section
    return replace(section, sql=section.sql.replace(" BYPASSRLS", ""))


def _make(cursor: Cursor, section: platform_sql.Section, admin: _Admin) -> None:
    import psycopg2

    try:
        cursor.execute(section.sql)
    except psycopg2.Error as refusal:
        why = str(refusal).partition("\n")[0]
        raise DatabaseUnreachable(
            f'"{admin.name}" cannot create the {_name(section)}: {why}; nothing was changed',
            "connect as an account that may create roles, and schemas in this database",
        ) from refusal


def _join(cursor: Cursor, admin: _Admin) -> tuple[list[str], list[str]]:
    """Let the account take on each API role, which observing needs. Return (created, notes)."""
    import psycopg2

    created: list[str] = []
    notes: list[str] = []
    # From 16 on, the creator of a role is a member of it, but cannot SET ROLE to it.
    how = "SET" if admin.version >= 160000 else "MEMBER"
    for role in () if admin.superuser else API_ROLES:
        cursor.execute("SELECT pg_has_role(%s, %s)", [role, how])
        if (cursor.fetchone() or (True,))[0]:
            continue
        grant = f"GRANT {sql.identifier(role)} TO {sql.identifier(admin.name)}"
        cursor.execute("SAVEPOINT join_role")
        try:
            cursor.execute(grant)
        except psycopg2.errors.InsufficientPrivilege:
            cursor.execute("ROLLBACK TO SAVEPOINT join_role")
            notes.append(f'"{admin.name}" may not act as "{role}", which existed already; its creator can run {grant}')
        else:
            created.append(f"membership of {admin.name} in {role}")
    return created, notes


def _notes(made: tuple[platform_sql.Section, ...], admin: _Admin) -> tuple[str, ...]:
    notes = []
    if any(section.name == "service_role" for section in made) and not admin.may_let_bypass:
        notes.append(
            f'"service_role" was created without BYPASSRLS, which "{admin.name}" may not grant: it needs policies of '
            "its own, or a superuser must run ALTER ROLE service_role BYPASSRLS"
        )
    if not (admin.superuser or admin.bypasses):
        notes.append(
            f'"{admin.name}" does not bypass row security: if it is forced on its tables, it sees only the rows '
            "that a policy allows"
        )
    return tuple(notes)


def _name(section: platform_sql.Section) -> str:
    return f"{section.kind.removeprefix('available ')} {section.name}"
