"""What is moved from, and held against: an open SQLite file, or a directory that was cast before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from psycopg2.extensions import connection as Connection

from gatepost.database.reading import reading
from gatepost.transfer.archive import archive
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.compare.fingerprints import Tally, columns_of_source, tally_source
from gatepost.transfer.encode.copy_text import Encoded
from gatepost.transfer.load.copy import Batches, Progress
from gatepost.transfer.plan.planning import make_plan
from gatepost.transfer.run import Run
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Plan, TablePlan


class Side(Protocol):
    """A source as a run and a comparison need it."""

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now."""

    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return a run of a plan."""

    def tally(self, table: TablePlan) -> Tally:
        """Return what the rows are that a cast lets through."""

    def columns(self, table: TablePlan) -> Callable[[], list[int]] | None:
        """Return how to find the columns that differ; None where the source cannot tell."""


class FromFile:
    """An open SQLite file."""

    def __init__(self, source: Source, options: Options) -> None:
        self._source = source
        self._how = TimeOptions.of(options.timezone, options.epoch)

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now."""
        with reading(connection, statement_timeout="0"):
            return make_plan(self._source, connection, options)

    def run(
        self,
        plan: Plan,
        connection: Connection,
        progress: Progress,
        ahead: Callable[[TablePlan], Iterator[Encoded] | None] | None = None,
    ) -> Run:
        """Return a run of a plan; `ahead` yields what other processes cast."""
        return Run(plan, connection, self._read, progress, ahead=ahead)

    def tally(self, table: TablePlan) -> Tally:
        """Return what the rows are that a cast lets through."""
        return tally_source(self._source, table, self._how)

    def columns(self, table: TablePlan) -> Callable[[], list[int]]:
        """Return how to find the columns that differ."""
        return partial(columns_of_source, self._source, table, self._how)

    def _read(self, table: TablePlan) -> Batches:
        return lambda: self._source.batches(table.source, table.read)


class FromDirectory:
    """A directory that `portable.write` made."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now; every file is compared with its checksum."""
        with reading(connection, statement_timeout="0"):
            return archive.plan_portable(self._directory, connection, options)

    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return a run of a plan."""
        read, ahead = partial(archive.read, self._directory), partial(archive.ahead, self._directory)
        return Run(plan, connection, read, progress, archive.Lines, ahead)

    def tally(self, table: TablePlan) -> Tally:
        """Return what the manifest says of a table."""
        return self._promised[table.name]

    def columns(self, table: TablePlan) -> None:
        """Return None: the lines are not taken apart again."""

    @cached_property
    def _promised(self) -> dict[str, Tally]:
        return archive.tallies(self._directory)
