"""A transfer that can be stopped: a table at a time, with a journal of what is done, and still exact.

Each table is one transaction with its line in the journal; tables whose foreign keys go round in a circle are one
together, because the keys hold only when all of their rows are there. A later run passes over a table only after it has
compared the journal with both sides again, so a source or a target that was changed in between is refused, not mixed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.compare.fingerprints import Tally, tally_target
from gatepost.transfer.load.all_tables import truncate
from gatepost.transfer.load.analyze import analyze
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.pipeline import load_and_compare, locked_plan
from gatepost.transfer.planning.make_plan import lock, refuse_filled
from gatepost.transfer.planning.parents_first import groups
from gatepost.transfer.sides import Side
from gatepost.transfer.values import Plan, Reject, TablePlan, TableResult, TransferResult

SCHEMA = "gatepost_transfer"
"""Holds the journal while a transfer is under way, and is dropped with it; no API exposes it."""

_JOURNAL = sql.qualified(SCHEMA, "journal")


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the journal: what the source held of a table, and what the target did afterwards.

    `added` is whether the table was allowed to hold rows before.
    """

    sent: Tally
    held: Tally
    moved: int
    rejects: int
    added: bool


def transfer_by_table(plan: Plan, side: Side, connection: Connection, progress: Progress) -> TransferResult:
    """Move the tables that are not done yet, each circle in a transaction of its own; drop the journal at the end.

    Raises:
        RowsRefused: a row of the table at hand cannot be moved; the tables before it stay done.
        TransferError: one side has changed since a table was done, or anything else stands in the way.
    """
    if plan.options.parallel:
        raise TransferError(
            '"--resumable" does not go with "--parallel": it commits one table after the other over one connection',
            "choose one of the two",
        )
    started = time.perf_counter()
    resumed = _under_way(connection)
    if not plan.checked:
        # The first table is committed long before the last page would be read beside it.
        side.refuse_damage()
    side.prepare(plan.options, resumed=resumed)
    fresh, journal = _begin(plan, side, connection)
    results: list[TableResult] = []
    problems: list[Reject] = []
    for circle in _circles(fresh):
        lock(circle, connection)
        results += (
            _still_done(connection, side, t, journal[t.name], fresh) for t in circle.tables if t.name in journal
        )
        waiting = tuple(table for table in circle.tables if table.name not in journal)
        if waiting:
            moved, found = _move(replace(circle, tables=waiting), side, connection, progress)
            results += moved
            problems += found
        connection.commit()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {sql.identifier(SCHEMA)} CASCADE")
    connection.commit()
    analyze(connection, fresh.tables)
    return TransferResult(tuple(results), time.perf_counter() - started, tuple(problems))


def _begin(plan: Plan, side: Side, connection: Connection) -> tuple[Plan, dict[str, Done]]:
    """Make the journal, and empty the tables that are to be replaced; both are there, or neither."""
    fresh = locked_plan(plan, side, connection)
    journal = _journal(connection)
    _refuse_other_way(journal, plan)
    if plan.options.mode == "replace" and not journal:
        truncate(connection, fresh)
    if plan.options.mode != "append":
        refuse_filled(connection, tuple(t for t in fresh.tables if t.name not in journal))
    connection.commit()
    if plan.options.mode == "replace":
        fresh = replace(fresh, options=replace(fresh.options, mode="empty"))
    return fresh, journal


def _under_way(connection: Connection) -> bool:
    """Return whether the target holds the journal of a transfer that was stopped after it had finished a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (_JOURNAL,))
        (found,) = cursor.fetchone() or (False,)
        if found:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {_JOURNAL})")
            (found,) = cursor.fetchone() or (False,)
    return bool(found)


def _refuse_other_way(journal: dict[str, Done], plan: Plan) -> None:
    """Refuse to go on adding to what began on empty tables, or the other way round."""
    for name, done in journal.items():
        if done.added != (plan.options.mode == "append"):
            way, hint = ("with", "add it") if done.added else ("without", "leave it out")
            raise TransferError(
                f'the transfer that was stopped after "{name}" was one {way} "--append"',
                f"{hint}; or DROP SCHEMA {SCHEMA} CASCADE, and begin another",
            )


def _circles(plan: Plan) -> Iterator[Plan]:
    """Yield a plan for each step, parents first: one of a single table, or of those that wait for each other."""
    by_name = {table.name: table for table in plan.tables}
    for names in groups(tuple(table.target for table in plan.tables)):
        yield replace(plan, tables=tuple(by_name[name] for name in names))


def _journal(connection: Connection) -> dict[str, Done]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.identifier(SCHEMA)}")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {_JOURNAL} (name text PRIMARY KEY, sent numeric[] NOT NULL, "
            "held numeric[] NOT NULL, moved bigint NOT NULL, rejects bigint NOT NULL, added boolean NOT NULL, "
            "done_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute(f"SELECT name, sent, held, moved, rejects, added FROM {_JOURNAL}")
        return {name: Done(_tally(sent), _tally(held), *rest) for name, sent, held, *rest in cursor.fetchall()}


def _tally(numbers: list[int]) -> Tally:
    rows, fingerprint, *nulls = map(int, numbers)
    return Tally(rows, fingerprint, tuple(nulls))


def _numbers(tally: Tally) -> list[int]:
    return [tally.rows, tally.fingerprint, *tally.nulls]


def _move(
    plan: Plan, side: Side, connection: Connection, progress: Progress
) -> tuple[tuple[TableResult, ...], tuple[Reject, ...]]:
    with side.run(plan, connection, progress) as run:
        for rejects in run.rejects.values():
            # An earlier run may have written some, and have been stopped before the table was done.
            rejects.forget()
        results = load_and_compare(run, side)
        for table, result in zip(plan.tables, results, strict=True):
            # Rows that the target refused were not sent, but the source still holds them.
            sent = side.tally(table) if result.rejects else run.sent[table.name]
            line = (table.name, _numbers(sent), _numbers(run.tallies[table.name]), result.rows, result.rejects)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {_JOURNAL} (name, sent, held, moved, rejects, added) "
                    "VALUES (%s, %s::numeric[], %s::numeric[], %s, %s, %s)",
                    (*line, plan.options.mode == "append"),
                )
    return results, run.problems()


def _still_done(connection: Connection, side: Side, table: TablePlan, done: Done, plan: Plan) -> TableResult:
    started = time.perf_counter()
    again = f"empty the target's tables, DROP SCHEMA {SCHEMA} CASCADE, and begin again"
    if plan.options.mode == "append":
        again = f"take its rows out of the target again, DROP SCHEMA {SCHEMA} CASCADE, and begin again"
    if side.tally(table) != done.sent:
        raise TransferError(f'"{table.name}" of the source is not what it was when it was moved', again)
    # Rows may be added to a table in use while a transfer to it stands still; what was added was compared then.
    if plan.options.mode != "append" and tally_target(connection, table) != done.held:
        raise TransferError(f'"{table.name}" of the target is not what it was when it was moved', again)
    return TableResult(table.name, done.moved, time.perf_counter() - started, done.rejects)
