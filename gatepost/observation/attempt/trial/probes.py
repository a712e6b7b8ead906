"""What is asked of PostgreSQL while a trial stands, and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.observation.attempt.trial.outcome import Outcome, outcome_of
from gatepost.schema import Table

Known = Mapping[tuple[str | None, ...], Sequence[int]]
"""The numbers of rows by what is seen of them."""

TIMEOUT = "3s"
PLACE = ("tableoid::int8::text", "ctid::text")


@dataclass(frozen=True)
class Tried:
    """What came of a statement: how many rows it reached, or what PostgreSQL said."""

    statement: str
    outcome: Outcome
    count: int = 0
    said: str = ""
    code: str = ""


@dataclass(frozen=True)
class Probe:
    """A query for one array of rows as text, asked while a trial stands: as the persona, or past row security."""

    statement: str
    as_persona: bool = False


@dataclass(frozen=True)
class Found:
    """What a probe gave: its rows, or what PostgreSQL said."""

    tried: Tried
    rows: Sequence[Sequence[str | None]] = ()


@dataclass(frozen=True)
class Seen:
    """The planted rows that a persona sees in a table; none where it was refused, with what PostgreSQL said."""

    statement: str
    rows: frozenset[int] = frozenset()
    outcome: Outcome = "done"
    said: str = ""
    code: str = ""


BARRED = Seen("", outcome="refused by privilege", said="no privilege")
"""What is seen without the privilege to look."""


@dataclass(frozen=True)
class Look:
    """How a role looks at a table: the question, and the planted rows by what it is answered."""

    plain: str
    probe: Probe
    known: Known

    def seen(self, found: Found) -> Seen:
        """Return the planted rows that were seen."""
        counts: dict[tuple[str | None, ...], int] = {}
        for row in found.rows:
            counts[tuple(row)] = counts.get(tuple(row), 0) + 1
        numbers = {number for values, count in counts.items() for number in self.known.get(values, ())[:count]}
        tried = found.tried
        return Seen(self.plain, frozenset(numbers), tried.outcome, tried.said, tried.code)


def places(table: Table) -> Probe:
    """Return the question where PostgreSQL keeps the rows of a table, past row security."""
    return Probe(listing(table, PLACE))


def counting(table: Table, where: Sequence[tuple[str, str | None]]) -> Probe:
    """Return the question how many rows of a table hold some values, past row security."""
    asked = " AND ".join(f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in where) or "true"
    return Probe(f"SELECT ARRAY[ARRAY[count(*)::text]] FROM {sql.qualified(table.schema, table.name)} WHERE {asked}")


def says(type_name: str) -> bool:
    """Tell whether a type holds more than a number or a time, and can be compared."""
    return not type_name.startswith(
        (
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "real",
            "double",
            "time",
            "date",
            "interval",
            "json",
            "xml",
            "point",
        )
    )


def listing(table: Table, columns: Sequence[str]) -> str:
    """Return the query for some expressions of every row of a table, as one array."""
    return f"SELECT array_agg(ARRAY[{', '.join(columns)}]) FROM {sql.qualified(table.schema, table.name)}"


def tried_as(statement: str, count: int, code: str, said: str, context: str = "") -> Tried:
    """Say what came of a statement: how many rows it reached, or what an error means."""
    if not code:
        return Tried(statement, "done", max(count, 0))
    said, outcome = said.strip(), outcome_of(statement, code, said, context)
    return stopped(statement) if outcome == "cut off" else Tried(statement, outcome, 0, said, code)


def stopped(statement: str) -> Tried:
    """Say that a statement took too long, or was not run because one like it did."""
    return Tried(statement, "cut off", 0, f"took longer than {TIMEOUT}", "57014")
