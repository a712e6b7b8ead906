"""Read a SQLite file in one read transaction, without trusting what its schema says about its values."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.source import careful_reading
from gatepost.transfer.source.file_type import refuse_other_files
from gatepost.transfer.source.opening import APPS_OWN, broken, open_file, stamp
from gatepost.transfer.source.tables import SourceTable, quoted, read_tables

Row = tuple[Any, ...]

BATCH_ROWS = 500
"""Rows held in memory at a time: as many as stay in a processor's nearest memory from one step to the next."""

_CACHED_KIB = 512

_COLLATIONS = frozenset({"BINARY", "NOCASE", "RTRIM"})
"""Those of SQLite itself."""


class Source:
    """An open SQLite file whose content does not change while it is open.

    The snapshot is SQLite's own read transaction (https://www.sqlite.org/isolation.html): the app may go on writing,
    in WAL mode without waiting.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        refuse_other_files(path)
        self._before = stamp(path)
        self.connection, self.immutable = open_file(path)
        self.connection.isolation_level = None
        try:
            # Tables are read once and in their order, so what was read is not worth keeping.
            self.connection.execute(f"PRAGMA cache_size = -{_CACHED_KIB}")
            self.connection.execute("BEGIN")
            self._foreign_order = _replace_collations(self.connection)
            self.tables, self.passed_over = read_tables(self.connection)
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise broken(path, str(error)) from error

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the read transaction and close the file."""
        self.connection.close()

    def table(self, name: str) -> SourceTable:
        """Return the table of this name, as SQLite compares names: without regard to case."""
        return next(t for t in self.tables if t.name.lower() == name.lower())

    def quick_check(self) -> None:
        """Read every page once, so that damage is found before anything is written.

        Raises:
            TransferError: SQLite finds the file damaged (https://www.sqlite.org/pragma.html#pragma_quick_check).
        """
        try:
            # A value that a CHECK refuses is the data's fault, and the CHECK may call a function of the app.
            self.connection.execute("PRAGMA ignore_check_constraints = ON")
            found = self._checked()
        except sqlite3.DatabaseError as error:
            raise broken(self.path, str(error)) from error
        # A NULL in a column declared NOT NULL is the data's fault, not the file's: it becomes a reject with its key.
        faults = ("ok", "NULL value in", *(("row not in PRIMARY KEY order",) if self._foreign_order else ()))
        damage = [line for line in found if not line.startswith(faults)]
        if damage:
            raise broken(self.path, "; ".join(line.replace("\n", " ") for line in damage))

    def _checked(self) -> list[str]:
        """Check the file at once, or by table where an index calls a function that only the app has."""
        try:
            return [str(row[0]) for row in self.connection.execute("PRAGMA quick_check(3)")]
        except sqlite3.OperationalError as error:
            if not APPS_OWN.match(str(error)):
                raise
        found: list[str] = []
        for table in self.tables:
            try:
                found += (str(row[0]) for row in self.connection.execute(f"PRAGMA quick_check({quoted(table.name)})"))
            except sqlite3.OperationalError as error:
                if not APPS_OWN.match(str(error)):
                    raise
        return found

    def backup(self, to: Path) -> None:
        """Write a copy of the snapshot by SQLite's own backup API (https://www.sqlite.org/backup.html).

        Raises:
            TransferError: the copy exists already, or cannot be written.
        """
        if to.exists():
            raise TransferError(f'"{to}" exists already and would be overwritten', "name a file that does not exist")
        part = to.with_name(to.name + ".part")
        try:
            copy = sqlite3.connect(part)
            try:
                self.connection.backup(copy)
            finally:
                copy.close()
            shutil.copymode(self.path, part)
            part.rename(to)
        except (sqlite3.Error, OSError) as error:
            part.unlink(missing_ok=True)
            raise TransferError(f'the backup "{to}" cannot be written: {error}') from error

    def _refuse_written(self) -> None:
        """Refuse a file that was opened without a lock if somebody has written to it meanwhile."""
        if self.immutable and stamp(self.path) != self._before:
            raise TransferError(
                f'"{self.path}" was written to while it was read', "run again when the app has finished"
            )

    def values(self, table: SourceTable, column: str) -> int:
        """Return how many rows of a table have a value in a column; NULL is none."""
        query = f"SELECT count({quoted(column)}) FROM {quoted(table.name)}"
        try:
            return int(self.connection.execute(query).fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise broken(self.path, str(error)) from error

    def span(self, table: SourceTable) -> tuple[int, int]:
        """Return the lowest and the highest row number of a table that has rows."""
        name = quoted(table.name)
        low, high = self.connection.execute(f"SELECT min({table.rowid}), max({table.rowid}) FROM {name}").fetchone()
        return int(low), int(high)

    def batches(
        self,
        table: SourceTable,
        columns: tuple[str, ...],
        size: int = BATCH_ROWS,
        between: tuple[int, int] | None = None,
    ) -> Iterator[list[Row]]:
        """Yield the rows in the order of their key, a batch at a time.

        Text that is not valid UTF-8 comes with its bad bytes as lone surrogates (PEP 383), so that a cast can refuse
        the value by name; reading it as text directly would only say that some row is wrong.
        `between` are the first and the last row number that are wanted.
        """
        yield from self.select(table, tuple(map(quoted, columns)), size, between)

    def select(
        self,
        table: SourceTable,
        expressions: tuple[str, ...],
        size: int = BATCH_ROWS,
        between: tuple[int, int] | None = None,
    ) -> Iterator[list[Row]]:
        """Yield what SQLite makes of expressions over the rows, as `batches` does."""
        done = 0
        cursor = self.connection.cursor()
        try:
            with careful_reading.limited(self.connection):
                cursor.execute(_select(table, expressions, between))
                while batch := cursor.fetchmany(size):
                    yield batch
                    done += len(batch)
            self._refuse_written()
        except sqlite3.DatabaseError as error:
            if "UTF-8" not in str(error) and not careful_reading.is_too_large(error):
                raise broken(self.path, str(error)) from error
        else:
            return
        cursor.close()
        yield from self._carefully(table, expressions, size, between, done)

    def refuse_expression(self, table: SourceTable, column: str, expression: str) -> None:
        """Refuse an expression that SQLite cannot evaluate over the rows of a table.

        Raises:
            TransferError: it cannot.
        """
        try:
            self.connection.execute(f"EXPLAIN {_select(table, (expression,), None)}").fetchone()
        except sqlite3.Error as error:
            raise TransferError(
                f'SQLite cannot compute "{column}" by "{expression}": {error}',
                f'name columns of "{table.name}": {", ".join(c.name for c in table.columns)}',
            ) from error

    def _carefully(
        self, table: SourceTable, expressions: tuple[str, ...], size: int, between: tuple[int, int] | None, done: int
    ) -> Iterator[list[Row]]:
        columns = {quoted(column.name): column.name for column in table.columns if not column.generated}
        query = _select(table, careful_reading.selected(columns, expressions, table.rowid), between)
        # The order is that of the key and the snapshot does not move, so the place is the same.
        query = f"{query} LIMIT -1 OFFSET {done}"
        try:
            yield from careful_reading.rows(self.connection, query, table.name, columns, expressions, size)
            self._refuse_written()
        except sqlite3.DatabaseError as error:
            raise broken(self.path, str(error)) from error


def _replace_collations(connection: sqlite3.Connection) -> bool:
    """Put a plain order in the place of each one that only the app defines; return whether there was any.

    Reading a table needs only the order in which its rows are stored, but without the name SQLite reads nothing.
    """
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the schema names them
    listed = {str(name) for _, name in connection.execute("PRAGMA collation_list")}
    for name in listed - _COLLATIONS:
        connection.create_collation(name, lambda one, other: (one > other) - (one < other))
    return bool(listed - _COLLATIONS)


def _select(table: SourceTable, expressions: tuple[str, ...], between: tuple[int, int] | None) -> str:
    order = table.rowid or ", ".join(quoted(name) for name in table.key) or "1"
    where = f" WHERE {table.rowid} BETWEEN {between[0]} AND {between[1]}" if between else ""
    return f"SELECT {', '.join(expressions)} FROM {quoted(table.name)}{where} ORDER BY {order}"
