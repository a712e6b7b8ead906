"""Detect that somebody writes to a SQLite file."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from gatepost.transfer.source.opening import open_file


class Watch:
    """Detects whether anybody has written to a file since the watch began.

    A connection sees `data_version` change with every commit of another one, in every journal mode
    (https://www.sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, path: Path) -> None:
        self._connection, _ = open_file(path)
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
