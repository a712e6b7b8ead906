"""What a person can ask for: a plan, a run, and each of them in its other forms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as Connection

from gatepost.transfer.archive import archive
from gatepost.transfer.archive.compression import Compression, best
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.load.rejects import RowsRefused
from gatepost.transfer.load.transaction import ending
from gatepost.transfer.parallel.workers import Workers, open_with_workers, start_workers
from gatepost.transfer.pipeline import transfer_at_once
from gatepost.transfer.planning.declared_tables import declared_tables
from gatepost.transfer.planning.make_plan import paired_plan
from gatepost.transfer.resumable import transfer_by_table
from gatepost.transfer.sides import FromDirectory, FromFile, FromRejects, Side, opened
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Plan, TransferResult

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
    chosen = options or Options()
    with ending(connection), opened(source, chosen, connection) as side:
        if check:
            side.refuse_damage()
        return replace(side.plan(connection, chosen), checked=check)


@contextmanager
def processes(source: Path, options: Options) -> Iterator[Workers | None]:
    """Start the processes that a run casts in, if any, so that they are ready when its plan is made.

    Args:
        source: The SQLite file, or a directory that `write` made.
        options: What the person asks for.
    """
    with ExitStack() as stack:
        yield start_workers(stack, source, options)


def run(
    plan: Plan, connection: Connection, *, progress: Progress | None = None, workers: Workers | None = None
) -> TransferResult:
    """Do what a plan says, in one transaction, and commit it.

    Args:
        plan: What `plan()` returned.
        connection: The target, outside of a transaction.
        progress: Called after every batch with the table, its rows done and its rows in all.
        workers: The `processes` for this source; without them, they are started here.

    Raises:
        RowsRefused: rows cannot be moved exactly, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    with ending(connection), ExitStack() as stack:
        if plan.options.resumable:
            side = stack.enter_context(opened(plan.path, plan.options, connection))
            return transfer_by_table(plan, side, connection, progress or _silent)
        side = _with_workers(stack, plan, connection, workers)
        return transfer_at_once(plan, side, connection, progress or _silent)


def plan_write(source: Path, metadata: MetaData, *, options: Options | None = None) -> Plan:
    """Return what `write` would do, without doing any of it.

    Args:
        source: The SQLite file.
        metadata: The tables of the target, as SQLModel or SQLAlchemy declares them.
        options: As for `plan`.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    with Source(source) as read:
        read.quick_check()
        return _planned(read, metadata, options or Options())


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
    with Source(source) as read:
        read.quick_check()
        planned = _planned(read, metadata, chosen)
        archive.make_room(directory)
        FromFile(read, chosen, None).prepare(chosen)
        return archive.write(read, planned, directory, compression or best(), progress or _silent)


def plan_rejects(directory: Path, connection: Connection, *, options: Options | None = None) -> Plan:
    """Return what `run_rejects` would do, without doing any of it.

    Args:
        directory: What `options.rejects` named in the earlier run.
        connection: The target, outside of a transaction.
        options: As for `plan`.

    Raises:
        TransferError: there are no rejects, or the two sides do not fit together.
    """
    with ending(connection):
        return FromRejects(directory).plan(connection, replace(options or Options(), mode="append"))


def run_rejects(
    directory: Path, connection: Connection, *, options: Options | None = None, progress: Progress | None = None
) -> TransferResult:
    """Add the rows that an earlier run put aside, after somebody corrected them; in one transaction.

    Args:
        directory: What `options.rejects` named in the earlier run.
        connection: The target, outside of a transaction.
        options: As for `plan`; the rows are always added to those that are there.
        progress: As for `run`.

    Raises:
        RowsRefused: some cannot be moved even now, and `options.rejects` is not set; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    side = FromRejects(directory)
    with ending(connection):
        planned = side.plan(connection, replace(options or Options(), mode="append"))
        try:
            return transfer_at_once(planned, side, connection, progress or _silent)
        except RowsRefused as refused:
            refused.hint = f'correct the lines in "{directory}", or add --rejects DIR to put these aside again'
            raise


def _with_workers(stack: ExitStack, plan: Plan, connection: Connection, workers: Workers | None) -> Side:
    """Open what a plan is for; beside a file, processes that cast, if any pay."""
    if plan.path.is_dir():
        return FromDirectory(plan.path)  # it was cast before
    if workers is None:
        workers = start_workers(stack, plan.path, plan.options)
    opened_by, source = open_with_workers(stack, plan.path, plan.options, workers)
    return FromFile(source, plan.options, connection, opened_by)


def _planned(source: Source, metadata: MetaData, options: Options) -> Plan:
    return paired_plan(source, declared_tables(metadata, options.schema), options)


def _silent(_table: str, _done: int, _rows: int) -> None:
    """Show no progress."""
