"""Count the rows of a SQLite file that keys of the target will refuse: without a parent, or there more than once.

SQLite enforces foreign keys only where the app asks for it (https://www.sqlite.org/foreignkeys.html#fk_enable), and a
key of the target may not be one in the source.
"""

from __future__ import annotations

import sqlite3

from gatepost.transfer.source.opening import broken
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.source.tables import quoted


def without_parent(source: Source, child: str, columns: tuple[str, ...], parent: str, keys: tuple[str, ...]) -> int:
    """Return how many rows refer to a row of another table that is not there; one with a NULL refers to none."""
    here, there = ", ".join(map(quoted, columns)), ", ".join(map(quoted, keys))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in columns)
    known = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in keys)
    return _count(
        source,
        f"SELECT count(*) FROM {quoted(child)} WHERE {present}"
        f" AND ({here}) NOT IN (SELECT {there} FROM {quoted(parent)} WHERE {known})",
    )


def more_than_once(source: Source, table: str, columns: tuple[str, ...]) -> int:
    """Return how many rows have the values of another row in some columns; the first of them is not counted."""
    names = ", ".join(map(quoted, columns))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in columns)
    return _count(
        source,
        "SELECT coalesce(sum(found - 1), 0) FROM (SELECT count(*) AS found"
        f" FROM {quoted(table)} WHERE {present} GROUP BY {names} HAVING found > 1)",
    )


def _count(source: Source, query: str) -> int:
    try:
        return int(source.connection.execute(query).fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise broken(source.path, str(error)) from error
