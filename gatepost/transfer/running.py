"""A run: one transaction from the first row to the last check, so that a target is as before or complete."""

from __future__ import annotations

import time

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.casts.how import How
from gatepost.transfer.load import Progress, load_table
from gatepost.transfer.planning import make_plan
from gatepost.transfer.settle import analyze, compare_count, settle_sequences
from gatepost.transfer.source import Source
from gatepost.transfer.values import Plan, Reject, Result, TablePlan, TableResult


class RowsRefused(TransferError):
    """Rows cannot be moved; nothing was written. `rejects` holds every one of them, up to ten thousand."""

    def __init__(self, rejects: tuple[Reject, ...]) -> None:
        self.rejects = rejects
        first = rejects[0]
        more = f" (and {len(rejects) - 1} more)" if len(rejects) > 1 else ""
        super().__init__(
            f'"{first.table}" row {first.key}: column "{first.column}" {first.reason}: {first.value}{more}; '
            "nothing was written",
            "mend the rows in the source and run again",
        )


def execute(plan: Plan, connection: Connection, progress: Progress) -> Result:
    """Move what the plan says, in one transaction, and commit it.

    Raises:
        RowsRefused: a row cannot be moved.
        TransferError: the target is no longer what was planned for, or PostgreSQL refuses something.
    """
    started = time.perf_counter()
    try:
        with Source(plan.path) as source:
            plan = _locked(plan, source, connection)
            tables = _load(plan, source, connection, progress)
            for table in plan.tables:
                settle_sequences(connection, table)
                analyze(connection, table)
        connection.commit()
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise
    return Result(tables, time.perf_counter() - started)


def _locked(plan: Plan, source: Source, connection: Connection) -> Plan:
    """Lock the tables, then plan once more: what was printed must still be what will be done."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        names = ", ".join(sql.qualified(t.target.schema, t.target.name) for t in plan.tables)
        cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
    fresh = make_plan(source, connection, plan.options)
    if [t.target for t in fresh.tables] != [t.target for t in plan.tables]:
        raise TransferError("the target's tables have changed since the plan was made", "run the command again")
    return fresh


def _load(plan: Plan, source: Source, connection: Connection, progress: Progress) -> tuple[TableResult, ...]:
    how = How.of(plan.options.timezone, plan.options.epoch)
    results: list[TableResult] = []
    rejects: list[Reject] = []
    for table in plan.tables:
        started = time.perf_counter()
        sent = load_table(connection, source, table, how, progress, send=not rejects)
        rejects += sent.rejects
        if not rejects:
            compare_count(connection, table, sent.rows)
        _refuse_lost_rows(table, sent.rows + sent.rejected_rows)
        results.append(TableResult(table.name, sent.rows, time.perf_counter() - started, sent.rejected_rows))
    if rejects:
        raise RowsRefused(tuple(rejects))
    return tuple(results)


def _refuse_lost_rows(table: TablePlan, read: int) -> None:
    if read != table.source.rows:
        raise TransferError(f'"{table.name}" gave {read} rows, and the source counted {table.source.rows}')
