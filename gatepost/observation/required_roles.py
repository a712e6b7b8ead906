"""Refuse to observe as a role that cannot do it, or with personas whose roles are not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.errors import DatabaseUnreachable, SettingsError
from gatepost.personas import Persona

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


def check_own_role(cursor: Cursor) -> None:
    """Refuse a connection role that cannot see everything or cannot switch to the API roles.

    Raises:
        DatabaseUnreachable: as above.
    """
    cursor.execute(
        "SELECT r.rolname, r.rolsuper OR r.rolbypassrls,"
        " ARRAY(SELECT w FROM unnest('{anon,authenticated,service_role}'::text[]) w WHERE to_regrole(w) IS NULL),"
        " ARRAY(SELECT w FROM unnest('{anon,authenticated,service_role}'::text[]) w"
        "        WHERE to_regrole(w) IS NOT NULL AND NOT pg_has_role(w, 'MEMBER'))"
        " FROM pg_roles r WHERE r.rolname = current_user"
    )
    name, bypasses, absent, closed = cursor.fetchone() or ("", False, [], [])
    if absent:
        raise DatabaseUnreachable(f'the database has no role "{absent[0]}"', "gatepost local bootstrap --url URL")
    if not bypasses:
        raise DatabaseUnreachable(
            f'"{name}" does not bypass row security, so it cannot plant rows for others',
            f"ALTER ROLE {sql.identifier(name)} BYPASSRLS",
        )
    if closed:
        raise DatabaseUnreachable(
            f'"{name}" may not become "{closed[0]}"', f"GRANT {sql.identifier(closed[0])} TO {sql.identifier(name)}"
        )


def check_roles_of(cursor: Cursor, personas: Sequence[Persona]) -> None:
    """Refuse a persona whose role does not exist or cannot be taken on.

    Raises:
        SettingsError: as above.
    """
    roles = sorted({persona.role for persona in personas})
    cursor.execute(
        "SELECT w, to_regrole(quote_ident(w)) IS NULL, pg_has_role(r.oid, 'MEMBER')"
        " FROM unnest(%s::text[]) w LEFT JOIN pg_roles r ON r.rolname = w",
        (roles,),
    )
    for role, absent, may in cursor.fetchall():
        name = next(persona.name for persona in personas if persona.role == role)
        if absent:
            raise SettingsError(
                f'the persona "{name}" has the role "{role}", which is not in the database',
                "anon, authenticated, service_role, or one that a policy names",
            )
        if not may:
            raise SettingsError(
                f'the persona "{name}" has the role "{role}", which cannot be taken on here',
                f"GRANT {sql.identifier(role)} TO CURRENT_USER",
            )
