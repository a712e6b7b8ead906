"""What callers could do on one side, as values in the words of the head, so that both sides compare."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.probes import Tried
from gatepost.personas import Persona
from gatepost.review.names import TableKey
from gatepost.schema import Command

How = Literal["allowed", "refused", "error", "unknown"]
"""What became of a statement. `refused` is a decision, by whomever; an `error` is an accident of a policy's code."""

Cell = tuple[TableKey, int, str]
"""A column of a planted row."""

_ALLOWED_CODES = ("23503", "23505", "23P01")
"""Foreign keys, unique indexes and exclusions: row security let the row pass, and other values would stand."""


@dataclass(frozen=True)
class Read:
    """What a caller saw of a table: the planted rows, in the columns that it may read."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[str] = frozenset()
    how: How = "refused"
    statement: str = ""
    said: str = ""

    def cells(self, table: TableKey) -> frozenset[Cell]:
        """Return what was seen, column by column."""
        return frozenset((table, row, column) for row in self.rows for column in self.columns)


@dataclass(frozen=True)
class Write:
    """What became of one statement that writes.

    `after` is what the caller saw of tables in its effect, each by the statement in `looks`. `row` and `column` are
    the planted row and the column that it changes.
    """

    how: How
    statement: str
    said: str = ""
    after: Mapping[TableKey, frozenset[int]] = field(default_factory=dict)
    looks: Mapping[TableKey, str] = field(default_factory=dict)
    row: int | None = None
    column: str = ""

    def of(self, row: int, column: str) -> Write:
        """Return the same for one row and column; written out, because there are hundreds of thousands."""
        return Write(self.how, self.statement, self.said, self.after, self.looks, row, column)


@dataclass(frozen=True)
class Opened:
    """What came out of a view, a function, a partition or an error message, and which planted rows it changed."""

    kind: str
    how: How
    statement: str
    said: str = ""
    cells: frozenset[Cell] = frozenset()
    written: frozenset[tuple[TableKey, int]] = frozenset()
    figures: str = ""


@dataclass
class Access:
    """Everything that was tried on one side."""

    reads: dict[tuple[str, TableKey], Read] = field(default_factory=dict)
    writes: dict[tuple[str, TableKey, Command], dict[str, Write]] = field(default_factory=dict)
    fills: dict[tuple[str, TableKey], frozenset[str]] = field(default_factory=dict)
    emptied: dict[tuple[str, TableKey], Write] = field(default_factory=dict)
    doors: dict[tuple[str, str], dict[str, Opened]] = field(default_factory=dict)
    planted: dict[TableKey, frozenset[int]] = field(default_factory=dict)
    owners: dict[TableKey, dict[int, frozenset[str]]] = field(default_factory=dict)
    columns: dict[TableKey, frozenset[str]] = field(default_factory=dict)
    shown: dict[tuple[TableKey, int], str] = field(default_factory=dict)
    callers: dict[str, Persona] = field(default_factory=dict)
    missing: list[NotChecked] = field(default_factory=list)
    refused: Mapping[int, set[str]] = field(default_factory=dict)

    def read(self, caller: str, table: TableKey) -> Read:
        """Return what a caller saw of a table."""
        return self.reads.get((caller, table), Read())

    def reaches(self, caller: str) -> frozenset[Cell]:
        """Return every cell that a caller saw in any way, of tables and of doors."""
        found = {cell for (who, table), read in self.reads.items() if who == caller for cell in read.cells(table)}
        for (who, _), calls in self.doors.items():
            if who == caller:
                found |= {cell for one in calls.values() for cell in one.cells}
        return frozenset(found)


def label_code(label: str) -> int:
    """Return a number below zero for a kind of change, which stands where a planted row's number would."""
    return -10 - zlib.crc32(label.encode()) % 1_000_000_000


def how_of(tried: Tried) -> How:
    """Return what became of a statement in the words of a review."""
    if tried.outcome in ("done", "impossible"):
        return "allowed"
    if tried.outcome == "constraint":
        return "allowed" if tried.code in _ALLOWED_CODES else "refused"
    if tried.outcome in ("cut off", "not tried", "unfit value"):
        return "unknown"
    return "error" if tried.outcome == "error" else "refused"
