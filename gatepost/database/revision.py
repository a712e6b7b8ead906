"""The revision that a database says it is at, read without Alembic."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from gatepost.sql import identifier, qualified

VERSION_TABLE = "alembic_version"

_WHERE = """
    SELECT n.nspname, pg_catalog.has_table_privilege(c.oid, 'SELECT')
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = :name AND c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%'
     ORDER BY n.nspname
"""


def live_revisions(connection: Connection) -> list[str]:
    """Return the revisions in `alembic_version`, in whichever schema it is; nothing where there is no such table."""
    if connection.dialect.name != "postgresql":
        if not inspect(connection).has_table(VERSION_TABLE):
            return []
        return _read(connection, identifier(VERSION_TABLE))
    found: set[str] = set()
    for schema, readable in connection.execute(text(_WHERE), {"name": VERSION_TABLE}).all():
        if readable:
            found.update(_read(connection, qualified(schema, VERSION_TABLE)))
    return sorted(found)


def _read(connection: Connection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(text(f"SELECT version_num FROM {table}"))]
