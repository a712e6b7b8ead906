"""A transfer in two steps: write a directory where the SQLite file is, and load it where the target is.

The directory has one compressed file per table, in COPY's text format, and a manifest with columns and types, rows,
NULLs, fingerprints, and the checksum of each file. The second step loads nothing that differs from the manifest.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.errors import TransferError
from gatepost.transfer.archive.compression import ENDS, Compression, reading, refuse_unreadable, writing
from gatepost.transfer.archive.manifest import Entry, Manifest, digest, is_ours, read_manifest, write_manifest
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.casts.whole_columns import COLUMN, NULL
from gatepost.transfer.compare.fingerprints import Tally
from gatepost.transfer.encode.copy_text import Encoded, Encoder, fingerprint, shortened
from gatepost.transfer.load.copy import Batches, Progress
from gatepost.transfer.load.rejects import RowsRefused, TableRejects, make_directory, restored
from gatepost.transfer.mapping.values import Way
from gatepost.transfer.masking import shown
from gatepost.transfer.planning.columns import Found, pair_columns
from gatepost.transfer.planning.declared_tables import same_type
from gatepost.transfer.planning.differences import SidesDiffer
from gatepost.transfer.planning.make_plan import refuse_filled, refuse_weak_role
from gatepost.transfer.planning.parents_first import order
from gatepost.transfer.planning.target_tables import prepare, read_target, refuse_other_revision
from gatepost.transfer.source.sqlite import BATCH_ROWS, Row, Source
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import (
    ColumnPlan,
    Options,
    Plan,
    TablePlan,
    TableResult,
    TargetTable,
    TransferResult,
    Type,
)

_CHUNK = 1 << 18
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WRITTEN = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def write(source: Source, plan: Plan, directory: Path, compression: Compression, progress: Progress) -> TransferResult:
    """Write a source to an empty directory; the manifest comes last, so a directory without one is not finished.

    Args:
        source: The open SQLite file.
        plan: The tables and where they go.
        directory: An empty directory.
        compression: How the files are compressed.
        progress: As for a run.

    Returns:
        What was written of each table.

    Raises:
        RowsRefused: there are rejects, and `plan.options.rejects` is not set; the directory is empty again.
    """
    began = time.perf_counter()
    options = plan.options
    how = TimeOptions.of(options.timezone, options.epoch)
    rejects = {table.name: TableRejects(table, options.rejects) for table in plan.tables}
    entries, results = [], []
    try:
        for number, table in enumerate(plan.tables):
            started = time.perf_counter()
            path = directory / f"{number:03d}.copy{ENDS[compression]}"
            aside = rejects[table.name]
            changed: Counter[tuple[str, Way]] = Counter()
            total = _write_table(source, table, path, Encoder(table, how), aside, changed, progress)
            aside.close()
            columns = tuple((column.target.name, column.target.type) for column in table.columns)
            entries.append(Entry(table.name, path.name, digest(path), columns, total))
            counted = tuple((*key, values) for key, values in sorted(changed.items()))
            results.append(TableResult(table.name, total.rows, time.perf_counter() - started, aside.rows, counted))
        problems = tuple(problem for aside in rejects.values() for problem in aside.kept)
        if problems and options.rejects is None:
            raise RowsRefused(problems, sum(result.rejects for result in results))
        write_manifest(directory, Manifest(source.path.name, options.timezone, tuple(entries)))
    except BaseException:
        _clear(directory)
        for aside in rejects.values():
            aside.forget()
        raise
    return TransferResult(tuple(results), time.perf_counter() - began, problems)


def make_room(directory: Path) -> None:
    """Make an empty directory to write to; what a writing that was killed has left there is removed.

    Raises:
        TransferError: there is something else in it.
    """
    if directory.is_dir() and is_ours(directory):
        _clear(directory)
    make_directory(directory, "name a new one for what is written")


def plan_portable(directory: Path, connection: Connection, options: Options) -> Plan:
    """Return how a directory would be loaded.

    Raises:
        TransferError: it is not finished, was changed since, or was made for other tables than the target's.
    """
    manifest = read_manifest(directory)
    if options.timezone != "UTC" or options.epoch or options.casts or options.round_times or options.mapping:
        raise TransferError(
            f'the times of "{directory}" were cast when it was written, in time zone "{manifest.timezone}"',
            "leave --timezone, --epoch, --cast and --mapping out, or write it again with them",
        )
    prepare(connection)
    refuse_other_revision(connection, options.expected_revision)
    targets = {table.name: table for table in read_target(connection, options.schema)}
    missing = [entry.name for entry in manifest.tables if entry.name not in targets]
    if missing:
        raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
    chosen = tuple(targets[entry.name] for entry in manifest.tables)
    refuse_weak_role(chosen)
    planned = {entry.name: _table(directory, targets[entry.name], entry, options) for entry in manifest.tables}
    # A transfer that was stopped left tables with rows; its journal says which.
    if options.mode == "empty" and not options.resumable:
        refuse_filled(connection, tuple(planned.values()))
    size = sum((directory / entry.file).stat().st_size for entry in manifest.tables)
    return Plan(directory, options, tuple(planned[name] for name in order(chosen)), size)


def tallies(directory: Path) -> dict[str, Tally]:
    """Return what the manifest says that each table holds."""
    return {entry.name: entry.tally for entry in read_manifest(directory).tables}


def read(directory: Path, plan: TablePlan) -> Batches:
    """Return how to read one table's lines; each is a row of one value."""
    path = directory / read_manifest(directory).entry(plan.name).file
    return lambda: _batches(path)


