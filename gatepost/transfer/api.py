"""What a person can ask for: a plan, a run, and each of them in its other forms."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.archive import archive
from gatepost.transfer.archive.compression import Compression, best
from gatepost.transfer.compare.fingerprints import compare, refuse_mismatches, tally_target
from gatepost.transfer.inputs import FromDirectory, FromFile
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.load.corrected_rejects import plan_rejects, read_rejects
from gatepost.transfer.load.rejects import RowsRefused, make_directory
from gatepost.transfer.load.transaction import ending
from gatepost.transfer.parallel.workers import open_with_workers
from gatepost.transfer.plan.declared_tables import declared_tables
from gatepost.transfer.plan.pairing import pair
from gatepost.transfer.plan.planning import lock, lock_and_plan, make_plan, refuse_changed, with_epochs
from gatepost.transfer.resumable import execute_resumable, under_way
from gatepost.transfer.run import Run, finish
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Plan, TablePlan, TransferResult

if TYPE_CHECKING:
    from sqlalchemy import MetaData


def plan(source: Path, connection: Connection, *, options: Options | None = None, check: bool = True) -> Plan:
    """Return what a run would do, without doing any of it.

    Args:
        source: The SQLite file, or a directory that `write` made.
        connection: The target, outside of a transaction; it is outside of one again afterwards.
        options: What the person asks for.
        check: Whether every page of the file is read here, to find damage; left out, a run does it beside its work.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    with ending(connection), reading(connection, statement_timeout="0"):
        if source.is_dir():
            return archive.plan_portable(source, connection, options or Options())
        with Source(source) as opened:
            if check:
                opened.quick_check()
            return replace(make_plan(opened, connection, options or Options()), checked=check)


def run(plan: Plan, connection: Connection, *, progress: Progress | None = None) -> TransferResult:
    """Do what a plan says, in one transaction, and commit it.

    Args:
        plan: What `plan()` returned.
        connection: The target, outside of a transaction.
        progress: Told the table, its rows done and its rows in all, for every batch.

    Raises:
        RowsRefused: rows cannot be moved exactly, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    if plan.options.resumable:
        return _run_resumable(plan, connection, progress or _silent)
    if plan.path.is_dir():
        # What it holds was cast before, so there is nothing to spread over processes.
        return _run_portable(plan, connection, progress or _silent)
    started = time.perf_counter()
    with ending(connection), ExitStack() as stack:
        workers, source = open_with_workers(stack, plan.path, plan.options)
        _prepare(plan.options, source)
        fresh = lock_and_plan(plan, source, connection)
        if workers is not None:
            workers.begin(fresh)
        side = FromFile(source, plan.options)
        ahead = workers.encoded if workers is not None else None
        moving = stack.enter_context(side.run(fresh, connection, progress or _silent, ahead))
        with _whole(source, plan):
            tables = moving.tables()
            for table in fresh.tables:
                _refuse_difference(moving, table, side.columns(table))
        return finish(moving, tables, started)


def plan_write(source: Path, metadata: MetaData, *, options: Options | None = None) -> Plan:
    """Return what `write` would do, without doing any of it.

    Args:
        source: The SQLite file.
        metadata: The tables of the target, as SQLModel or SQLAlchemy declares them.
        options: As for `plan`.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    with Source(source) as opened:
        opened.quick_check()
        return _planned(opened, metadata, options or Options())


