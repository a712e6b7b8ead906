"""Decide whether observation may write to a database: it must be marked as disposable and hold no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.database.session_powers import refuse_powerful_session
from gatepost.errors import NotDisposable
from gatepost.reflect import read_all
from gatepost.schema import is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

WORD = "gatepost: disposable"
"""The comment that marks a database as disposable. Its owner may write a comment, but not a setting of ours."""


def refuse_unless_disposable(connection: Connection, instead: str) -> None:
    """Refuse a database that is not marked as disposable or that holds rows.

    Args:
        connection: psycopg2, in no transaction.
        instead: How to have the database cloned, as the start of a hint.

    Raises:
        DatabaseUnreachable: the database cannot be read, or the connection's user is a superuser or may become one.
        NotDisposable: the comment is missing, or a table holds rows.
    """
    with reading(connection) as found:
        fix = f"{instead}, or connect as a role that bypasses row security and has neither SUPERUSER nor CREATEROLE"
        refuse_powerful_session(found, "observing in place", fix)
        cursor = found.cursor
        cursor.execute(
            "SELECT current_database(), coalesce(shobj_description(d.oid, 'pg_database'), '')"
            " FROM pg_database d WHERE d.datname = current_database()"
        )
        name, said = cursor.fetchone() or ("", "")
        if WORD not in said:
            raise NotDisposable(
                f'"{name}" is not marked as disposable, and observing in place writes to it',
                f"{instead}, or: COMMENT ON DATABASE {sql.identifier(name)} IS {sql.literal(WORD)}",
            )
        for table in read_all(found).tables:
            ours = not is_platform(table.schema) or table.key == ("auth", "users")
            if not ours or table.kind == "foreign" or table.name == "alembic_version":
                continue
            cursor.execute(f"SELECT FROM {sql.qualified(table.schema, table.name)} LIMIT 1")
            if cursor.fetchone() is not None:
                raise NotDisposable(f'"{name}" holds rows in {table}, which may be real data', instead)
