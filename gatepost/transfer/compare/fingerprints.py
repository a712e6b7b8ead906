"""Compare both sides: rows, NULLs, and a fingerprint of every row, split by column if it differs.

A fingerprint is the sum of 64 bits for each row: of PostgreSQL's own hash where rows go in binary form, of the MD5 of
the row as PostgreSQL prints it elsewhere. It does not depend on the order of rows, and it changes with one character,
one digit, one hour, or two values swapped between rows. The source's side is computed from the casts, the target's by
the server from what it stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.casts.registry import FAMILIES
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.casts.whole_columns import COLUMN, NULL
from gatepost.transfer.compare import server_hash
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.encode.copy_text import Encoder, fingerprint
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Mismatch, TablePlan, TargetColumn

_PRINTED_OTHERWISE = frozenset({"bool", "bpchar"})
"""Types with a cast of ours whose cast to text is not what COPY writes; of other types nobody knows."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The tally of a table on one side: rows, the sum of their fingerprints, and the NULLs of each column."""

    rows: int
    fingerprint: int
    nulls: tuple[int, ...]

    @staticmethod
    def of(plan: TablePlan) -> Tally:
        """Return the tally of no rows at all."""
        return Tally(0, 0, (0,) * len(plan.columns))

    def __add__(self, other: Tally) -> Tally:
        return self._joined(other, 1)

    def __sub__(self, other: Tally) -> Tally:
        return self._joined(other, -1)

    def _joined(self, other: Tally, sign: int) -> Tally:
        nulls = tuple(a + sign * b for a, b in zip(self.nulls, other.nulls, strict=True))
        return Tally(self.rows + sign * other.rows, self.fingerprint + sign * other.fingerprint, nulls)


def text_of(column: TargetColumn) -> str:
    """Return the SQL expression for a value as the casts print it; NULL stays NULL."""
    name = sql.identifier(column.name)
    if column.type.family in FAMILIES - _PRINTED_OTHERWISE:
        return f"{name}::text"
    return f"CASE WHEN {name} IS NOT NULL THEN concat({name}) END"


def printed(column: TargetColumn) -> str:
    """Return the SQL expression for a value as the casts print it; `NULL` for NULL."""
    return text_of(column) if column.not_null else f"coalesce({text_of(column)}, {_signed(NULL)})"


def tally_target(connection: Connection, plan: TablePlan) -> Tally:
    """Read one table of the target once and return its tally."""
    columns = [column.target for column in plan.columns]
    nulls = ", ".join(f"count(*) - count({sql.identifier(c.name)})" for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(sum({row_fingerprint(plan)}), 0), {nulls} "
            f"FROM {sql.qualified(plan.target.schema, plan.target.name)}"
        )
        rows, total, *counts = cursor.fetchone() or (0, 0)
    return Tally(int(rows), int(total), tuple(int(count) for count in counts))


def tally_source(source: Source, plan: TablePlan, how: TimeOptions) -> Tally:
    """Read one table of the source once and return the tally that its castable rows would have."""
    total = Tally.of(plan)
    encoder = encoder_of(plan, how)
    for batch in source.select(plan.source, plan.selected):
        encoded = encoder.encode(batch)
        total += Tally(encoded.rows, encoded.fingerprint, encoded.nulls)
    return total


def compare(
    connection: Connection, plan: TablePlan, expected: Tally, found: Tally, by_column: Callable[[], list[int]] | None
) -> tuple[Mismatch, ...]:
    """Return what differs between two tallies of a table.

    Args:
        connection: The target.
        plan: The table.
        expected: The source's tally.
        found: The target's tally.
        by_column: Gives the fingerprints of the source's columns, to name those that differ; None where the source
            cannot be read again.
    """
    if expected.rows != found.rows:
        return (Mismatch(plan.name, "", f"{expected.rows} rows were expected, and {found.rows} are there"),)
    wrong = [
        Mismatch(plan.name, column.target.name, f"{here} NULLs were expected, and {there} are there")
        for column, here, there in zip(plan.columns, expected.nulls, found.nulls, strict=True)
        if here != there
    ]
    if wrong or expected.fingerprint == found.fingerprint:
        return tuple(wrong)
    if by_column is None:
        return (Mismatch(plan.name, "", "holds other values than the source"),)
    here, there = by_column(), _by_column_target(connection, plan)
    wrong = [
        Mismatch(plan.name, column.target.name, "holds other values than the source")
        for column, a, b in zip(plan.columns, here, there, strict=True)
        if a != b
    ]
    return tuple(wrong) or (Mismatch(plan.name, "", "holds the source's values in other rows than the source"),)


def refuse_mismatches(mismatches: tuple[Mismatch, ...]) -> None:
    """Turn the first mismatch into an error, so that the transaction is rolled back.

    Raises:
        TransferError: there is at least one.
    """
    if mismatches:
        first = mismatches[0]
        where = f'"{first.table}.{first.column}"' if first.column else f'"{first.table}"'
        more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
        raise TransferError(
            f"the target is not what was sent: {where} {first.what}{more}; nothing was written",
            "look for a trigger or a default that changes rows on insert",
        )


def row_fingerprint(plan: TablePlan) -> str:
    """Return the SQL expression for the fingerprint of a row, as the encoder of the plan computes it."""
    columns = [column.target for column in plan.columns]
    return server_hash.fingerprint(columns) if plan.binary else server_hash.md5_number(_row(columns))


def _row(columns: list[TargetColumn]) -> str:
    """Return the expression for a row; joined by halves, so that a long text is copied a few times and not often.

    The operator takes half the time that `concat` does, which looks up how to print each argument.
    """
    parts = [printed(column) for column in columns]
    while len(parts) > 1:
        halves = zip(parts[::2], parts[1::2], strict=False)
        parts = [f"({a} || {_signed(COLUMN)} || {b})" for a, b in halves] + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]


def _signed(sign: str) -> str:
    return f"chr({ord(sign)})"


def _by_column_target(connection: Connection, plan: TablePlan) -> list[int]:
    sums = ", ".join(f"coalesce(sum({server_hash.md5_number(printed(column.target))}), 0)" for column in plan.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sums} FROM {sql.qualified(plan.target.schema, plan.target.name)}")
        return [int(total) for total in cursor.fetchone() or ()]


def columns_of_source(source: Source, plan: TablePlan, how: TimeOptions) -> list[int]:
    """Read one table of the source and return the sum of fingerprints of each column."""
    totals = [0] * len(plan.columns)
    encoder = Encoder(plan, how)
    for batch in source.select(plan.source, plan.selected):
        for place, column in enumerate(encoder.texts(batch)):
            totals[place] += fingerprint([text.encode() for text in column.printed])
    return totals
