"""What becomes of every table and column of a source, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Unit = Literal["seconds", "milliseconds", "microseconds", "nanoseconds"]
"""What a number in a column of times counts."""

Way = Literal["round", "utf8", "empty-as-null", "as-stored", Unit]
"""What a person may allow for a column, beyond exact casts.

`round` rounds to what the type keeps, `utf8` reads the text in a BLOB, `empty-as-null` makes NULL of an empty string,
`as-stored` takes what PostgreSQL makes of a value; a unit says what numbers count. All but the units change values, so
those are counted.
"""

UNITS: tuple[Unit, ...] = get_args(Unit)
WAYS: tuple[Way, ...] = ("round", "utf8", "empty-as-null", "as-stored", *UNITS)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What becomes of one column.

    Args:
        source: Its name in the source; empty for a column of the target that gets no value from the source's columns.
        target: Its name in the target; empty for a column that is not moved.
        casts: What is allowed beyond exact casts.
        ids: The table of the source whose numbers it holds, where each of them becomes a UUID.
        computed: An expression of SQLite over the row, for a column of the target that the source does not have.
        loses: How many values are lost where it is not moved; in a file, how many may be.
        undecided: Whether somebody has to decide.
        remark: What the target does without a value, or why somebody has to decide.
    """

    source: str = ""
    target: str = ""
    casts: tuple[Way, ...] = ()
    ids: str = ""
    computed: str = ""
    loses: int | None = None
    undecided: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What becomes of one table; the fields are as for a column, `rows` is how many rows the source has.

    `loses` is how many rows may be lost, in a file where it is not moved.
    """

    source: str = ""
    target: str = ""
    columns: tuple[ColumnMapping, ...] = ()
    rows: int = 0
    loses: int | None = None
    undecided: bool = False
    remark: str = ""

    def of_source(self, name: str) -> ColumnMapping | None:
        """Return what becomes of a column of the source, or None where nothing says so."""
        return next((c for c in self.columns if c.source and c.source.lower() == name.lower()), None)

    def of_target(self, name: str) -> ColumnMapping | None:
        """Return where a column of the target gets its values from, or None where nothing says so."""
        return next((c for c in self.columns if c.target and c.target.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What becomes of all tables.

    `namespace` is the UUID from which those of numbered rows are made; `known` are rows that have one already, as
    table, number and UUID.
    """

    tables: tuple[TableMapping, ...] = ()
    namespace: str = ""
    known: tuple[tuple[str, str, str], ...] = ()

    def of_source(self, name: str) -> TableMapping | None:
        """Return what becomes of a table of the source, or None where nothing says so."""
        return next((t for t in self.tables if t.source and t.source.lower() == name.lower()), None)

    def of_target(self, name: str) -> TableMapping | None:
        """Return where a table of the target gets its rows from, or None where nothing says so."""
        return next((t for t in self.tables if t.target and t.target.lower() == name.lower()), None)
