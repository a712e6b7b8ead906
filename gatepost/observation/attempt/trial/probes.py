"""Queries that run while a trial is in effect, and their results, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.observation.attempt.trial.outcome import Outcome, outcome_of
from gatepost.schema import Table

Known = Mapping[tuple[str | None, ...], Sequence[int]]
"""The numbers of rows by what is seen of them."""

TIMEOUT = "3s"
MOST_ROWS = 1000
"""The most rows that are read from a view or a function."""
PLACE = ("tableoid::int8::text", "ctid::text")


@dataclass(frozen=True)
class Tried:
    """The result of a statement: how many rows it affected, or what PostgreSQL said."""

    statement: str
    outcome: Outcome
    count: int = 0
    said: str = ""
    code: str = ""


@dataclass(frozen=True)
class Probe:
    """A query for one array of rows as text, run during a trial: as the persona, or bypassing row security."""

    statement: str
    as_persona: bool = False


@dataclass(frozen=True)
class Found:
    """The result of a probe: its rows, or what PostgreSQL said."""

    tried: Tried
    rows: Sequence[Sequence[str | None]] = ()


@dataclass(frozen=True)
class Seen:
    """The planted rows that a persona sees in a table. None where it was refused, with what PostgreSQL said."""

    statement: str
    rows: frozenset[int] = frozenset()
    outcome: Outcome = "done"
    said: str = ""
    code: str = ""


BARRED = Seen("", outcome="refused by privilege", said="no privilege")
"""What is seen without the privilege to read."""


@dataclass(frozen=True)
class Look:
    """How a role reads a table: the query, and the planted rows by its results."""

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
    """Return a query for the places of a table's rows, bypassing row security."""
    return Probe(listing(table, PLACE))


def counting(table: Table, where: Sequence[tuple[str, str | None]]) -> Probe:
    """Return a query for how many rows of a table hold some values, bypassing row security."""
    condition = " AND ".join(f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in where) or "true"
    table_name = sql.qualified(table.schema, table.name)
    return Probe(f"SELECT ARRAY[ARRAY[count(*)::text]] FROM {table_name} WHERE {condition}")


def says(type_name: str) -> bool:
    """Return whether a type holds more than a number or a time, and can be compared."""
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
    """Return a query for some expressions of every row of a table, as one array."""
    return f"SELECT array_agg(ARRAY[{', '.join(columns)}]) FROM {sql.qualified(table.schema, table.name)}"


def listed(target: str) -> str:
    """Return a query for every row of a relation or a function call, as one array of texts.

    Args:
        target: The quoted name, or the call.
    """
    return f"SELECT array_agg(ARRAY[y]) FROM (SELECT x::text FROM {target} x LIMIT {MOST_ROWS}) s(y)"


def tried_as(statement: str, count: int, code: str, said: str, context: str = "") -> Tried:
    """Return the result of a statement: how many rows it affected, or what an error means."""
    if not code:
        return Tried(statement, "done", max(count, 0))
    said, outcome = said.strip(), outcome_of(statement, code, said, context)
    return stopped(statement) if outcome == "cut off" else Tried(statement, outcome, 0, said, code)


def stopped(statement: str) -> Tried:
    """Return that a statement took too long, or was skipped because a similar one did."""
    return Tried(statement, "cut off", 0, f"took longer than {TIMEOUT}, or is like what did", "57014")
