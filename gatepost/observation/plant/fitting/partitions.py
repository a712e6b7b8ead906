"""Find values for which a partitioned table has a partition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.compared_values import unquoted
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

_BOUNDS = """
SELECT pg_get_expr(c.relpartbound, c.oid)
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = to_regclass(%s) AND c.relpartbound IS NOT NULL
 ORDER BY c.relname
"""
_FIRST = re.compile(r"'(?:[^']|'')*'|(?<=[( ])-?\d+(?:\.\d+)?(?=[,)])")
"""A literal of a bound, as PostgreSQL prints it: a text, or a plain number."""
_KEY = re.compile(r"\((?P<names>[^()]+)\) = \(")


_KEY_COLUMNS = """
SELECT coalesce(array_agg(a.attname::text ORDER BY k.place), '{}')
  FROM pg_partitioned_table p
  CROSS JOIN LATERAL unnest(p.partattrs) WITH ORDINALITY k(number, place)
  JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.number
 WHERE p.partrelid = to_regclass(%s)
"""


def of_each_part(cursor: Cursor, table: Table) -> list[dict[str, str]]:
    """Return, for each partition whose bound names a value, that value by column.

    Args:
        cursor: Inside a transaction.
        table: The partitioned table.
    """
    target = sql.qualified(table.schema, table.name)
    cursor.execute(_KEY_COLUMNS, (target,))
    [(names,)] = cursor.fetchall()
    cursor.execute(_BOUNDS, (target,))
    parts = [_values(bound) for (bound,) in cursor.fetchall()]
    return [dict(zip(names, values, strict=False)) for values in parts if names and len(values) >= len(names)]


def room(cursor: Cursor, table: Table, error: Error) -> dict[str, str]:
    """Return, by column, a value of the first partition, after PostgreSQL found no partition for a row.

    Args:
        cursor: Inside a transaction.
        table: The partitioned table.
        error: PostgreSQL's error.
    """
    named = _KEY.search(error.diag.message_detail or "")
    if table.kind != "partitioned" or error.pgcode != "23514" or error.diag.constraint_name or named is None:
        return {}
    names = [name.strip().strip('"') for name in named["names"].split(",")]
    cursor.execute(_BOUNDS, (sql.qualified(table.schema, table.name),))
    for (bound,) in cursor.fetchall():
        values = _values(bound)
        if len(values) >= len(names):
            return dict(zip(names, values, strict=False))
    return {}


def _values(bound: str | None) -> list[str]:
    """Return the values with which a bound begins."""
    return [unquoted(value) for value in _FIRST.findall((bound or "").partition(" TO ")[0])]
