"""Find out what a statement read and wrote, from PostgreSQL's statistics of the current transaction.

The counters are not rolled back with the rows, so only their growth says something
(https://www.postgresql.org/docs/17/monitoring-stats.html#MONITORING-STATS-FUNCTIONS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.observation.plant.survey import TableKey
from gatepost.schema import Schema

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_RELATIONS = """
SELECT c.oid::int8, n.nspname, t.relname, c.relkind = 'i'
  FROM pg_class c
  LEFT JOIN pg_index i ON i.indexrelid = c.oid
  JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
  JOIN pg_namespace n ON n.oid = t.relnamespace
 WHERE c.relkind IN ('r', 'm', 'i') AND n.nspname NOT IN ('pg_toast', 'information_schema')
   AND current_setting('track_counts')::boolean
"""
_Counted = tuple[int, bool, frozenset[TableKey]]
"""A relation's number, whether it is an index, and the tables that it belongs to."""
_SCANNED = "pg_stat_get_xact_numscans(o)"
_WRITTEN = "pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o) + "
_WRITTEN += "pg_stat_get_xact_tuples_deleted(o)"


@dataclass(frozen=True)
class Counter:
    """A query for an array of counters, and the tables that each is about, or none for PostgreSQL's catalogs."""

    query: str
    tables: Sequence[frozenset[TableKey]]

    def moved(self, places: Iterable[int]) -> frozenset[TableKey] | None:
        """Return the tables whose counters grew, or None where that does not name all of them.

        Args:
            places: Where in the array a number grew, from 1.
        """
        found = [self.tables[place - 1] for place in places]
        return frozenset().union(*found) if all(found) else None  # a changed catalog may have changed anything


def counters(cursor: Cursor, live: Schema) -> Mapping[str, Counter]:
    """Return the counters of reads and of writes, or nothing where the server does not count.

    Args:
        cursor: Inside a transaction.
        live: The database.
    """
    cursor.execute(_RELATIONS)
    relations = cursor.fetchall()
    if not relations:
        return {}
    above = {table.key: _above(table.key, live) for table in live.tables}
    own: list[_Counted] = []
    catalogs: list[_Counted] = []
    for oid, schema, name, index in relations:
        if schema == "pg_catalog":
            catalogs.append((oid, index, frozenset()))
        else:
            own.append((oid, index, above.get((schema, name), frozenset([(schema, name)]))))
    tables = [one for one in [*own, *catalogs] if not one[1]]
    return {"reads": _counter(_SCANNED, own), "writes": _counter(_WRITTEN, tables)}


def _above(key: TableKey, live: Schema) -> frozenset[TableKey]:
    """Return a table and the tables that it is a part of."""
    found, todo = {key}, [key]
    while todo:
        table = live.table(*todo.pop())
        more = set(table.parents) - found if table is not None else set()
        found |= more
        todo.extend(more)
    return frozenset(found)


def _counter(number: str, relations: Sequence[_Counted]) -> Counter:
    listed = ",".join(str(oid) for oid, _, _ in relations)
    query = f"SELECT array_agg({number}) FROM unnest('{{{listed}}}'::oid[]) o"
    return Counter(query, [tables for _, _, tables in relations])
