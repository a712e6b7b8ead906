"""All tables of a plan, loaded inside one transaction: emptied, filled, indexed, and their sequences advanced."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.compare.fingerprints import Tally, tally_target
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.encode.copy_text import Encoded
from gatepost.transfer.load.copy import Batches, Encoding, Loading, Progress, refusal
from gatepost.transfer.load.copy_freeze import freezable
from gatepost.transfer.load.deferred_keys import DeferredKeys
from gatepost.transfer.load.duplicates_and_orphans import remove_doubles, remove_orphans, remove_orphans_at_once
from gatepost.transfer.load.indexes_and_keys import Part, Removed, put_back, take_off
from gatepost.transfer.load.rejects import RowsRefused, TableRejects
from gatepost.transfer.load.sequences import settle_sequences
from gatepost.transfer.load.server_types import ServerTypes
from gatepost.transfer.values import Changed, Plan, Reject, TablePlan, TableResult


class Run:
    """What happens inside the transaction; the caller begins, commits and rolls back."""

    def __init__(
        self,
        plan: Plan,
        connection: Connection,
        read: Callable[[TablePlan], Batches],
        progress: Progress,
        encoding: Callable[[TablePlan], Encoding] | None = None,
        ahead: Callable[[TablePlan], Iterator[Encoded] | None] | None = None,
    ) -> None:
        self.plan = plan
        self.connection = connection
        self.read = read
        self.progress = progress
        how = TimeOptions.of(plan.options.timezone, plan.options.epoch)
        self.how = replace(how, server=ServerTypes(connection))
        self.encoding = encoding or (lambda table: encoder_of(table, self.how))
        self.ahead = ahead or (lambda _: None)
        self.rejects = {t.name: TableRejects(t, plan.options.rejects) for t in plan.tables}
        self.frozen: frozenset[str] = frozenset()
        self.sent: dict[str, Tally] = {}
        self.tallies: dict[str, Tally] = {}
        self.changed: dict[str, Changed] = {}
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files of rejects; where nothing was written, there are no rejects either."""
        if error is not None and not self.plan.options.resumable:
            for rejects in self.rejects.values():
                rejects.forget()
        self.close_rejects()

    def close_rejects(self) -> None:
        """Write the rejects to the disk."""
        for rejects in self.rejects.values():
            rejects.close()

    def tables(self) -> tuple[TableResult, ...]:
        """Move every table and check it; return what was done, or refuse.

        Raises:
            RowsRefused: there are rejects, and nobody asked for them to be put aside.
            TransferError: PostgreSQL refuses something, or the two sides are not the same.
        """
        appending = self.plan.options.mode == "append"
        if self.plan.options.mode == "replace":
            truncate(self.connection, self.plan)
        for table in self.plan.tables if appending else ():
            self.tallies[table.name] = tally_target(self.connection, table)
        removed = Removed() if appending else take_off(self.connection, self.plan.tables)
        waiting = DeferredKeys(self.connection, self.plan.tables)
        if appending:
            waiting.defer()
        self.frozen = frozenset() if appending else freezable(self.connection, self.plan.tables)
        for table in self.plan.tables:
            # What the server does behind each table is time in which the next one is cast.
            self._timed(table, self._load)
            for part in removed.indexes:
                if (part.schema, part.table) == (table.target.schema, table.name):
                    self._timed(table, self._index, part)
        self._foreign_keys(removed.foreign_keys)
        if appending:
            self._deferred_keys(waiting)
        self._refuse_rejects()
        for table in self.plan.tables:
            settle_sequences(self.connection, table)
        # With every key on while rows are added, none of those that were sent is taken out again.
        moved = self.sent if appending else self.tallies
        return tuple(
            TableResult(
                t.name, moved[t.name].rows, self.seconds[t.name], self.rejects[t.name].rows, self.changed[t.name]
            )
            for t in self.plan.tables
        )

    def problems(self) -> tuple[Reject, ...]:
        """Return what is wrong with the rejected rows, in the order of the tables."""
        return tuple(problem for table in self.plan.tables for problem in self.rejects[table.name].kept)

    def _timed(self, table: TablePlan, work: Callable[..., None], *arguments: object) -> None:
        started = time.perf_counter()
        work(table, *arguments)
        self.seconds[table.name] = self.seconds.get(table.name, 0.0) + time.perf_counter() - started

    def _load(self, table: TablePlan) -> None:
        encoding, frozen = self.encoding(table), table.name in self.frozen
        loading = Loading(self.connection, encoding, self.progress, self.rejects[table.name], frozen=frozen)
        self.sent[table.name] = loading.load(self.read(table), self.ahead(table))
        self.changed[table.name] = tuple((*key, values) for key, values in sorted(loading.changed.items()))
        self.tallies[table.name] = self.tallies.get(table.name, Tally.of(table)) + self.sent[table.name]

    def _index(self, table: TablePlan, part: Part) -> None:
        error = put_back(self.connection, part)
        if error is None:
            return
        if part.once:
            gone = remove_doubles(self.connection, table, part, self.rejects[table.name])
            self.tallies[table.name] -= gone
            error = put_back(self.connection, part)
        if error is not None:
            raise refusal(table.name, error) from error

    def _foreign_keys(self, parts: tuple[Part, ...]) -> None:
        if not parts or self._all_on(parts) is None:
            return
        off = {(part.table, part.name) for part in parts}
        for name, gone in remove_orphans(self.connection, self.plan.tables, off, self.rejects).items():
            self.tallies[name] -= gone
        error = self._all_on(parts)
        if error is not None:
            raise refusal("foreign keys", error) from error

    def _deferred_keys(self, waiting: DeferredKeys) -> None:
        """Check the foreign keys that had to wait for all rows; rows that violate one are rejects."""
        if waiting.check() is None:
            return
        names = {(table.name, key.name) for table, key in waiting.keys}
        for name, gone in remove_orphans_at_once(self.connection, self.plan.tables, names, self.rejects).items():
            self.tallies[name] -= gone
            self.sent[name] -= gone
        error = waiting.check()
        if error is not None:
            raise refusal("foreign keys", error) from error

    def _all_on(self, parts: tuple[Part, ...]) -> psycopg2.Error | None:
        """Put all foreign keys on, or none."""
        with self.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT gatepost_keys")
            for part in parts:
                started = time.perf_counter()
                error = put_back(self.connection, part)
                self.seconds[part.table] += time.perf_counter() - started
                if error is not None:
                    cursor.execute("ROLLBACK TO SAVEPOINT gatepost_keys; RELEASE SAVEPOINT gatepost_keys")
                    return error
            cursor.execute("RELEASE SAVEPOINT gatepost_keys")
        return None

    def _refuse_rejects(self) -> None:
        rows = sum(rejects.rows for rejects in self.rejects.values())
        if rows and self.plan.options.rejects is None:
            # A table that was done before, in a transfer that can be resumed, stays done.
            written = "nothing of this table was written" if self.plan.options.resumable else "nothing was written"
            stopped = any(rejects.stopped for rejects in self.rejects.values())
            raise RowsRefused(self.problems(), rows, written, stopped=stopped)


def truncate(connection: Connection, plan: Plan) -> None:
    """Remove the rows of all tables of a plan at once, which foreign keys between them allow.

    Raises:
        TransferError: a table that is not in the plan refers to one of them.
    """
    names = ", ".join(sql.qualified(t.target.schema, t.target.name) for t in plan.tables)
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"TRUNCATE {names}")
        except psycopg2.Error as error:
            raise refusal(plan.tables[0].name, error) from error
