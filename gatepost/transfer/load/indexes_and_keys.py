"""Drop indexes, keys and foreign keys of empty tables and recreate them, inside the transaction that fills them.

Only what can be recreated exactly is dropped. Anything that other objects depend on, or that has a setting that is not
part of its definition, is kept. Row security, policies, grants, triggers and checks are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.values import TablePlan

_FOREIGN_KEYS = """
SELECT k.oid::int8, n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid),
       obj_description(k.oid, 'pg_constraint')
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid
WHERE k.contype = 'f' AND k.conrelid = ANY (%(tables)s::oid[]) AND k.conparentid = 0
  AND c.relkind = 'r' AND p.relkind = 'r' AND pg_has_role(p.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'O')
ORDER BY n.nspname, c.relname, k.conname
"""

_INDEXES = """
SELECT n.nspname, c.relname, coalesce(k.conname, i.relname), k.oid IS NOT NULL,
       coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.oid)), x.indisunique, x.indnullsnotdistinct,
       (SELECT array_agg(pg_get_indexdef(i.oid, place, true) ORDER BY place)
        FROM generate_series(1, x.indnkeyatts) AS place),
       pg_get_expr(x.indpred, x.indrelid),
       coalesce(obj_description(k.oid, 'pg_constraint'), ''), coalesce(obj_description(i.oid, 'pg_class'), '')
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.oid = ANY (%(tables)s::oid[]) AND c.relkind = 'r' AND NOT c.relispartition
  AND x.indisvalid AND NOT x.indisclustered AND NOT x.indisreplident AND i.reltablespace = 0
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0)
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.oid AND f.contype = 'f'
                  AND f.oid <> ALL (%(keys)s::oid[]))
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE ((d.refclassid = 'pg_class'::regclass AND d.refobjid = i.oid)
                         OR (d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid))
                    AND d.deptype IN ('n', 'a')
                    AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid = ANY (%(keys)s::oid[])))
ORDER BY n.nspname, c.relname, (k.contype = 'p') IS NOT TRUE, 3
"""


@dataclass(frozen=True, slots=True)
class Part:
    """An index or a key that was dropped: the statements that drop and create it.

    `once` holds the expressions of a unique one, and `among` the condition of the rows that it looks at.
    """

    schema: str
    table: str
    name: str
    off: str
    on: str
    comments: tuple[str, ...]
    once: tuple[str, ...] = ()
    among: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was dropped, in the order in which it is recreated."""

    indexes: tuple[Part, ...] = ()
    foreign_keys: tuple[Part, ...] = ()


def take_off(connection: Connection, tables: tuple[TablePlan, ...]) -> Removed:
    """Drop the indexes, keys and foreign keys of empty tables, and return how they were."""
    oids = [table.target.oid for table in tables]
    with connection.cursor() as cursor:
        # With nothing on the path every name in a definition is printed with its schema; triggers need it back.
        cursor.execute(
            "SELECT pg_catalog.current_setting('search_path'), pg_catalog.set_config('search_path', '', true)"
        )
        (path, _) = cursor.fetchone() or ("", "")
        cursor.execute(_FOREIGN_KEYS, {"tables": oids})
        keys = cursor.fetchall()
        cursor.execute(_INDEXES, {"tables": oids, "keys": [key[0] for key in keys]})
        removed = Removed(tuple(_index(*row) for row in cursor.fetchall()), tuple(_foreign_key(*row) for row in keys))
        cursor.execute("SELECT pg_catalog.set_config('search_path', %s, true)", (path,))
        for part in (*removed.foreign_keys, *removed.indexes):
            cursor.execute(part.off)
    return removed


def put_back(connection: Connection, part: Part) -> psycopg2.Error | None:
    """Recreate one part; if rows violate it, change nothing and return PostgreSQL's refusal."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT gatepost_part")
        try:
            cursor.execute(part.on)
        except (psycopg2.errors.UniqueViolation, psycopg2.errors.ForeignKeyViolation) as error:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_part; RELEASE SAVEPOINT gatepost_part")
            return error
        for comment in part.comments:
            cursor.execute(comment)
        cursor.execute("RELEASE SAVEPOINT gatepost_part")
    return None


def _foreign_key(_oid: int, schema: str, table: str, name: str, definition: str, comment: str | None) -> Part:
    where, what = sql.qualified(schema, table), sql.identifier(name)
    comments = (f"COMMENT ON CONSTRAINT {what} ON {where} IS {sql.literal(comment)}",) if comment else ()
    return Part(
        schema,
        table,
        name,
        f"ALTER TABLE {where} DROP CONSTRAINT {what}",
        f"ALTER TABLE {where} ADD CONSTRAINT {what} {definition}",
        comments,
    )


def _index(
    schema: str,
    table: str,
    name: str,
    constraint: bool,
    definition: str,
    unique: bool,
    nulls_count: bool,
    expressions: list[str],
    predicate: str | None,
    on_key: str,
    on_index: str,
) -> Part:
    where, what = sql.qualified(schema, table), sql.identifier(name)
    comments = []
    if on_key:
        comments.append(f"COMMENT ON CONSTRAINT {what} ON {where} IS {sql.literal(on_key)}")
    if on_index:
        comments.append(f"COMMENT ON INDEX {sql.qualified(schema, name)} IS {sql.literal(on_index)}")
    if constraint:
        off = f"ALTER TABLE {where} DROP CONSTRAINT {what}"
        on = f"ALTER TABLE {where} ADD CONSTRAINT {what} {definition}"
    else:
        off = f"DROP INDEX {sql.qualified(schema, name)}"
        on = definition
    conditions = [f"({predicate})"] if predicate else []
    if not nulls_count:
        conditions += [f"({expression}) IS NOT NULL" for expression in expressions]
    once = tuple(expressions) if unique else ()
    return Part(schema, table, name, off, on, tuple(comments), once, " AND ".join(conditions) or "true")
