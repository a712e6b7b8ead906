"""A SQLite database into PostgreSQL: all of it, exactly, or nothing.

::

    planned = plan(Path("app.db"), connection)
    result = run(planned, connection)

`source.py` reads, `casts/` decides what each value becomes, `load.py` writes, `check.py` compares; `running.py` holds
the order of the steps.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.transfer.again import plan_rejects, read_rejects
from gatepost.transfer.casts.how import How
from gatepost.transfer.check import compare, refuse_mismatches, tally_source, tally_target
from gatepost.transfer.load import Progress
from gatepost.transfer.planning import lock, lock_and_plan, make_plan
from gatepost.transfer.rejects import make_directory
from gatepost.transfer.running import RowsRefused, Run, finish
from gatepost.transfer.settle import unsettled
from gatepost.transfer.source import Source
from gatepost.transfer.values import Mismatch, Options, Plan, Reject, Result, TableResult

__all__ = [
    "Mismatch",
    "Options",
    "Plan",
    "Progress",
    "Reject",
    "Result",
    "RowsRefused",
    "TableResult",
    "check",
    "plan",
    "run",
    "run_rejects",
]


def plan(source: Path, connection: Connection, *, options: Options | None = None) -> Plan:
    """Return what a run would do, without doing any of it.

    Args:
        source: The SQLite file.
        connection: The target, outside of a transaction; it is outside of one again afterwards.
        options: What the person asks for.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    try:
        with Source(source) as opened:
            opened.quick_check()
            return make_plan(opened, connection, options or Options())
    finally:
        _end(connection)


def run(plan: Plan, connection: Connection, *, progress: Progress | None = None) -> Result:
    """Do what a plan says, in one transaction, and commit it.

    Args:
        plan: What `plan()` returned.
        connection: The target, outside of a transaction.
        progress: Told the table, its rows done and its rows in all, for every batch.

    Raises:
        RowsRefused: rows cannot be moved exactly, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    started = time.perf_counter()
    try:
        with Source(plan.path) as source:
            if plan.options.backup is not None:
                source.backup(plan.options.backup)
            if plan.options.rejects is not None:
                make_directory(plan.options.rejects)
            fresh = lock_and_plan(plan, source, connection)
            moving = Run(fresh, connection, lambda t: lambda: source.batches(t.source, t.read), progress or _silent)
            with closing(moving):
                tables = moving.tables()
                for table in fresh.tables:
                    expected, found = moving.tallies[table.name], tally_target(connection, table)
                    refuse_mismatches(compare(connection, source, table, moving.how, expected, found))
                return finish(moving, tables, started)
    finally:
        _end(connection)


def run_rejects(
    directory: Path, connection: Connection, *, options: Options | None = None, progress: Progress | None = None
) -> Result:
    """Add the rows that an earlier run put aside, after somebody mended them; in one transaction.

    Args:
        directory: What `options.rejects` named in the earlier run.
        connection: The target, outside of a transaction.
        options: As for `plan`; the rows are always added to those that are there.
        progress: As for `run`.

    Raises:
        RowsRefused: some cannot be moved even now, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    started = time.perf_counter()
    try:
        planned = plan_rejects(directory, connection, replace(options or Options(), mode="append"))
        lock(planned, connection)
        if planned.options.rejects is not None:
            make_directory(planned.options.rejects)
        moving = Run(planned, connection, lambda table: read_rejects(directory, table), progress or _silent)
        with closing(moving):
            tables = moving.tables()
            for table in planned.tables:
                if tally_target(connection, table) != moving.tallies[table.name]:
                    refuse_mismatches((Mismatch(table.name, "", "holds other rows than were added"),))
            return finish(moving, tables, started)
    finally:
        _end(connection)


def check(
    source: Path, connection: Connection, *, options: Options | None = None, progress: Progress | None = None
) -> Result:
    """Compare a source with a target that was filled from it, reading only.

    Args:
        source: The SQLite file.
        connection: The target, outside of a transaction.
        options: As for `plan`.
        progress: As for `run`.

    Returns:
        The rows of each table that are the same on both sides, and every mismatch.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    started = time.perf_counter()
    chosen = replace(options or Options(), mode="append")
    try:
        with Source(source) as opened, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            planned = make_plan(opened, connection, chosen)
            how = How.of(chosen.timezone, chosen.epoch)
            tables: list[TableResult] = []
            mismatches: list[Mismatch] = []
            for table in planned.tables:
                began = time.perf_counter()
                expected, found = tally_source(opened, table, how), tally_target(connection, table)
                (progress or _silent)(table.name, table.source.rows, table.source.rows)
                mismatches += compare(connection, opened, table, how, expected, found)
                mismatches += unsettled(connection, table)
                refused = table.source.rows - expected.rows
                tables.append(TableResult(table.name, found.rows, time.perf_counter() - began, refused))
            return Result(tuple(tables), time.perf_counter() - started, (), tuple(mismatches))
    finally:
        _end(connection)


def _end(connection: Connection) -> None:
    if not connection.closed:
        connection.rollback()


def _silent(_table: str, _done: int, _rows: int) -> None:
    """Say nothing."""