def write(
    source: Path,
    directory: Path,
    metadata: MetaData,
    *,
    options: Options | None = None,
    compression: Compression | None = None,
    progress: Progress | None = None,
) -> TransferResult:
    """Cast a source into a directory, for a target that cannot be reached from here; `plan` and `run` take it there.

    Args:
        source: The SQLite file.
        directory: Where to; it must be empty or new.
        metadata: The tables of the target, as SQLModel or SQLAlchemy declares them.
        options: As for `plan`.
        compression: How the files are compressed; None is zstd where Python has it, and gzip elsewhere.
        progress: As for `run`.

    Raises:
        RowsRefused: rows cannot be cast exactly, and `options.rejects` is not set; the directory is empty.
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    chosen = options or Options()
    with Source(source) as opened:
        opened.quick_check()
        planned = _planned(opened, metadata, chosen)
        archive.make_room(directory)
        _prepare(chosen, opened)
        return archive.write(opened, planned, directory, compression or best(), progress or _silent)


def plan_mended(directory: Path, connection: Connection, *, options: Options | None = None) -> Plan:
    """Return what `run_rejects` would do, without doing any of it.

    Args:
        directory: What `options.rejects` named in the earlier run.
        connection: The target, outside of a transaction.
        options: As for `plan`.

    Raises:
        TransferError: there are no rejects, or the two sides do not fit together.
    """
    with ending(connection), reading(connection, statement_timeout="0"):
        return plan_rejects(directory, connection, replace(options or Options(), mode="append"))


def run_rejects(
    directory: Path, connection: Connection, *, options: Options | None = None, progress: Progress | None = None
) -> TransferResult:
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
    with ending(connection):
        with reading(connection, statement_timeout="0"):
            planned = plan_rejects(directory, connection, replace(options or Options(), mode="append"))
        lock(planned, connection)
        _make_rejects(planned.options)
        moving = Run(planned, connection, lambda table: read_rejects(directory, table), progress or _silent)
        try:
            with moving:
                tables = moving.tables()
                for table in planned.tables:
                    _refuse_difference(moving, table, None)
                return finish(moving, tables, started)
        except RowsRefused as refused:
            refused.hint = f'mend the lines in "{directory}", or add --rejects DIR to put these aside again'
            raise


def _run_resumable(plan: Plan, connection: Connection, progress: Progress) -> TransferResult:
    if plan.options.parallel:
        raise TransferError(
            '"--resumable" does not go with "--parallel": it commits one table after the other over one connection',
            "choose one of the two",
        )
    with ending(connection), ExitStack() as stack:
        begun = under_way(connection)
        if plan.path.is_dir():
            if not begun:
                _make_rejects(plan.options)
            return execute_resumable(plan, FromDirectory(plan.path), connection, progress)
        source = stack.enter_context(Source(plan.path))
        if not plan.checked:
            # The first table is committed long before the last page would be read beside it.
            source.quick_check()
        if not begun:
            _prepare(plan.options, source)
        elif plan.options.backup is not None and not plan.options.backup.exists():
            source.backup(plan.options.backup)
        return execute_resumable(plan, FromFile(source, plan.options), connection, progress)


def _planned(source: Source, metadata: MetaData, options: Options) -> Plan:
    tables, notes = pair(source, declared_tables(metadata, options.schema), options)
    return Plan(source.path, options, with_epochs(tables, options), source.path.stat().st_size, notes)


def _prepare(options: Options, source: Source) -> None:
    if options.backup is not None:
        source.backup(options.backup)
    _make_rejects(options)


def _run_portable(plan: Plan, connection: Connection, progress: Progress) -> TransferResult:
    started = time.perf_counter()
    with ending(connection):
        _make_rejects(plan.options)
        lock(plan, connection)
        side = FromDirectory(plan.path)
        fresh = side.plan(connection, plan.options)
        refuse_changed(plan, fresh)
        with side.run(fresh, connection, progress) as moving:
            tables = moving.tables()
            for table in fresh.tables:
                if not moving.rejects[table.name].rows:
                    refuse_mismatches(compare(connection, table, side.tally(table), moving.sent[table.name], None))
                _refuse_difference(moving, table, None)
            return finish(moving, tables, started)


def _refuse_difference(moving: Run, table: TablePlan, by_column: Callable[[], list[int]] | None) -> None:
    expected, found = moving.tallies[table.name], tally_target(moving.connection, table)
    refuse_mismatches(compare(moving.connection, table, expected, found, by_column))


def _make_rejects(options: Options) -> None:
    if options.rejects is not None:
        make_directory(options.rejects)


@contextmanager
def _whole(source: Source, plan: Plan) -> Iterator[None]:
    """Look for damage in the file beside what is done meanwhile, unless that was done before.

    Raises:
        TransferError: the file is damaged, whatever else it led to.
    """
    if plan.checked:
        yield
        return
    with ThreadPoolExecutor(1) as pool:
        verdict = pool.submit(source.quick_check)
        try:
            yield
        except TransferError:
            verdict.result()
            raise
        except BaseException:
            source.connection.interrupt()
            raise
        verdict.result()


def _silent(_table: str, _done: int, _rows: int) -> None:
    """Say nothing."""
