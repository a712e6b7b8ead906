"""Open a SQLite file for reading, with a log or journal beside it, or say in one sentence why it cannot be read."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from urllib.parse import quote

from gatepost.errors import TransferError

APPS_OWN = re.compile(r"no such function|unknown function")
"""The start of SQLite's error for an index or a column that calls an unknown function."""


def _beside(path: Path, end: str) -> Path:
    """Return the log or journal of a database; SQLite looks for it where the file is, not where a link to it is."""
    real = path.resolve()
    return real.with_name(real.name + end)


def open_file(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open for reading; if no file may be created beside a WAL file, open it as immutable."""
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
            together = (
                f'copy "{journal.with_name(path.resolve().name)}" and "{journal}" together to a directory of your own'
            )
            raise TransferError(
                f'"{path}" was left in the middle of a write, which a reader may not finish: {error}',
                f'sqlite3 "{path}" "PRAGMA user_version"' if os.access(journal.parent, os.W_OK) else together,
            ) from error
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise broken(path, str(error)) from error
        if wal.exists() and wal.stat().st_size:
            raise TransferError(
                f'"{path}" has a write-ahead log, and its directory may not be written to read it',
                f'copy "{path.resolve()}" and "{wal}" together to a directory of your own',
            ) from error
        # Without a log there is no writer in WAL mode, so the file may be taken as it lies.
        return sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True, check_same_thread=False), True
    except sqlite3.DatabaseError as error:
        connection.close()
        raise broken(path, str(error)) from error
    return connection, False


def broken(path: Path, why: str) -> TransferError:
    """Convert SQLite's error about a file into one sentence, with what to do."""
    if "file is not a database" in why:
        return TransferError(f'"{path}" is not a SQLite database that can be read: it is encrypted, or its header lies')
    if "locked" in why or "busy" in why:
        return TransferError(f'"{path}" is being written to: {why}', "run again when the app has finished")
    if APPS_OWN.match(why):
        name = why.rpartition(": ")[2].removesuffix("()")
        return TransferError(
            f'"{path}" computes a column by "{name}", a function that only the app defines',
            "store the column in a copy of the file, or leave it out: --ignore-column TABLE.COLUMN",
        )
    return TransferError(
        f'"{path}" is damaged: {why}', f'sqlite3 "{path}" .recover | sqlite3 recovered.db   # then check what is lost'
    )


def stamp(path: Path) -> tuple[int, int, int]:
    """Return a value that changes when somebody writes: the time and size of the file, and the size of its log."""
    found, wal = path.stat(), _beside(path, "-wal")
    return found.st_mtime_ns, found.st_size, wal.stat().st_size if wal.exists() else 0
