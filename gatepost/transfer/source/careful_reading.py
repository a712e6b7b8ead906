"""Read rows that the usual way cannot: with text that is not UTF-8, or with values of many megabytes.

A large BLOB is read by SQLite's own interface for that (https://www.sqlite.org/c3ref/blob_open.html), because a query
would hold it a second time, and a batch ends with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

LARGE = 1 << 20
"""Bytes of a value, or of a whole row, from which on it is read by itself."""

_BATCH_BYTES = 4 << 20

Row = tuple[Any, ...]


@contextmanager
def limited(connection: sqlite3.Connection) -> Iterator[None]:
    """Let SQLite refuse large values inside, so that finding them costs nothing where there are none."""
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGE)
    try:
        yield
    finally:
        # Rows that nobody wants to the end are forgotten after the file was closed.
        with suppress(sqlite3.ProgrammingError):
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)


def is_too_large(error: sqlite3.Error) -> bool:
    """Return whether an error says that a value is larger than the limit."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG


def selected(columns: dict[str, str], expressions: tuple[str, ...], rowid: str) -> tuple[str, ...]:
    """Return what to select: the row number, the expressions without large BLOBs, and which of them are large.

    Args:
        columns: The columns of the table, by what stands for them in a query.
        expressions: What is wanted.
        rowid: The name of the row number; empty where there is none, and nothing can be read by itself.
    """
    if not rowid:
        return ("NULL", *expressions)
    large = {one: f"(typeof({one}) = 'blob' AND length({one}) > {LARGE})" for one in expressions if one in columns}
    values = (f"CASE WHEN {large[one]} THEN NULL ELSE {one} END" if one in large else one for one in expressions)
    return (rowid, *values, *(large.get(one, "0") for one in expressions))


def rows(
    connection: sqlite3.Connection,
    query: str,
    table: str,
    columns: dict[str, str],
    expressions: tuple[str, ...],
    size: int,
) -> Iterator[list[Row]]:
    """Yield the rows of a query over `selected`, a batch at a time, with large BLOBs read one by one.

    Args:
        connection: The file.
        query: The query.
        table: The name of the table.
        columns: The columns of the table, by what stands for them in a query.
        expressions: What is wanted.
        size: The rows of a batch.
    """
    batch: list[Row] = []
    held = 0
    for place, *found in _lenient_rows(connection, query):
        values = found[: len(expressions)]
        for number, large in enumerate(found[len(expressions) :]):
            if large:
                values[number] = _large(connection, table, columns[expressions[number]], place)
        held += sum(len(value) for value in values if isinstance(value, str | bytes))
        batch.append(tuple(values))
        del found, values
        if len(batch) == size or held > _BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _lenient_rows(connection: sqlite3.Connection, query: str) -> Iterator[Row]:
    connection.text_factory = _lenient
    try:
        yield from connection.execute(query)
    finally:
        connection.text_factory = str


def _large(connection: sqlite3.Connection, table: str, column: str, place: int) -> bytes:
    with connection.blobopen(table, column, place, readonly=True) as blob:
        return blob.read()


def _lenient(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
