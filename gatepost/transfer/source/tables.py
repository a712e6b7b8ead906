"""The tables of a SQLite file, as its schema lists them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

_LIST = "PRAGMA main.table_list"
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as SQLite declares it; `key` is its place in the primary key, from 1, or 0.

    `refers_to` is the table that a foreign key of this column alone refers to.
    """

    name: str
    declared: str
    key: int = 0
    generated: bool = False
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """An ordinary table; `rowid` is the name by which its row number can be read, or the empty string.

    `given` is the highest number that AUTOINCREMENT ever gave, also to a row that is gone
    (https://www.sqlite.org/autoinc.html). `identified` is whether the key names every row: SQLite allows NULL in it
    (https://www.sqlite.org/quirks.html).
    """

    name: str
    columns: tuple[SourceColumn, ...]
    rows: int
    rowid: str
    given: int | None = None
    identified: bool = True

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the primary key's columns, in its order; empty where there is none."""
        return tuple(c.name for c in sorted(self.columns, key=lambda c: c.key) if c.key)


def quoted(name: str) -> str:
    """Return a name as SQLite quotes it; unlike PostgreSQL's, it has no limit of length."""
    return '"' + name.replace('"', '""') + '"'


def read_tables(connection: sqlite3.Connection) -> tuple[tuple[SourceTable, ...], tuple[str, ...]]:
    """Read names, columns and counts of the ordinary tables, and the names of virtual ones.

    Views and the shadows of virtual tables hold nothing of their own. A virtual table may (a full-text index can be
    the only place of its texts), so a plan has to report that it is skipped.
    """
    listed = sorted((str(name), str(kind), bool(w)) for _, name, kind, _, w, _ in connection.execute(_LIST))
    counters = any(name == "sqlite_sequence" for name, _, _ in listed)
    given = dict(connection.execute("SELECT name, seq FROM main.sqlite_sequence")) if counters else {}
    ordinary = tuple(
        _table(connection, name, without_rowid, given.get(name))
        for name, kind, without_rowid in listed
        if kind == "table" and not name.lower().startswith("sqlite_")
    )
    return ordinary, tuple(name for name, kind, _ in listed if kind == "virtual")


def _table(connection: sqlite3.Connection, name: str, without_rowid: bool, given: object) -> SourceTable:
    keys = connection.execute(f"PRAGMA main.foreign_key_list({quoted(name)})").fetchall()
    several = {number for number, place, *_ in keys if place > 0}
    parents = {str(column).lower(): str(parent) for number, _, parent, column, *_ in keys if number not in several}
    listed = connection.execute(f"PRAGMA main.table_xinfo({quoted(name)})").fetchall()
    columns = tuple(
        SourceColumn(str(column), str(declared), int(key), hidden in (2, 3), parents.get(str(column).lower(), ""))
        for _, column, declared, _, _, key, hidden in listed
        if hidden != 1  # 2 and 3 are generated columns, which can be read
    )
    loose = [str(column) for _, column, _, not_null, _, key, _ in listed if key and not not_null]
    taken = {column.name.lower() for column in columns}
    rowid = "" if without_rowid else next((n for n in _ROWID_NAMES if n not in taken), "")
    count = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    seen = given if isinstance(given, int) else None
    return SourceTable(name, columns, int(count), rowid, seen, not rowid or not _has_null(connection, name, loose))


def _has_null(connection: sqlite3.Connection, table: str, columns: list[str]) -> bool:
    """Return whether one of some columns of a key holds NULL; the first is found in the key's index."""
    queries = (f"SELECT 1 FROM {quoted(table)} WHERE {quoted(column)} IS NULL LIMIT 1" for column in columns)
    return any(connection.execute(query).fetchone() for query in queries)
