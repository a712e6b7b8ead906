"""Keep rows that cannot be moved: count them, report them, and write them to JSON Lines with `--rejects`.

A line has the whole row, so that it can be fixed and loaded later::

    {"key": "id=7", "problems": [{"column": "at", "value": "'soon'", "reason": "is not a moment …"}],
     "row": {"id": 7, "at": "soon", "photo": {"blob": "ffd8"}}}
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from gatepost.errors import TransferError
from gatepost.transfer.load.advice import advice
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import Reject, TablePlan, Type

_ITEM = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)
"""https://www.postgresql.org/docs/17/arrays.html#ARRAYS-IO"""

KEPT = 10_000
"""Problems kept for the report; the rest is only counted, and the files have all of them."""


class TableRejects:
    """The rejects of one table; with a directory, also a file in it."""

    def __init__(self, plan: TablePlan, directory: Path | None) -> None:
        self.plan = plan
        self.rows = 0
        self.kept: list[Reject] = []
        self.stopped = False
        self._path = directory / f"{_file_name(plan.name)}.jsonl" if directory else None
        self._file: TextIO | None = None

    @property
    def full(self) -> bool:
        """Whether more rows add nothing, because there are no files and the report is full."""
        return self._path is None and len(self.kept) >= KEPT

    def add(self, problems: tuple[Reject, ...], row: Row) -> None:
        """Keep a row with its problems."""
        self.rows += 1
        self.kept.extend(problems[: max(0, KEPT - len(self.kept))])
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8")
        # A key that is read only to name the row is not part of it.
        values = {c.target.name: _written(value) for c, value in zip(self.plan.columns, row, strict=False)}
        said = [{"column": p.column, "value": p.value, "reason": p.reason} for p in problems]
        self._file.write(json.dumps({"key": problems[0].key, "problems": said, "row": values}) + "\n")

    def forget(self) -> None:
        """Drop everything, because the table is loaded again."""
        self.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.rows = 0
        self.stopped = False
        self.kept.clear()

    def close(self) -> None:
        """Write the file to the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def restored(kind: Type, text: str | None) -> Any:  # noqa: ANN401 - an array becomes a list
    """Convert a value that PostgreSQL printed to the form that casts accept, so that a fixed row is cast as usual.

    Bytes, arrays and what `char(n)` is filled up with are the ones that a cast does not read as they are printed.
    """
    if text is None:
        return None
    if kind.family == "bytea":
        return bytes.fromhex(text[2:])
    if kind.family == "bpchar":
        return text.rstrip(" ")
    if kind.element is not None:
        return _list(kind.element, iter(_ITEM.findall(text)[1:]))
    return text


def make_directory(directory: Path, hint: str = "name a new one for the rejects of this run") -> None:
    """Create a directory for rejects, or another directory that must be empty.

    Raises:
        TransferError: there is something in it, which would be mixed with what is to come.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise TransferError(f'"{directory}" is not an empty directory', hint)
    try:
        # Rows may hold what only the app may read, so what is made here is for its owner.
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise TransferError(f'"{directory}" cannot be made: {error.strerror}') from error


def rejected_tables(directory: Path) -> dict[str, Path]:
    """Return the files of rejects in a directory, by the name of their table.

    Raises:
        TransferError: there are none.
    """
    files = sorted(directory.glob("*.jsonl")) if directory.is_dir() else []
    if not files:
        raise TransferError(f'there are no rejects in "{directory}"', "name the directory that --rejects wrote")
    return {path.stem.replace("%2F", "/").replace("%25", "%"): path for path in files}


def rejected_columns(path: Path) -> tuple[tuple[str, ...], int]:
    """Return the columns that the first row of a file of rejects has, and the number of rows.

    Raises:
        TransferError: the first line is not what `--rejects` writes.
    """
    with path.open(encoding="utf-8") as file:
        first, rows = "", 0
        for line in file:
            if line.strip():
                first, rows = first or line, rows + 1
    try:
        return tuple(json.loads(first)["row"]), rows
    except (ValueError, KeyError, TypeError) as error:
        raise _no_reject(path, 1, error) from error


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows of a file of rejects, each with its line number behind the columns.

    Raises:
        TransferError: a line is not what `--rejects` writes.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)["row"]
                yield (*(_read(row[column]) for column in columns), number)
            except (ValueError, KeyError, TypeError) as error:
                raise _no_reject(path, number, error) from error


def _no_reject(path: Path, line: int, error: Exception) -> TransferError:
    return TransferError(
        f'"{path}" line {line} is not a reject: {type(error).__name__} {error}',
        'keep the form {"row": {column: value, …}} with every column',
    )


def _file_name(table: str) -> str:
    return table.replace("%", "%25").replace("/", "%2F")


def _list(kind: Type, items: Iterator[str]) -> list[Any]:
    """Return an array as the list that it is, from its parts behind the opening brace; it may hold further ones."""
    found: list[Any] = []
    for item in items:
        if item == "{":
            found.append(_list(kind, items))
        elif item == "}":
            break
        elif item != ",":
            bare = re.sub(r"\\(.)", r"\1", item[1:-1], flags=re.DOTALL) if item[0] == '"' else item
            found.append(None if item == "NULL" else restored(kind, bare))
    return found


def _written(value: Any) -> Any:  # noqa: ANN401 - SQLite keeps any value in any column
    if isinstance(value, bytes):
        return {"blob": value.hex()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def _read(value: Any) -> Any:  # noqa: ANN401 - a fixed value is anything
    if isinstance(value, dict) and value.keys() == {"blob"}:
        return bytes.fromhex(value["blob"])
    if isinstance(value, dict) and value.keys() == {"float"}:
        return float(value["float"])
    if isinstance(value, dict | list):
        # A fixed document may be written as such, without a second layer of quotes.
        return json.dumps(value, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


class RowsRefused(TransferError):
    """Rows cannot be moved; nothing was written. `rejects` holds what is wrong, up to ten thousand for a table."""

    def __init__(
        self, rejects: tuple[Reject, ...], rows: int, written: str = "nothing was written", *, stopped: bool = False
    ) -> None:
        self.rejects = rejects
        first = rejects[0]
        column = f' column "{first.column}"' if first.column else ""
        value = f": {first.value}" if first.value else ""
        count = f"at least {rows:,} rows" if stopped else f"{rows:,} rows in all"
        others = f" ({count})" if rows > 1 else ""
        super().__init__(
            f'"{first.table}" {first.key}:{column} {first.reason}{value}{others}; {written}', advice(rejects)
        )
