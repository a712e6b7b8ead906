"""What loading rows sets off in the target, from its catalog: known before the first row, and so part of the plan."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.mapping.values import counted
from gatepost.transfer.values import TablePlan

_SET_OFF = """
SELECT 'trigger' AS kind, t.tgrelid::int8 AS oid, t.tgname::text AS name,
       quote_ident(pn.nspname) || '.' || quote_ident(p.proname) AS about, (t.tgtype & 1) = 1 AS each
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
WHERE t.tgrelid = ANY (%(tables)s::oid[]) AND NOT t.tgisinternal AND (t.tgtype & 4) = 4 AND t.tgenabled IN ('O', 'A')
UNION ALL
SELECT 'exclusion', k.conrelid::int8, k.conname::text, '', true
FROM pg_constraint k WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype = 'x'
UNION ALL
SELECT 'publication', r.prrelid::int8, p.pubname::text, '', true
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid = ANY (%(tables)s::oid[]) AND p.pubinsert
UNION ALL
SELECT DISTINCT 'view', d.refobjid::int8, quote_ident(n.nspname) || '.' || quote_ident(v.relname), '', true
FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind = 'm' JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[])
ORDER BY 2, 1, 3
"""


def consequences(connection: Connection, tables: tuple[TablePlan, ...], source: str) -> tuple[str, ...]:
    """Return what the rows of a plan will set off, and what has to be there before them.

    Args:
        connection: The target, inside a `reading` of it.
        tables: The tables of the plan.
        source: The name of the file, for the command that creates its users.
    """
    by_oid = {table.target.oid: table for table in tables}
    with connection.cursor() as cursor:
        cursor.execute(_SET_OFF, {"tables": list(by_oid)})
        found = [_SAID[kind](by_oid[oid], name, about, each) for kind, oid, name, about, each in cursor.fetchall()]
    return (*found, *_parents(connection, tables, source))


def _trigger(table: TablePlan, name: str, function: str, each: bool) -> str:
    times = f"for each of {counted(table.source.rows, 'row')}" if each else "once or more"
    return (
        f'trigger "{name}" of "{table.name}" fires {times} and calls {function}(); to load without it:'
        f" ALTER TABLE {sql.qualified(table.target.schema, table.name)} DISABLE TRIGGER {sql.identifier(name)}"
    )


def _exclusion(table: TablePlan, name: str, _about: str, _each: bool) -> str:
    return f'rows that conflict by "{name}" of "{table.name}" are found only while they are loaded'


def _publication(table: TablePlan, name: str, _about: str, _each: bool) -> str:
    rows = counted(table.source.rows, "row")
    return f'publication "{name}" sends {rows} of "{table.name}" to everybody who listens (on Supabase: Realtime)'


def _view(table: TablePlan, name: str, _about: str, _each: bool) -> str:
    return f'materialized view {name} does not show the rows of "{table.name}" until REFRESH MATERIALIZED VIEW {name}'


_SAID: dict[str, Callable[[TablePlan, str, str, bool], str]] = {
    "trigger": _trigger,
    "exclusion": _exclusion,
    "publication": _publication,
    "view": _view,
}


def _parents(connection: Connection, tables: tuple[TablePlan, ...], source: str) -> list[str]:
    """Return a note for each foreign key into a table that is empty, and that the transfer does not fill."""
    filled = {(table.target.schema, table.name) for table in tables}
    notes = []
    for table in tables:
        moved = {column.target.name for column in table.columns}
        for key in table.target.foreign_keys:
            parent = (key.parent_schema, key.parent)
            if parent in filled or not table.source.rows or not moved.issuperset(key.columns):
                continue
            if _is_empty(connection, *parent):
                refers = f'"{table.name}.{", ".join(key.columns)}" refers to "{key.parent_schema}.{key.parent}"'
                notes.append(f"{refers}, which is empty{_first(parent, source)}")
    return notes


def _first(parent: tuple[str, str], source: str) -> str:
    if parent != ("auth", "users"):
        return " and is not filled by this transfer"
    return f"; create the users first: gatepost users push {source} --url $DATABASE_URL"


def _is_empty(connection: Connection, schema: str, table: str) -> bool:
    """Return whether a table is known to have no rows; one that the role may not read is not."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT gatepost_parent")
        try:
            cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {sql.qualified(schema, table)})")
            (empty,) = cursor.fetchone() or (False,)
        except psycopg2.Error:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_parent")
            empty = False
        cursor.execute("RELEASE SAVEPOINT gatepost_parent")
    return bool(empty)
