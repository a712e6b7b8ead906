"""The SQLite file: opened for reading only, held in one read transaction, and never trusted to be what it says."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from gatepost.errors import TransferError
from gatepost.transfer.header import refuse_other_files

Row = tuple[Any, ...]

BATCH_ROWS = 500
"""Rows held in memory at a time: as many as stay in a processor's nearest memory from one step to the next."""

_CACHED_KIB = 512

_LIST = "PRAGMA main.table_list"
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as SQLite declares it; `key` is its place in the primary key, from 1, or 0."""

    name: str
    declared: str
    key: int = 0


@dataclass(frozen=True, slots=True)
class SourceTable:
    """An ordinary table; `rowid` is the name by which its row number can be asked for, or the empty string."""

    name: str
    columns: tuple[SourceColumn, ...]
    rows: int
    rowid: str

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the primary key's columns, in its order; empty where there is none."""
        return tuple(c.name for c in sorted(self.columns, key=lambda c: c.key) if c.key)


class Source:
    """An open SQLite file whose content does not change while it is open.

    The snapshot is SQLite's own read transaction (https://www.sqlite.org/isolation.html): the app may go on writing,
    in WAL mode without waiting.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        refuse_other_files(path)
        self._before = _stamp(path)
        self.connection, self.immutable = _open(path)
        self.connection.isolation_level = None
        try:
            # Tables are read once and in their order, so what was read is not worth keeping.
            self.connection.execute(f"PRAGMA cache_size = -{_CACHED_KIB}")
            self.connection.execute("BEGIN")
            self.tables, self.passed_over = _tables(self.connection)
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise _broken(path, str(error)) from error

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
            found = [str(row[0]) for row in self.connection.execute("PRAGMA quick_check(3)")]
        except sqlite3.DatabaseError as error:
            raise _broken(self.path, str(error)) from error
        # A NULL in a column declared NOT NULL is the data's fault, not the file's: it becomes a reject with its key.
        damage = [line for line in found if line != "ok" and not line.startswith("NULL value in")]
        if damage:
            raise _broken(self.path, "; ".join(line.replace("\n", " ") for line in damage))

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
        """Refuse a file that was taken as it lies, without a lock, when somebody has written to it all the same."""
        if self.immutable and _stamp(self.path) != self._before:
            raise TransferError(
                f'"{self.path}" was written to while it was read', "run again when the app is done with it"
            )

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
        yield from self._batches(_select(table, columns, between), size)

    def _batches(self, query: str, size: int) -> Iterator[list[Row]]:
        done = 0
        cursor = self.connection.execute(query)
        try:
            while batch := cursor.fetchmany(size):
                yield batch
                done += len(batch)
            self._refuse_written()
        except sqlite3.OperationalError as error:
            if "UTF-8" not in str(error):
                raise _broken(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            raise _broken(self.path, str(error)) from error
        else:
            return
        self.connection.text_factory = _lenient
        try:
            # The order is that of the key and the snapshot does not move, so the place is the same.
            cursor = self.connection.execute(f"{query} LIMIT -1 OFFSET {done}")
            while batch := cursor.fetchmany(size):
                yield batch
            self._refuse_written()
        finally:
            self.connection.text_factory = str


class Watch:
    """Tells whether anybody has written to a file since the watch began.

    A connection sees `data_version` change with every commit of another one, in every journal mode
    (https://www.sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, path: Path) -> None:
        self._connection, _ = _open(path)
        self._connection.isolation_level = None
        self._before = self._version()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def still(self) -> bool:
        """Return whether nobody has."""
        return self._version() == self._before

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


def quoted(name: str) -> str:
    """Return a name as SQLite quotes it; unlike PostgreSQL's, it has no limit of length."""
    return '"' + name.replace('"', '""') + '"'


def _lenient(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _select(table: SourceTable, columns: tuple[str, ...], between: tuple[int, int] | None) -> str:
    order = table.rowid or ", ".join(quoted(name) for name in table.key) or "1"
    where = f" WHERE {table.rowid} BETWEEN {between[0]} AND {between[1]}" if between else ""
    return f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(table.name)}{where} ORDER BY {order}"


def _beside(path: Path, end: str) -> Path:
    """Return the log or journal of a database; SQLite looks for it where the file is, not where a link to it is."""
    real = path.resolve()
    return real.with_name(real.name + end)


def _open(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open for reading; where nothing may be created beside a WAL file, as a file that nobody can be writing."""
    address = "file:" + quote(str(path.resolve()))
    wal, journal = _beside(path, "-wal"), _beside(path, "-journal")
    try:
        connection = sqlite3.connect(f"{address}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise TransferError(f'"{path}" cannot be opened: {error}') from error
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        # A journal beside a lock belongs to somebody who is writing now, not to somebody who was stopped.
        if journal.exists() and "locked" not in str(error):
            together = f'copy "{journal.with_name(path.resolve().name)}" and "{journal}" together to a place of yours'
            raise TransferError(
                f'"{path}" was left in the middle of a write, and a reader may not finish it: {error}',
                f'sqlite3 "{path}" "PRAGMA user_version"' if os.access(journal.parent, os.W_OK) else together,
            ) from error
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise _broken(path, str(error)) from error
        if wal.exists() and wal.stat().st_size:
            raise TransferError(
                f'"{path}" has a write-ahead log, and its directory may not be written to read it',
                f'copy "{path.resolve()}" and "{wal}" together to a directory of your own',
            ) from error
        # Without a log there is no writer in WAL mode, so the file may be taken as it lies.
        return sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True, check_same_thread=False), True
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _broken(path, str(error)) from error
    return connection, False


def _broken(path: Path, why: str) -> TransferError:
    if "file is not a database" in why:
        return TransferError(f'"{path}" is not a SQLite database that can be read: it is encrypted, or its header lies')
    if "locked" in why or "busy" in why:
        return TransferError(f'"{path}" is being written to: {why}', "run again when the app is done with it")
    return TransferError(
        f'"{path}" is damaged: {why}', f'sqlite3 "{path}" .recover | sqlite3 mended.db   # then look at what is lost'
    )


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what is another after somebody has written: the time and size of the file, and the size of its log."""
    found, wal = path.stat(), _beside(path, "-wal")
    return found.st_mtime_ns, found.st_size, wal.stat().st_size if wal.exists() else 0


def _tables(connection: sqlite3.Connection) -> tuple[tuple[SourceTable, ...], tuple[str, ...]]:
    """Read names, columns and counts of the ordinary tables, and the names of virtual ones.

    Views and the shadows of virtual tables hold nothing of their own. A virtual table may (a full-text index can be
    the only place of its texts), so whoever makes a plan has to say that it is passed over.
    """
    listed = sorted((str(name), str(kind), bool(w)) for _, name, kind, _, w, _ in connection.execute(_LIST))
    ordinary = tuple(
        _table(connection, name, without_rowid)
        for name, kind, without_rowid in listed
        if kind == "table" and not name.lower().startswith("sqlite_")
    )
    return ordinary, tuple(name for name, kind, _ in listed if kind == "virtual")


def _table(connection: sqlite3.Connection, name: str, without_rowid: bool) -> SourceTable:
    columns = tuple(
        SourceColumn(str(column), str(declared), int(key))
        for _, column, declared, _, _, key, hidden in connection.execute(f"PRAGMA main.table_xinfo({quoted(name)})")
        if hidden != 1  # 2 and 3 are generated columns, which can be read
    )
    taken = {column.name.lower() for column in columns}
    rowid = "" if without_rowid else next((n for n in _ROWID_NAMES if n not in taken), "")
    count = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    return SourceTable(name, columns, int(count), rowid)
