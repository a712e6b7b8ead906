"""Both sides compared after a transfer, reading only."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.database.reading import reading
from gatepost.transfer.compare.fingerprints import compare, tally_target
from gatepost.transfer.load.sequences import unsettled
from gatepost.transfer.load.transaction import ending
from gatepost.transfer.sides import Side, opened
from gatepost.transfer.values import Mismatch, Options, TableResult, TransferResult


def check(source: Path, connection: Connection, *, options: Options | None = None) -> TransferResult:
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
    with ending(connection), reading(connection, statement_timeout="0"), opened(source, chosen, connection) as side:
        return _compared(connection, side, chosen, started)


def _compared(connection: Connection, side: Side, options: Options, started: float) -> TransferResult:
    tables: list[TableResult] = []
    mismatches: list[Mismatch] = []
    for table in side.plan(connection, options).tables:
        began = time.perf_counter()
        expected, found = side.tally(table), tally_target(connection, table)
        mismatches += compare(connection, table, expected, found, side.columns(table))
        mismatches += unsettled(connection, table)
        refused = table.source.rows - expected.rows
        tables.append(TableResult(table.name, found.rows, time.perf_counter() - began, refused))
    return TransferResult(tuple(tables), time.perf_counter() - started, (), tuple(mismatches))
