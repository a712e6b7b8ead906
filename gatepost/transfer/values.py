"""The options, the plan and the result of a transfer, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gatepost.transfer.source.sqlite import SourceTable

Epoch = Literal["seconds", "milliseconds"]
Mode = Literal["empty", "append", "replace"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a transfer.

    Args:
        schema: The target's schema.
        timezone: The zone of times without an offset.
        epoch: The unit of a number in a column of times, counted from 1970; without it such a number is refused.
        epochs: The same for single columns, as `table.column` and unit; they take precedence over `epoch`.
        tables: The tables to move; empty means all tables of the target.
        ignore_tables: Tables that may exist on one side only, and are not moved.
        ignore_columns: `table.column` that may exist on one side only, and are not moved.
        renames: Tables of the source, or `table.column`, and their names in the target, where the two differ.
        expected_revision: The revision(s), comma-separated, that the target must be at; empty checks nothing.
        mode: What may be in the target's tables: nothing, rows that stay, or rows that are replaced.
        rejects: A directory for the rows that cannot be moved; without it one such row stops everything.
        backup: A copy of the source to make first.
        parallel: How many processes cast beside this one; 0 is as many as pay: none for a small source or one that
            is being written to all the time, else one, or two where casting was not compiled.
        resumable: Whether each table is a transaction of its own, so that a later run can go on.
    """

    schema: str = "public"
    timezone: str = "UTC"
    epoch: Epoch | None = None
    epochs: tuple[tuple[str, Epoch], ...] = ()
    tables: tuple[str, ...] = ()
    ignore_tables: tuple[str, ...] = ()
    ignore_columns: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    expected_revision: str = ""
    mode: Mode = "empty"
    rejects: Path | None = None
    backup: Path | None = None
    parallel: int = 0
    resumable: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """A type of the target, as the casts need it.

    `family` is the name of PostgreSQL's base type (`int4`, `varchar`, `timestamptz` …), `enum`, or `array`; `limit`
    is a length or a number of fractional digits, `precision` is that of a numeric.
    """

    family: str
    printed: str
    limit: int | None = None
    precision: int | None = None
    labels: tuple[str, ...] = ()
    element: Type | None = None


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column of the target that can be written; `sequences` are those that its identity or default takes."""

    name: str
    type: Type
    not_null: bool
    identity: bool = False
    sequences: tuple[str, ...] = ()
    generated: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of a target table."""

    name: str
    columns: tuple[str, ...]
    parent_schema: str
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetTable:
    """A target table; the last two fields say what the connected role meets there."""

    oid: int
    schema: str
    name: str
    columns: tuple[TargetColumn, ...]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    owned: bool
    row_security_active: bool

    def column(self, name: str) -> TargetColumn:
        """Return the column of this name."""
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The plan of one column: its name in the source, its column in the target; `epoch` is the unit of its numbers."""

    source: str
    declared: str
    target: TargetColumn
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """The plan of one table.

    `read` are the columns to read from the source: those that are moved, then others that identify a row. `key` has
    the positions of the identifying values in such a row. `binary` says that COPY uses its binary format.
    """

    source: SourceTable
    target: TargetTable
    columns: tuple[ColumnPlan, ...]
    read: tuple[str, ...]
    key: tuple[int, ...]
    binary: bool = False

    @property
    def name(self) -> str:
        """The table's name in the target."""
        return self.target.name


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a whole run, parents before children; `checked` says that the file is known to be intact."""

    path: Path
    options: Options
    tables: tuple[TablePlan, ...]
    bytes: int
    notes: tuple[str, ...] = ()
    checked: bool = True

    @property
    def rows(self) -> int:
        """The number of rows to move."""
        return sum(table.source.rows for table in self.tables)


@dataclass(frozen=True, slots=True)
class Reject:
    """A value, and with it a row, that cannot be moved; `key` names the row, `value` is shortened for printing."""

    table: str
    key: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference between the two sides; `column` is empty if it is about the whole table."""

    table: str
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class TableResult:
    """The result of one table."""

    name: str
    rows: int
    seconds: float
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class TransferResult:
    """The result of a run; `rejects` says why rows were set aside, `mismatches` belongs to `--check-only`."""

    tables: tuple[TableResult, ...]
    seconds: float
    rejects: tuple[Reject, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows moved."""
        return sum(table.rows for table in self.tables)
