"""Create the roles of the source in the clone: names, memberships and BYPASSRLS, without power over the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.privileges import ROW_PRIVILEGES, Privileges
from gatepost.errors import LocalServerError
from gatepost.finding import NotChecked
from gatepost.local.throwaway.image import HARMLESS_MEMBERSHIPS, LOGIN, OWN_ROLES, SUPERUSER
from gatepost.schema import API_ROLES, DatabaseRole, Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_ALL_ROWS = ("pg_read_all_data", "pg_write_all_data")
_SERVER = ("pg_read_server_files", "pg_write_server_files", "pg_execute_server_program")


def make_roles(admin: Connection, live: Schema, login: str = LOGIN) -> list[NotChecked]:
    """Create the roles of the source, and let the login role become each of them.

    A superuser of the source bypasses row security and reads and writes every table, which is what a superuser may do
    with rows; it is none here. CREATEROLE, CREATEDB and REPLICATION are given to nobody: before PostgreSQL 16 the first
    is enough to become a role that runs programs.

    Args:
        admin: The clone's superuser, in no transaction, while nothing foreign is there.
        live: The source.
        login: Who logs in, and is therefore a member of every role; another role keeps its own memberships.

    Returns:
        What a role of the API can do in the source but not in the clone.

    Raises:
        LocalServerError: the source has a role of a name that the clone needs.
    """
    if any(role.name == SUPERUSER for role in live.roles):
        raise LocalServerError(
            f'the database has a role "{SUPERUSER}", a name that a schema clone needs for itself', "rename the role"
        )
    wanted = [role for role in live.roles if role.name != login]
    with admin, admin.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_catalog.pg_roles")
        there = {str(name) for (name,) in cursor.fetchall()}
        statements = [_role(role, new=role.name not in there) for role in wanted]
        statements += [
            f"ALTER ROLE {LOGIN} SET {sql.identifier(name)} = {sql.literal(value)}" for name, value in live.settings
        ]  # of the Data API alone: which schemas it serves
        statements += [
            f"GRANT {sql.identifiers(_ALL_ROWS)} TO {sql.identifier(role.name)}" for role in wanted if role.superuser
        ]
        cursor.execute("; ".join([*statements, "SELECT"]))
        _join(cursor, live, login)
        cursor.execute(
            "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN (%s, %s)",
            (login, SUPERUSER),
        )
        every = sorted(str(name) for (name,) in cursor.fetchall())
        cursor.execute(f"GRANT {sql.identifiers([*every, *_ALL_ROWS])} TO {login}")
    return list(_lost(live))


def without_own_roles(live: Schema) -> Schema:
    """Return a schema of a temporary server without the roles that are there for its making.

    Args:
        live: What is on the server.
    """
    roles = tuple(role for role in live.roles if role.name not in OWN_ROLES)
    memberships = tuple(one for one in live.memberships if not {one.role, one.member} & OWN_ROLES)
    return replace(live, roles=roles, memberships=memberships)


def reachable(live: Schema) -> frozenset[str]:
    """Return the roles whose privileges an API caller can have, through any chain of memberships, and `public`."""
    found = {"public", "authenticator", *API_ROLES}
    while more := {one.role for one in live.memberships if one.member in found} - found:
        found |= more
    return frozenset(found)


def token_roles(live: Schema) -> tuple[str, ...]:
    """Return the roles of the project's own that a token of the API can name, and that reach one of its tables."""
    held = Privileges(live)
    tables = [table for table in live.tables if not is_platform(table.schema)]
    return tuple(
        role
        for role in held.api_roles
        if role in held.token_roles - {*API_ROLES}
        and not role.startswith("supabase_")
        and any(held.reaches(role, table, privilege) for table in tables for privilege in ROW_PRIVILEGES)
    )


def _role(role: DatabaseRole, *, new: bool) -> str:
    how = (
        f"{'LOGIN' if role.login else 'NOLOGIN'} {'INHERIT' if role.inherit else 'NOINHERIT'} "
        f"{'BYPASSRLS' if role.bypass_row_security or role.superuser else 'NOBYPASSRLS'}"
    )
    return f"{'CREATE' if new else 'ALTER'} ROLE {sql.identifier(role.name)} {how}"


def _join(cursor: Cursor, live: Schema, login: str) -> None:
    """Create the memberships of the source, among its roles.

    The one that logs in is a member of all of them, and nobody may become it.
    """
    known = {role.name for role in live.roles} - {login}
    outer = known | set(HARMLESS_MEMBERSHIPS)
    superusers = {role.name for role in live.roles if role.superuser}
    cursor.execute(
        "SELECT r.rolname, m.rolname, pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000"
        "  FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid"
        "  JOIN pg_catalog.pg_roles m ON m.oid = a.member"
    )
    found = cursor.fetchall()
    statements = [
        f"REVOKE {sql.identifier(role)} FROM {sql.identifier(member)}"
        for role, member, _ in found
        if role in outer and member in known and not (role in _ALL_ROWS and member in superusers)
    ]
    cursor.execute("SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4, array_agg(rolname)"
                   " FROM pg_catalog.pg_roles")  # fmt: skip
    version, names = cursor.fetchone() or (0, [])
    for one in live.memberships:
        if one.role in outer & set(names) and one.member in known:
            how = f" WITH INHERIT {one.inherit}, SET {one.set_role}" if version >= 160000 else ""
            statements.append(f"GRANT {sql.identifier(one.role)} TO {sql.identifier(one.member)}{how}")
    cursor.execute("; ".join([*statements, "SELECT"]))


def _lost(live: Schema) -> Iterable[NotChecked]:
    api = reachable(live)
    for role in live.roles:
        if role.superuser and role.name in api:
            yield NotChecked(role.name, "is a superuser, and only bypasses row security in the clone", ours=True)
    for one in live.memberships:
        if one.role in _SERVER and one.member in api:
            yield NotChecked(one.member, f'is a member of "{one.role}", which nobody is in the clone', ours=True)
