"""Read the Alembic revision of a database, without Alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.database.reading import reading
from gatepost.sql import identifier, qualified

if TYPE_CHECKING:
    import sqlalchemy
    from psycopg2.extensions import connection as Connection

VERSION_TABLE = "alembic_version"

_WHERE = """
    SELECT n.nspname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = %s AND c.relkind IN ('r', 'p') AND NOT starts_with(n.nspname, 'pg_')
       AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
       AND NOT row_security_active(c.oid)
     ORDER BY n.nspname
"""


def live_revisions(connection: sqlalchemy.Connection) -> list[str]:
    """Return the revisions in `alembic_version`; none if there is no readable table of that name."""
    from sqlalchemy import inspect, text

    from gatepost.database.connect import raw

    if connection.dialect.name == "postgresql":
        if connection.dialect.driver != "psycopg2":
            return _revisions_by_another_driver(connection)
        return stored_revisions(raw(connection)) or []
    if not inspect(connection).has_table(VERSION_TABLE):
        return []
    query = f"SELECT version_num FROM {identifier(VERSION_TABLE)}"
    return sorted(row[0] for row in connection.execute(text(query)))


def _revisions_by_another_driver(connection: sqlalchemy.Connection) -> list[str]:
    """Read them through SQLAlchemy, with PostgreSQL's own functions, and restore the connection afterwards."""
    from sqlalchemy import text

    found: set[str] = set()
    savepoint = connection.begin_nested()
    try:
        connection.execute(text("SET LOCAL search_path = pg_catalog, pg_temp"))
        where = text(_WHERE.replace("%s", ":name"))
        for schema in connection.execute(where, {"name": VERSION_TABLE}).scalars().all():
            query = text(f"SELECT version_num FROM {qualified(schema, VERSION_TABLE)}".replace(":", "\\:"))
            found.update(connection.execute(query).scalars())
    finally:
        savepoint.rollback()
    return sorted(found)


def stored_revisions(connection: Connection) -> list[str] | None:
    """Return the revisions in `alembic_version`, in whichever schema it is.

    Returns:
        The revisions, sorted; None if there is no readable table of that name.

    Raises:
        DatabaseUnreachable: the database cannot be read, as `gatepost.database.reading.reading` says.
    """
    with reading(connection) as read:
        cursor = read.cursor
        cursor.execute(_WHERE, [VERSION_TABLE])
        schemas = [row[0] for row in cursor.fetchall()]
        found: set[str] = set()
        for schema in schemas:
            cursor.execute(f"SELECT version_num FROM {qualified(schema, VERSION_TABLE)}")
            found.update(row[0] for row in cursor.fetchall())
    return sorted(found) if schemas else None
