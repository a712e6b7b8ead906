"""The options, the plan and the result of a transfer, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gatepost.transfer.mapping.new_ids import NewIds
from gatepost.transfer.mapping.values import Mapping, Unit, Way
from gatepost.transfer.source.tables import SourceTable, quoted

Mode = Literal["empty", "append", "replace"]
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric"})
Changed = tuple[tuple[str, Way, int], ...]
"""How many values were not moved exactly, by column and by the way that was allowed for it."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a transfer.

    Args:
        schema: The target's schema.
        timezone: The zone of times without an offset.
        epoch: The unit of a number in a column of times, counted from 1970; without it such a number is refused.
        casts: What is allowed for single columns beyond exact casts, as `table.column` and way; a unit takes
            precedence over `epoch`.
        round_times: Whether times are rounded to the microseconds, or fewer digits, that their columns keep.
        computed: Columns of the target that the source does not have, as `table.column`, and an expression of SQLite.
        mapping: What becomes of tables and columns, as a person decided; the other options take precedence.
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
    epoch: Unit | None = None
    casts: tuple[tuple[str, Way], ...] = ()
    round_times: bool = False
    computed: tuple[tuple[str, str], ...] = ()
    mapping: Mapping | None = None
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
    """A column of the target; `sequences` are those that its identity or default takes, `default` is as printed."""

    name: str
    type: Type
    not_null: bool
    identity: bool = False
    sequences: tuple[str, ...] = ()
    generated: bool = False
    default: str = ""

    @property
    def counters(self) -> tuple[str, ...]:
        """The sequences that give the column its numbers; of one inside a text nobody can say where it stands."""
        return self.sequences if self.type.family in _NUMBERS else ()

    @property
    def needs_value(self) -> bool:
        """Whether a row without a value for this column is refused."""
        return self.not_null and not (self.default or self.identity or self.generated)


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
    """A target table; `owned` and `row_security_active` say what the connected role meets there.

    `completes_rows` says that a trigger runs before each row is inserted, which may fill a column.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[TargetColumn, ...]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    owned: bool
    row_security_active: bool
    completes_rows: bool = False

    def parent(self, key: ForeignKey) -> str:
        """Return the name of the table that a foreign key refers to, with its schema where that is another one."""
        return key.parent if key.parent_schema == self.schema else f"{key.parent_schema}.{key.parent}"

    def column(self, name: str) -> TargetColumn:
        """Return the column of this name."""
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The plan of one column: its name in the source, or an expression of SQLite, and its column in the target.

    `casts` is what is allowed beyond exact casts; `by_server` says that PostgreSQL itself reads the values; `new_ids`
    makes UUIDs of numbers that identify rows of the table `ids`.
    """

    source: str
    declared: str
    target: TargetColumn
    casts: tuple[Way, ...] = ()
    computed: str = ""
    by_server: bool = False
    ids: str = ""
    new_ids: NewIds | None = None


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

    @property
    def asks_server(self) -> bool:
        """Whether a column is of a type that has no cast of ours, so that its values are read by the server first."""
        return any(column.by_server for column in self.columns)

    @property
    def selected(self) -> tuple[str, ...]:
        """What SQLite is asked for: the columns of `read`, quoted, and the expressions."""
        computed = {place: column.computed for place, column in enumerate(self.columns) if column.computed}
        return tuple(computed.get(place) or quoted(name) for place, name in enumerate(self.read))


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a whole run, parents before children; `checked` says that the file is known to be intact."""

    path: Path
    options: Options
    tables: tuple[TablePlan, ...]
    bytes: int
    notes: tuple[str, ...] = ()
    checked: bool = True
    mapping: Mapping = field(default_factory=Mapping)

    @property
    def rows(self) -> int:
        """The number of rows to move."""
        return sum(table.source.rows for table in self.tables)


@dataclass(frozen=True, slots=True)
class Reject:
    """A value, and with it a row, that cannot be moved; `key` names the row, `value` is shortened for printing.

    `ways` are those that would accept the value, each by itself.
    """

    table: str
    key: str
    column: str
    value: str
    reason: str
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference between the two sides; `column` is empty if it is about the whole table."""

    table: str
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class TableResult:
    """The result of one table; `changed` counts the values that were not moved exactly, by column and way."""

    name: str
    rows: int
    seconds: float
    rejects: int = 0
    changed: Changed = ()


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
