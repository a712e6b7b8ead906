"""Follow keys: what is unique, what refers to what, which columns hold the same values, and parents before children."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.schema import Column, Schema, Table

TableKey = tuple[str, str]
_NOT_NULL = re.compile(r'\(?"?\w+"? IS NOT NULL\)?')


def foreign_keys(tables: Iterable[Table]) -> dict[ColumnKey, ColumnKey]:
    """Return the column that each column references. A table's reference to itself does not count."""
    there = {table.key for table in tables}
    found: dict[ColumnKey, ColumnKey] = {}
    for table in tables:
        for key in table.constraints:
            if key.kind == "foreign key" and key.references and key.references[:2] in there - {table.key}:
                for own, other in zip(key.columns, key.references[2], strict=True):
                    found.setdefault((*table.key, own), (*key.references[:2], other))
    return found


def refers_to_own_table(table: Table, column: Column) -> bool:
    """Return whether a column that may be NULL holds the key of another row of the same table."""
    return not column.not_null and any(
        key.kind == "foreign key" and key.references and key.references[:2] == table.key and column.name in key.columns
        for key in table.constraints
    )


def spread(seeds: set[ColumnKey], keys: Mapping[ColumnKey, ColumnKey]) -> frozenset[ColumnKey]:
    """Return the columns that hold the same values as the seeds, followed through foreign keys both ways."""
    near: defaultdict[ColumnKey, set[ColumnKey]] = defaultdict(set)
    for child, parent in keys.items():
        near[child].add(parent)
        near[parent].add(child)
    found, todo = set(seeds), list(seeds)
    while todo:
        more = near[todo.pop()] - found
        found |= more
        todo.extend(more)
    return frozenset(found)


def parents_first(tables: list[Table], keys: Mapping[ColumnKey, ColumnKey]) -> list[Table]:
    """Return the tables in an order in which a table follows those that it references, unless they form a circle."""
    by_key = {table.key: table for table in tables}
    parents: defaultdict[TableKey, set[TableKey]] = defaultdict(set)
    for child, parent in keys.items():
        parents[child[:2]].add(parent[:2])
    placed: dict[TableKey, Table] = {}

    def place(start: TableKey) -> None:
        way = [(start, iter(sorted(parents[start])))]
        on_way = {start}
        while way:
            key, rest = way[-1]
            step = next((parent for parent in rest if parent not in placed and parent not in on_way), None)
            if step is None:
                placed.setdefault(key, by_key[key])
                on_way.discard(key)
                way.pop()
            else:
                on_way.add(step)
                way.append((step, iter(sorted(parents[step]))))

    for table in tables:
        place(table.key)
    return list(placed.values())


def must_refer(live: Schema, key: ColumnKey) -> bool:
    """Return whether a column that refers to another table may not be NULL."""
    table = live.table(*key[:2])
    column = table.column(key[2]) if table is not None else None
    return column is None or column.not_null


def second_columns(tables: Iterable[Table], keys: Mapping[ColumnKey, ColumnKey]) -> frozenset[ColumnKey]:
    """Return the columns that a CHECK compares with another reference to the same table: they need a row beside it.

    A transfer between two accounts is one, whose accounts must differ.
    """
    found: set[ColumnKey] = set()
    for table in tables:
        for check in (one for one in table.constraints if one.kind == "check"):
            named = [column.name for column in table.columns if column.name in check.columns]
            targets = [keys.get((*table.key, name)) for name in named]
            found |= {
                (*table.key, name)
                for place, name in enumerate(named)
                if targets[place] is not None and targets[place] in targets[:place]
            }
    return frozenset(found)


def unique_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of every unique index that is about plain columns, of all rows of the table."""
    return [
        tuple(column for column in index.columns if column is not None)
        for index in table.indexes
        if index.unique and None not in index.columns and _counts_all(index.predicate)
    ]


def _counts_all(predicate: str | None) -> bool:
    """Return whether an index is about all rows that a unique one tells apart: NULL is never equal to NULL."""
    return predicate is None or _NOT_NULL.fullmatch(predicate) is not None
