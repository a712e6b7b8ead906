"""Read the tables of the target from pg_catalog, with one query for all of them."""

from __future__ import annotations

import json
from typing import Any

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.planning.target_types import Types, read_types
from gatepost.transfer.values import ForeignKey, TargetColumn, TargetTable

SETTINGS = (
    ("timezone", "UTC"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("client_encoding", "UTF8"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("row_security", "off"),  # a row that a policy hides is an error here, never a silent absence
    ("jit", "off"),
)
"""Set for the transaction only. The first five decide how PostgreSQL prints, which the casts count on; a hosted
database ends a statement after two minutes by default."""

_TABLES = """
SELECT c.oid::int8, n.nspname, c.relname,
       pg_has_role(c.relowner, 'USAGE'), row_security_active(c.oid),
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
               AND t.tgtype & 7 = 7),
       (SELECT coalesce(json_agg(json_build_array(
               a.attname, a.attnotnull, a.attidentity <> '', a.attgenerated <> '',
               ARRAY(SELECT pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)
                     WHERE a.attidentity <> ''
                     UNION SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.relname)
                     FROM pg_attrdef d CROSS JOIN LATERAL (
                         SELECT p.refobjid::regclass FROM pg_depend p
                         WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                           AND p.refclassid = 'pg_class'::regclass
                         UNION SELECT coalesce(to_regclass(named), to_regclass(quote_ident(n.nspname) || '.' || named))
                         FROM substring(pg_get_expr(d.adbin, d.adrelid) FROM 'nextval[(]+''([^'']+)''::text') named
                     ) AS used (oid)
                     JOIN pg_class s ON s.oid = used.oid AND s.relkind = 'S'
                     JOIN pg_namespace sn ON sn.oid = s.relnamespace
                     WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''),
               (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''),
               a.atttypid::int8, a.atttypmod, format_type(a.atttypid, a.atttypmod)
           ) ORDER BY a.attnum), '[]')
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT coalesce(json_agg(json_build_array(
               k.contype, k.conname, f.relname, fn.nspname,
               (SELECT array_agg(a.attname ORDER BY o.place) FROM unnest(k.conkey) WITH ORDINALITY o (num, place)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.num),
               (SELECT array_agg(a.attname ORDER BY o.place) FROM unnest(k.confkey) WITH ORDINALITY o (num, place)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.num)
           ) ORDER BY k.conname), '[]')
        FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
        LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
        WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND k.conparentid = 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'alembic_version'
ORDER BY c.relname
"""

_REVISION = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'alembic_version' AND c.relkind = 'r' ORDER BY n.nspname
"""


def prepare(connection: Connection) -> None:
    """Set what the transaction counts on."""
    with connection.cursor() as cursor:
        for name, value in SETTINGS:
            cursor.execute(f"SET LOCAL {name} = {sql.literal(value)}")
        # A constraint that waits for the commit would refuse rows that were already reported as moved.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def read_target(connection: Connection, schema: str) -> tuple[TargetTable, ...]:
    """Return the tables of a schema, by name; partitions are reached through their parent."""
    with connection.cursor() as cursor:
        types = read_types(cursor, schema)
        cursor.execute(_TABLES, (schema,))
        return tuple(_table(row, types) for row in cursor.fetchall())


def filled(connection: Connection, tables: tuple[TargetTable, ...]) -> frozenset[str]:
    """Return the names of the tables that hold at least one row."""
    if not tables:
        return frozenset()
    queries = [
        f"SELECT {sql.literal(t.name)} WHERE EXISTS (SELECT FROM {sql.qualified(t.schema, t.name)})" for t in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(queries))
        return frozenset(str(name) for (name,) in cursor.fetchall())


def refuse_other_revision(connection: Connection, expected: str) -> None:
    """Refuse a target whose schema is not the one that the models of this moment describe.

    Args:
        connection: The target.
        expected: The revisions of Alembic's heads, comma-separated; empty checks nothing.

    Raises:
        TransferError: the target is at another revision, or at none.
    """
    wanted = {revision.strip() for revision in expected.split(",") if revision.strip()}
    if not wanted:
        return
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_REVISION)
        for (schema,) in cursor.fetchall():
            cursor.execute(f"SELECT version_num FROM {sql.qualified(schema, 'alembic_version')}")
            found |= {str(revision) for (revision,) in cursor.fetchall()}
    if found != wanted:
        at = f'at revision "{", ".join(sorted(found))}"' if found else "not migrated"
        raise TransferError(f'the target is {at}, not at head "{", ".join(sorted(wanted))}"', "alembic upgrade head")


def _table(row: tuple[Any, ...], types: Types) -> TargetTable:
    oid, schema, name, owned, active, completes, columns, constraints = row
    columns = json.loads(columns) if isinstance(columns, str) else columns
    constraints = json.loads(constraints) if isinstance(constraints, str) else constraints
    key = next((tuple(fields) for kind, _, _, _, fields, _ in constraints if kind == "p"), ())
    keys = tuple(
        ForeignKey(conname, tuple(fields), parent_schema, parent, tuple(parent_fields))
        for kind, conname, parent, parent_schema, fields, parent_fields in constraints
        if kind == "f"
    )
    planned = tuple(_column(column, types) for column in columns)
    return TargetTable(int(oid), schema, name, planned, key, keys, bool(owned), bool(active), bool(completes))


def _column(row: list[Any], types: Types) -> TargetColumn:
    name, not_null, identity, generated, sequences, default, oid, typmod, printed = row
    kind = types.type(oid, typmod, printed)
    return TargetColumn(name, kind, bool(not_null), bool(identity), tuple(sequences), bool(generated), default or "")
