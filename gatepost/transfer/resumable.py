"""A transfer that can be stopped: a table at a time, with a journal of what is done, and still exact.

Each table is one transaction with its line in the journal. A later run passes over a table only after it has compared
the journal with both sides again, so a source or a target that was changed in between is refused, not mixed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.casts.how import How
from gatepost.transfer.check import Tally, columns_of_source, compare, refuse_mismatches, tally_source, tally_target
from gatepost.transfer.load import Progress
from gatepost.transfer.planning import lock, lock_and_plan, refuse_filled
from gatepost.transfer.running import Run
from gatepost.transfer.source import Source
from gatepost.transfer.values import Plan, Reject, Result, TablePlan, TableResult

SCHEMA = "gatepost_transfer"
"""Holds the journal while a transfer is under way, and is dropped with it; no API exposes it."""

_JOURNAL = sql.qualified(SCHEMA, "journal")


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the journal: what was sent of a table, and what it held afterwards."""

    sent: Tally
    held: Tally
    rejects: int


def execute_resumable(plan: Plan, connection: Connection, progress: Progress) -> Result:
    """Move the tables that are not done yet, each in a transaction of its own; drop the journal at the end.

    Raises:
        RowsRefused: a row of the table at hand cannot be moved; the tables before it stay done.
        TransferError: one side has changed since a table was done, or anything else stands in the way.
    """
    started = time.perf_counter()
    _refuse_circles(plan)
    with Source(plan.path) as source:
        fresh = lock_and_plan(plan, source, connection)
        journal = _journal(connection)
        refuse_filled(connection, tuple(t for t in fresh.tables if t.name not in journal))
        connection.commit()
        results: list[TableResult] = []
        problems: list[Reject] = []
        for table in fresh.tables:
            one = replace(fresh, tables=(table,))
            lock(one, connection)
            if table.name in journal:
                results.append(_still_done(connection, source, table, journal[table.name], fresh))
            else:
                result, found = _move(one, source, connection, progress)
                results.append(result)
                problems += found
            connection.commit()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {sql.identifier(SCHEMA)} CASCADE")
        connection.commit()
    return Result(tuple(results), time.perf_counter() - started, tuple(problems))


def under_way(connection: Connection) -> bool:
    """Return whether the target holds the journal of a transfer that was stopped."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (_JOURNAL,))
        (found,) = cursor.fetchone() or (False,)
    return bool(found)


def _refuse_circles(plan: Plan) -> None:
    seen: set[str] = set()
    names = {table.name for table in plan.tables}
    for table in plan.tables:
        seen.add(table.name)
        for key in table.target.foreign_keys:
            if key.parent_schema == table.target.schema and key.parent in names - seen:
                raise TransferError(
                    f'the foreign keys of "{table.name}" and "{key.parent}" go round in a circle, '
                    "so neither can be finished before the other",
                    "transfer without --resumable",
                )


def _journal(connection: Connection) -> dict[str, Done]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.identifier(SCHEMA)}")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {_JOURNAL} (name text PRIMARY KEY, sent numeric[] NOT NULL, "
            "held numeric[] NOT NULL, rejects bigint NOT NULL, done_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute(f"SELECT name, sent, held, rejects FROM {_JOURNAL}")
        return {name: Done(_tally(sent), _tally(held), rejects) for name, sent, held, rejects in cursor.fetchall()}


def _tally(numbers: list[int]) -> Tally:
    rows, fingerprint, *nulls = map(int, numbers)
    return Tally(rows, fingerprint, tuple(nulls))


def _numbers(tally: Tally) -> list[int]:
    return [tally.rows, tally.fingerprint, *tally.nulls]


def _move(
    plan: Plan, source: Source, connection: Connection, progress: Progress
) -> tuple[TableResult, tuple[Reject, ...]]:
    (table,) = plan.tables
    with Run(plan, connection, lambda t: lambda: source.batches(t.source, t.read), progress) as moving:
        (result,) = moving.tables()
        held = moving.tallies[table.name]
        found = tally_target(connection, table)
        refuse_mismatches(
            compare(connection, table, held, found, partial(columns_of_source, source, table, moving.how))
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {_JOURNAL} (name, sent, held, rejects) VALUES (%s, %s::numeric[], %s::numeric[], %s)",
                (table.name, _numbers(moving.sent[table.name]), _numbers(held), result.rejects),
            )
    return result, moving.problems()


def _still_done(connection: Connection, source: Source, table: TablePlan, done: Done, plan: Plan) -> TableResult:
    started = time.perf_counter()
    if tally_source(source, table, How.of(plan.options.timezone, plan.options.epoch)) != done.sent:
        raise TransferError(
            f'"{table.name}" of the source is not what it was when it was moved',
            f"empty the target's tables, DROP SCHEMA {SCHEMA} CASCADE, and begin again",
        )
    if tally_target(connection, table) != done.held:
        raise TransferError(
            f'"{table.name}" of the target is not what it was when it was moved',
            f"empty the target's tables, DROP SCHEMA {SCHEMA} CASCADE, and begin again",
        )
    return TableResult(table.name, done.held.rows, time.perf_counter() - started, done.rejects)
