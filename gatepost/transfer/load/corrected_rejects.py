"""Load corrected rejects: read them from their files and add them to the rows that were moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.errors import TransferError
from gatepost.transfer.load.copy import Batches
from gatepost.transfer.load.rejects import read_rows, rejected_columns, rejected_tables
from gatepost.transfer.mapping.values import ColumnMapping, Mapping
from gatepost.transfer.planning.column_casts import with_casts
from gatepost.transfer.planning.columns import reads_server
from gatepost.transfer.planning.make_plan import refuse_weak_role
from gatepost.transfer.planning.new_ids import with_new_ids
from gatepost.transfer.planning.parents_first import order
from gatepost.transfer.planning.target_tables import prepare, read_target, refuse_other_revision
from gatepost.transfer.source.sqlite import BATCH_ROWS, Row
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import ColumnPlan, Options, Plan, TablePlan, TargetTable


def plan_corrected(directory: Path, connection: Connection, options: Options) -> Plan:
    """Return how the rows of a directory of rejects would be added.

    Raises:
        TransferError: there are none, or the target has no such table or column.
    """
    prepare(connection)
    refuse_other_revision(connection, options.expected_revision)
    files = rejected_tables(directory)
    targets = {table.name: table for table in read_target(connection, options.schema)}
    missing = sorted(files.keys() - targets.keys())
    if missing:
        raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
    chosen = tuple(targets[name] for name in files)
    refuse_weak_role(chosen)
    tables = with_casts(tuple(_table(table, files[table.name], options.mapping) for table in chosen), options)
    tables = with_new_ids(tables, options.mapping)
    planned = {table.name: table for table in tables}
    size = sum(path.stat().st_size for path in files.values())
    return Plan(directory, options, tuple(planned[name] for name in order(chosen)), size)


def read_corrected(directory: Path, plan: TablePlan) -> Batches:
    """Return how to read the rejects of one table."""
    path = rejected_tables(directory)[plan.name]
    return lambda: _batches(read_rows(path, plan.read[:-1]))


def _table(target: TargetTable, path: Path, mapping: Mapping | None) -> TablePlan:
    names, rows = rejected_columns(path)
    columns = {column.name: column for column in target.columns}
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise TransferError(f'the target has no column "{target.name}.{unknown[0]}", which "{path}" has')
    source = SourceTable(target.name, tuple(SourceColumn(name, "reject") for name in names), rows, "line")
    # The rows are as the source has them, so what its columns were allowed is allowed again.
    named = mapping.of_target(target.name) if mapping else None
    decided = {c.target: c for c in named.columns} if named else {}
    moved = tuple(
        ColumnPlan(name, "reject", columns[name], one.casts, ids=one.ids, by_server=reads_server(columns[name].type))
        for name in names
        for one in (decided.get(name, ColumnMapping()),)
    )
    # A report names a row by its key, and by the line of the file where it can be fixed.
    key = (*(names.index(name) for name in target.key if name in names), len(names))
    return TablePlan(source, target, moved, (*names, "line"), key)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