def ahead(directory: Path, plan: TablePlan) -> Iterator[Encoded]:
    """Yield one table as COPY reads it, without parsing its rows, because the manifest describes them.

    The checksum of the file was compared before, and what arrives is compared with the manifest afterwards.
    """
    entry = read_manifest(directory).entry(plan.name)
    none = (0,) * len(plan.columns)
    with reading(directory / entry.file) as file:
        while chunk := file.read(_CHUNK):
            yield Encoded(chunk, chunk.count(b"\n"), 0, none)
    yield Encoded(b"", 0, entry.tally.fingerprint, entry.tally.nulls)


class Lines:
    """Passes lines that were cast before on to COPY, in the place of an `Encoder`."""

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan

    def encode(self, batch: list[Row]) -> Encoded:
        """Return the lines as they are, with their tally."""
        rows = [_values(line) for (line,) in batch]
        printed = [COLUMN.join(NULL if value is None else value for value in row).encode() for row in rows]
        nulls = tuple(column.count(None) for column in zip(*rows, strict=True))
        return Encoded(b"".join(line for (line,) in batch), len(batch), fingerprint(printed), nulls)

    def values(self, row: Row) -> Row:
        """Return the values of a row, for a report."""
        return tuple(map(restored, (c.target.type for c in self.plan.columns), _values(row[0])))

    def key(self, row: Row) -> str:
        """Return how a report names a row."""
        values = dict(zip(self.plan.read, _values(row[0]), strict=True))
        return ", ".join(f"{name}={shown(name, shortened(values[name]))}" for name in self.plan.target.key or values)


def _write_table(
    source: Source,
    table: TablePlan,
    path: Path,
    encoder: Encoder,
    rejects: TableRejects,
    changed: Counter[tuple[str, Way]],
    progress: Progress,
) -> Tally:
    total = Tally.of(table)
    with writing(path) as file:
        for batch in source.select(table.source, table.selected):
            encoded = encoder.encode(batch)
            file.write(encoded.data)
            total += Tally(encoded.rows, encoded.fingerprint, encoded.nulls)
            for place, way, values in encoded.changed:
                changed[table.columns[place].target.name, way] += values
            for problems, row in encoded.rejects:
                rejects.add(problems, row)
            progress(table.name, total.rows + rejects.rows, table.source.rows)
    return total


def _clear(directory: Path) -> None:
    if is_ours(directory):
        for path in directory.iterdir():
            path.unlink()


def _table(directory: Path, target: TargetTable, entry: Entry, options: Options) -> TablePlan:
    path = directory / entry.file
    refuse_unreadable(path)
    if not path.exists():
        raise TransferError(f'"{path}" is missing, which the manifest names', "copy or write it again")
    if digest(path) != entry.sha256:
        raise TransferError(f'"{path}" is not the file that the manifest describes', "copy or write it again")
    types = dict(entry.columns)
    source = SourceTable(target.name, tuple(SourceColumn(n, t.printed) for n, t in types.items()), entry.tally.rows, "")
    values = dict(zip(types, (entry.tally.rows - nulls for nulls in entry.tally.nulls), strict=True))
    found = Found()
    planned = pair_columns(source, target, options, values.__getitem__, found).columns
    if found.differences:
        raise SidesDiffer(tuple(found.differences))
    by_name = {column.source: column for column in planned}
    left = [name for name in types if name not in by_name]
    if left:
        raise TransferError(
            f'"{path}" holds the column "{left[0]}", which is not to be moved', "write it again without"
        )
    for column in planned:
        _refuse_type(target, column, types[column.source])
    # The order of the columns is that of the file.
    return TablePlan(source, target, tuple(by_name[name] for name in types), tuple(types), ())


def _refuse_type(target: TargetTable, column: ColumnPlan, written: Type) -> None:
    if not same_type(written, column.target.type):
        raise TransferError(
            f'"{target.name}.{column.source}" was written for type "{written.printed}", '
            f'and the target has "{column.target.type.printed}"',
            "write the directory again with the models of the target's revision",
        )


def _batches(path: Path) -> Iterator[list[Row]]:
    with reading(path) as file:
        batch: list[Row] = []
        for line in file:
            batch.append((line,))
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch


def _values(line: bytes) -> tuple[str | None, ...]:
    texts = line[:-1].decode().split("\t")
    if b"\\" not in line:
        return tuple(texts)
    return tuple(None if text == "\\N" else _ESCAPE.sub(lambda found: _WRITTEN[found[1]], text) for text in texts)
