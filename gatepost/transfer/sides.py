"""The side that rows come from: an open SQLite file, a directory that was cast before, or corrected rejects."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.archive import archive
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.compare.fingerprints import Tally, columns_of_source, tally_source
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.encode.copy_text import Encoded
from gatepost.transfer.load.all_tables import Run
from gatepost.transfer.load.copy import Batches, Progress
from gatepost.transfer.load.corrected_rejects import plan_corrected, read_corrected
from gatepost.transfer.load.rejects import make_directory
from gatepost.transfer.load.server_types import ServerTypes
from gatepost.transfer.planning.make_plan import make_plan
from gatepost.transfer.row_checks import RowChecks, unique_keys
from gatepost.transfer.source.broken_keys import more_than_once, without_parent
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Plan, Reject, TablePlan

if TYPE_CHECKING:
    from gatepost.transfer.parallel.workers import Workers


_TWICE = "is there already, and the key allows it once"


class Side(ABC):
    """A source as the pipeline needs it."""

    @abstractmethod
    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now."""

    @abstractmethod
    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return what loads the tables of a plan."""

    @abstractmethod
    def tally(self, table: TablePlan) -> Tally:
        """Return the tally of the rows that a cast accepts."""

    def rejects(self, table: TablePlan) -> Iterator[tuple[int, tuple[Reject, ...]]]:
        """Yield the rows of each batch, and what is wrong with those that cannot be moved."""
        raise TransferError(f'the values of "{table.name}" were cast before', "leave --scan out")

    def broken_keys(self, _plan: Plan) -> Iterator[tuple[TablePlan, tuple[str, ...], str, int]]:
        """Yield the keys that rows violate: the table, the columns, what is wrong, and in how many rows."""
        yield from ()

    def promised(self, _table: TablePlan) -> Tally | None:
        """Return the tally that is known before a row is read, or None."""
        return None

    def columns(self, _table: TablePlan) -> Callable[[], list[int]] | None:
        """Return a function that finds the columns that differ, or None where the source cannot say."""
        return None

    def prepare(self, options: Options, *, resumed: bool = False) -> None:
        """Make what a transfer needs beside the target: the directory of the rejects.

        Args:
            options: What the person asks for.
            resumed: Whether an earlier run of the same transfer did it already.
        """
        if options.rejects is not None and not (resumed and options.rejects.is_dir()):
            make_directory(options.rejects)

    def refuse_damage(self) -> None:  # noqa: B027  a source that is read whole needs no look before
        """Refuse a source that is damaged, where a look at it can show that."""

    def intact(self, _plan: Plan) -> AbstractContextManager[None]:
        """Look for damage beside what is done inside, where the plan was made without."""
        return nullcontext()


class FromFile(Side):
    """An open SQLite file, and the processes that cast its rows, if any."""

    def __init__(
        self, source: Source, options: Options, connection: Connection | None, workers: Workers | None = None
    ) -> None:
        self._source = source
        self._connection = connection
        how = TimeOptions.of(options.timezone, options.epoch)
        self._how = replace(how, server=ServerTypes(connection)) if connection is not None else how
        self._workers = workers

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now."""
        with reading(connection, statement_timeout="0"):
            return make_plan(self._source, connection, options)

    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return what loads the tables of a plan; the processes begin to cast."""
        if self._workers is not None:
            self._workers.begin(plan)
        return Run(plan, connection, self._read, progress, ahead=self._ahead)

    def tally(self, table: TablePlan) -> Tally:
        """Return the tally of the rows that a cast accepts; the whole table is read."""
        return tally_source(self._source, table, self._how)

    def rejects(self, table: TablePlan) -> Iterator[tuple[int, tuple[Reject, ...]]]:
        """Yield the rows of each batch, and what is wrong with those that cannot be moved."""
        encoder = encoder_of(table, self._how)
        checks = RowChecks(self._connection, table, encoder) if self._connection is not None else None
        for batch in self._source.select(table.source, table.selected):
            found = [one for problems, _ in encoder.encode(batch).rejects for one in problems]
            yield len(batch), (*found, *(checks.violations(batch) if checks is not None else ()))

    def broken_keys(self, plan: Plan) -> Iterator[tuple[TablePlan, tuple[str, ...], str, int]]:
        """Yield the keys that rows violate: the table, the columns, what is wrong, and in how many rows."""
        tables = {(table.target.schema, table.name): table for table in plan.tables}
        for table in plan.tables:
            unique = unique_keys(self._connection, table) if self._connection is not None else ()
            for columns in (table.target.key, *unique):
                own = moved_from(table, columns)
                if own and own != table.source.key:
                    yield table, columns, _TWICE, more_than_once(self._source, table.source.name, own)
            for key in table.target.foreign_keys:
                parent = tables.get((key.parent_schema, key.parent))
                here = moved_from(table, key.columns)
                there = moved_from(parent, key.parent_columns) if parent is not None else ()
                if parent is not None and here and there:
                    missing = without_parent(self._source, table.source.name, here, parent.source.name, there)
                    yield table, key.columns, f'has no row in "{table.target.parent(key)}"', missing

    def columns(self, table: TablePlan) -> Callable[[], list[int]]:
        """Return a function that finds the columns that differ."""
        return partial(columns_of_source, self._source, table, self._how)

    def prepare(self, options: Options, *, resumed: bool = False) -> None:
        """Copy the file where that is asked for, and make the directory of the rejects."""
        if options.backup is not None and not (resumed and options.backup.exists()):
            self._source.backup(options.backup)
        super().prepare(options, resumed=resumed)

    def refuse_damage(self) -> None:
        """Read every page of the file.

        Raises:
            TransferError: the file is damaged.
        """
        self._source.quick_check()

    @contextmanager
    def intact(self, plan: Plan) -> Iterator[None]:
        """Read every page of the file beside what is done inside, unless the plan was made after that.

        Where another process casts, that is done when it has cast everything: until then both processors are busy.

        Raises:
            TransferError: the file is damaged, whatever else it led to.
        """
        if plan.checked:
            yield
            return
        cast = self._workers.all_cast if self._workers is not None else threading.Event()
        if self._workers is None:
            cast.set()
        given_up = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            verdict = pool.submit(self._refuse_damage_after, cast, given_up)
            try:
                yield
            except TransferError:
                cast.set()
                verdict.result()
                raise
            except BaseException:
                given_up.set()
                cast.set()
                self._source.connection.interrupt()
                raise
            cast.set()
            verdict.result()

    def _refuse_damage_after(self, event: threading.Event, given_up: threading.Event) -> None:
        event.wait()
        if not given_up.is_set():
            self.refuse_damage()

    def _ahead(self, table: TablePlan) -> Iterator[Encoded] | None:
        return None if self._workers is None or table.asks_server else self._workers.encoded(table)

    def _read(self, table: TablePlan) -> Batches:
        return lambda: self._source.select(table.source, table.selected)


class FromDirectory(Side):
    """A directory that `archive.write` made."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now; every file is compared with its checksum."""
        with reading(connection, statement_timeout="0"):
            return archive.plan_portable(self._directory, connection, options)

    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return what loads the tables of a plan."""
        read, ahead = partial(archive.read, self._directory), partial(archive.ahead, self._directory)
        return Run(plan, connection, read, progress, archive.Lines, ahead)

    def tally(self, table: TablePlan) -> Tally:
        """Return the tally in the manifest."""
        return self._manifest[table.name]

    def rejects(self, table: TablePlan) -> Iterator[tuple[int, tuple[Reject, ...]]]:
        """Yield the rows of each batch, and what is wrong with those that cannot be moved."""
        raise TransferError(f'the values of "{table.name}" were cast before', "leave --scan out")

    def promised(self, table: TablePlan) -> Tally:
        """Return the tally in the manifest."""
        return self._manifest[table.name]

    @cached_property
    def _manifest(self) -> dict[str, Tally]:
        return archive.tallies(self._directory)


class FromRejects(Side):
    """A directory of rejects, in which somebody corrected the rows."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def plan(self, connection: Connection, options: Options) -> Plan:
        """Return the plan as it is now."""
        with reading(connection, statement_timeout="0"):
            return plan_corrected(self._directory, connection, options)

    def run(self, plan: Plan, connection: Connection, progress: Progress) -> Run:
        """Return what loads the tables of a plan."""
        return Run(plan, connection, partial(read_corrected, self._directory), progress)

    def tally(self, table: TablePlan) -> Tally:
        """Refuse: rows that are corrected by hand are cast once, while they are loaded."""
        raise TransferError(f'the rejects of "{table.name}" cannot be compared with the target afterwards')


def moved_from(table: TablePlan, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of the source that become these; none where one of them is computed or not moved."""
    sources = {column.target.name: column.source for column in table.columns if not column.computed}
    return tuple(sources[name] for name in columns) if sources.keys() >= set(columns) else ()


@contextmanager
def opened(path: Path, options: Options, connection: Connection) -> Iterator[Side]:
    """Open a SQLite file, or a directory that `archive.write` made; the connection is the target's."""
    if path.is_dir():
        yield FromDirectory(path)
        return
    with Source(path) as source:
        yield FromFile(source, options, connection)
