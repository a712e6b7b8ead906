"""The one way of a transfer: lock, plan again, load, compare, commit.

`transfer_at_once` does it for all tables in one transaction, `resumable.transfer_by_table` for one table after the
other; `check_only` compares without the rest. What differs between the sources is in `sides`.
"""

from __future__ import annotations

import time

from psycopg2.extensions import connection as Connection

from gatepost.transfer.compare.fingerprints import compare, refuse_mismatches, tally_target
from gatepost.transfer.load.all_tables import Run
from gatepost.transfer.load.analyze import analyze
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.planning.make_plan import lock, refuse_changed
from gatepost.transfer.sides import Side
from gatepost.transfer.values import Plan, TableResult, TransferResult


def transfer_at_once(plan: Plan, side: Side, connection: Connection, progress: Progress) -> TransferResult:
    """Move all tables of a plan in one transaction, and commit it.

    Raises:
        RowsRefused: rows cannot be moved exactly, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written, or every row is in the target and only
            its statistics are missing, as the message says.
    """
    started = time.perf_counter()
    side.prepare(plan.options)
    fresh = locked_plan(plan, side, connection)
    with side.run(fresh, connection, progress) as run:
        with side.intact(plan):
            results = load_and_compare(run, side)
        # The rejects are on the disk before the commit: at no moment is a row in neither place.
        run.close_rejects()
        connection.commit()
        analyze(connection, fresh.tables)
        return TransferResult(results, time.perf_counter() - started, run.problems())


def locked_plan(plan: Plan, side: Side, connection: Connection) -> Plan:
    """Lock the tables of a plan and make it once more: what was printed must still be what will be done.

    Raises:
        TransferError: the target's tables are no longer as planned, or somebody holds a lock for half a minute.
    """
    lock(plan, connection)
    fresh = side.plan(connection, plan.options)
    refuse_changed(plan, fresh)
    return fresh


def load_and_compare(run: Run, side: Side) -> tuple[TableResult, ...]:
    """Load every table of a run, and compare the target with what was sent.

    Raises:
        RowsRefused: rows cannot be moved exactly, and `options.rejects` is not set.
        TransferError: PostgreSQL refuses something, or the two sides differ.
    """
    results = run.tables()
    for table in run.plan.tables:
        promised = side.promised(table)
        if promised is not None and not run.rejects[table.name].rows:
            refuse_mismatches(compare(run.connection, table, promised, run.sent[table.name], None))
        found = tally_target(run.connection, table)
        refuse_mismatches(compare(run.connection, table, run.tallies[table.name], found, side.columns(table)))
    return results
