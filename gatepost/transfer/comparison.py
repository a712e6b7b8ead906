"""Both sides compared after a transfer, reading only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.transfer import portable
from gatepost.transfer.casts.how import How
from gatepost.transfer.check import Tally, columns_of_source, compare, tally_source, tally_target
from gatepost.transfer.ending import ending
from gatepost.transfer.planning import make_plan
from gatepost.transfer.settle import unsettled
from gatepost.transfer.source import Source
from gatepost.transfer.values import Mismatch, Options, Plan, Result, TablePlan, TableResult


def check(source: Path, connection: Connection, *, options: Options | None = None) -> Result:
    """Compare a source with a target that was filled from it, reading only.

    Args:
        source: The SQLite file, or a directory that `write` made.
        connection: The target, outside of a transaction.
        options: As for `plan`.

    Returns:
        The rows of each table that are the same on both sides, and every mismatch.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    started = time.perf_counter()
    chosen = replace(options or Options(), mode="append")
    with ending(connection):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if source.is_dir():
            promised = portable.tallies(source)
            planned = portable.plan_portable(source, connection, chosen)
            return _compared(connection, planned, lambda t: promised[t.name], lambda _: None, started)
        with Source(source) as opened:
            how = How.of(chosen.timezone, chosen.epoch)
            planned = make_plan(opened, connection, chosen)
            return _compared(
                connection,
                planned,
                lambda table: tally_source(opened, table, how),
                lambda table: columns_of(opened, table, how),
                started,
            )


def _compared(
    connection: Connection,
    planned: Plan,
    expect: Callable[[TablePlan], Tally],
    by_column: Callable[[TablePlan], Callable[[], list[int]] | None],
    started: float,
) -> Result:
    tables: list[TableResult] = []
    mismatches: list[Mismatch] = []
    for table in planned.tables:
        began = time.perf_counter()
        expected, found = expect(table), tally_target(connection, table)
        mismatches += compare(connection, table, expected, found, by_column(table))
        mismatches += unsettled(connection, table)
        refused = table.source.rows - expected.rows
        tables.append(TableResult(table.name, found.rows, time.perf_counter() - began, refused))
    return Result(tuple(tables), time.perf_counter() - started, (), tuple(mismatches))


def columns_of(source: Source, table: TablePlan, how: How) -> Callable[[], list[int]]:
    """Return how to find the columns of a table that differ."""
    return lambda: columns_of_source(source, table, how)
