"""What a run would do: tables paired, columns paired, casts found, parents first. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.binary.encoder import AVAILABLE
from gatepost.transfer.binary.expression import FAMILIES as BINARY
from gatepost.transfer.binary.expression import agrees
from gatepost.transfer.casts.table import FAMILIES, MOMENTS
from gatepost.transfer.source import Source, SourceColumn, SourceTable
from gatepost.transfer.target import filled, prepare, read_target, refuse_other_revision
from gatepost.transfer.values import ColumnPlan, Epoch, Options, Plan, TablePlan, TargetColumn, TargetTable, Type

_OWN_TABLES = frozenset({"alembic_version"})
"""Alembic's stamp says where each database stands; it is never data."""


def make_plan(source: Source, connection: Connection, options: Options) -> Plan:
    """Pair an open source with a target, inside a `reading` of it.

    Raises:
        TransferError: a table or column exists on one side only, a type has no cast, the role would be subject to
            row security, the target is at another revision or not empty.
    """
    prepare(connection)
    refuse_other_revision(connection, options.expected_revision)
    tables = read_target(connection, options.schema)
    planned, notes = pair(source, tables, options)
    refuse_weak_role(tuple(table.target for table in planned))
    planned = _in_binary(connection, planned)
    if not AVAILABLE:
        notes += ("gatepost was installed without a C compiler: a transfer takes nearly twice as long",)
    # A transfer that was stopped left tables with rows; its journal says which.
    if options.mode == "empty" and not options.resumable:
        refuse_filled(connection, planned)
    by_name = {table.name: table for table in planned}
    ordered = tuple(by_name[name] for name in order(tuple(table.target for table in planned)))
    return Plan(source.path, options, ordered, source.path.stat().st_size, notes)


def pair(
    source: Source, tables: tuple[TargetTable, ...], options: Options
) -> tuple[tuple[TablePlan, ...], tuple[str, ...]]:
    """Pair the tables of both sides, in the order of the target's; return them with notes for the reader.

    Raises:
        TransferError: a table or column exists on one side only, or a type has no cast.
    """
    pairs, notes = _pairs(source, tables, options)
    return with_epochs(tuple(pair_columns(found, target, options) for found, target in pairs), options), notes


def lock_and_plan(plan: Plan, source: Source, connection: Connection) -> Plan:
    """Lock the tables of a plan and make it once more: what was printed must still be what will be done.

    Raises:
        TransferError: the target's tables are no longer as planned, or somebody holds a lock for half a minute.
    """
    lock(plan, connection)
    with reading(connection, statement_timeout="0"):
        fresh = make_plan(source, connection, plan.options)
    refuse_changed(plan, fresh)
    return fresh


def refuse_changed(plan: Plan, fresh: Plan) -> None:
    """Refuse a target that is no longer what a plan was made for.

    Raises:
        TransferError: it is another.
    """
    if [t.target for t in fresh.tables] != [t.target for t in plan.tables]:
        raise TransferError("the target's tables have changed since the plan was made", "run the command again")


def lock(plan: Plan, connection: Connection) -> None:
    """Keep everybody else from writing to the tables of a plan until the transaction ends."""
    prepare(connection)
    names = ", ".join(sql.qualified(t.target.schema, t.target.name) for t in plan.tables)
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET LOCAL lock_timeout = '30s'")
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        except psycopg2.Error as error:
            said = error.diag.message_primary or "the connection was lost"
            raise TransferError(f"the target's tables cannot be locked: {said}") from error


def _in_binary(connection: Connection, tables: tuple[TablePlan, ...]) -> tuple[TablePlan, ...]:
    """Let COPY take those tables in its binary format of which every column has one here, if the server agrees."""
    if not AVAILABLE or not agrees(connection):
        return tables
    return tuple(
        replace(table, binary=all(column.target.type.family in BINARY for column in table.columns)) for table in tables
    )


def _pairs(
    source: Source, tables: tuple[TargetTable, ...], options: Options
) -> tuple[list[tuple[SourceTable, TargetTable]], tuple[str, ...]]:
    ignored = {name.lower() for name in options.ignore_tables} | _OWN_TABLES
    wanted = set(options.tables)
    here = {t.name.lower(): t for t in source.tables if t.name.lower() not in ignored}
    there = [t for t in tables if t.name.lower() not in ignored and (not wanted or t.name in wanted)]
    missing = sorted(wanted - {t.name for t in tables})
    if missing:
        raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
    if not there:
        raise TransferError(f'the target has no tables in schema "{options.schema}"', "alembic upgrade head")
    twins = [(a.name, b.name) for a, b in combinations(there, 2) if a.name.lower() == b.name.lower()]
    if twins:
        raise TransferError(
            f'the target has "{twins[0][0]}" and "{twins[0][1]}", which are one name in SQLite', "rename one of them"
        )
    lacking = [t.name for t in there if t.name.lower() not in here]
    if not source.tables:
        raise TransferError(f'"{source.path}" holds no tables', "give the path of the app's own database")
    if lacking:
        found = ", ".join(t.name for t in source.tables)
        raise TransferError(
            f'"{source.path}" has no table "{lacking[0]}"{_and_more(lacking)}; it holds {found}',
            f"--ignore-table {lacking[0]}",
        )
    paired = {t.name.lower() for t in there}
    extra = [t.name for name, t in here.items() if name not in paired]
    if extra and not wanted:
        raise TransferError(
            f'the target has no table "{extra[0]}"{_and_more(extra)}, which the source has',
            f"--ignore-table {extra[0]}",
        )
    notes = tuple(f'table "{name}" of the source is not moved' for name in sorted(extra))
    notes += tuple(f'virtual table "{name}" of the source is not moved' for name in source.passed_over)
    return [(here[t.name.lower()], t) for t in there], notes


def pair_columns(source: SourceTable, target: TargetTable, options: Options) -> TablePlan:
    """Pair the columns of one table, in the order of the target's.

    Raises:
        TransferError: a column exists on one side only, or a type has no cast.
    """
    ignored = {name.lower() for name in options.ignore_columns}
    here = {c.name: c for c in source.columns if f"{target.name}.{c.name}".lower() not in ignored}
    there = [c for c in target.columns if f"{target.name}.{c.name}".lower() not in ignored and not c.generated]
    pairs: list[tuple[SourceColumn, TargetColumn]] = []
    for column in there:
        match = here.get(column.name) or next((c for c in here.values() if c.name.lower() == column.name.lower()), None)
        if match is None:
            raise TransferError(
                f'the source has no column "{target.name}.{column.name}", which the target has',
                f"--ignore-column {target.name}.{column.name}",
            )
        pairs.append((here.pop(match.name), column))
    generated = {c.name.lower() for c in target.columns if c.generated}
    left = [name for name in here if name.lower() not in generated]
    if left:
        raise TransferError(
            f'the target has no column "{target.name}.{left[0]}", which the source has',
            f"--ignore-column {target.name}.{left[0]}",
        )
    for _, column in pairs:
        _refuse_type(target, column)
    columns = tuple(ColumnPlan(found.name, found.declared, column) for found, column in pairs)
    read = (*(column.source for column in columns), *_unmoved_key(source, columns))
    return TablePlan(source, target, columns, read, _key_places(source, columns))


def with_epochs(tables: tuple[TablePlan, ...], options: Options) -> tuple[TablePlan, ...]:
    """Say of each column that the person names what its numbers count.

    Raises:
        TransferError: there is no such column among those that are moved, or it does not hold moments.
    """
    columns = {f"{table.name}.{c.target.name}".lower(): c for table in tables for c in table.columns}
    units: dict[str, Epoch] = {}
    for name, unit in options.epochs:
        column = columns.get(name.lower())
        if column is None:
            near = get_close_matches(name.lower(), columns, 1)
            raise TransferError(
                f'there is no column "{name}" to move', f"--epoch {(near or ['TABLE.COLUMN'])[0]}={unit}"
            )
        kind = column.target.type.element or column.target.type
        if kind.family not in MOMENTS:
            raise TransferError(
                f'"{name}" is of type "{column.target.type.printed}", whose numbers count nothing from 1970 on',
                f"leave --epoch {name}={unit} out",
            )
        units[name.lower()] = unit
    return tuple(
        replace(
            table,
            columns=tuple(replace(c, epoch=units.get(f"{table.name}.{c.target.name}".lower())) for c in table.columns),
        )
        for table in tables
    )


def _key_places(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[int, ...]:
    places = {column.source: place for place, column in enumerate(columns)}
    for number, name in enumerate(_unmoved_key(source, columns)):
        places[name] = len(columns) + number
    return tuple(places[name] for name in source.key or ((source.rowid,) if source.rowid else ()))


def _unmoved_key(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[str, ...]:
    """Return what is read behind the columns only to name a row in a report: a key that is not moved, a row number."""
    moved = {column.source for column in columns}
    return tuple(name for name in source.key if name not in moved) or (
        (source.rowid,) if source.rowid and not source.key else ()
    )


def _refuse_type(target: TargetTable, column: TargetColumn) -> None:
    kind: Type | None = column.type
    while kind is not None and kind.element is not None:
        kind = kind.element
    if kind is None or kind.family not in FAMILIES:
        raise TransferError(
            f'column "{target.name}.{column.name}" is of type "{column.type.printed}", for which there is no cast',
            f"--ignore-column {target.name}.{column.name}",
        )


def refuse_weak_role(tables: tuple[TargetTable, ...]) -> None:
    """Refuse a role from which row security would hide rows, or that may not change the tables.

    Raises:
        TransferError: it is one.
    """
    for table in tables:
        name = f"{table.schema}.{table.name}"
        if table.row_security_active:
            raise TransferError(
                f'row security would apply to the connected role on "{name}"',
                "connect as a role that bypasses it (postgres on Supabase), or, as a superuser: ALTER ROLE … BYPASSRLS",
            )
        if not table.owned:
            raise TransferError(
                f'the connected role does not own "{name}"', "connect as the role that ran the migrations"
            )


def refuse_filled(connection: Connection, tables: tuple[TablePlan, ...]) -> None:
    """Refuse tables that hold rows.

    Raises:
        TransferError: at least one does.
    """
    full = sorted(filled(connection, tuple(t.target for t in tables)))
    if full:
        raise TransferError(
            f'the target table "{full[0]}"{_and_more(full)} is not empty',
            "--append keeps its rows, --replace removes them",
        )


def order(tables: tuple[TargetTable, ...]) -> list[str]:
    """Return names, parents first; where keys go round in a circle, by name, and the keys are checked at the end."""
    names = {(t.schema, t.name) for t in tables}
    parents = {
        t.name: {k.parent for k in t.foreign_keys if (k.parent_schema, k.parent) in names and k.parent != t.name}
        for t in sorted(tables, key=lambda t: t.name)
    }
    try:
        return list(TopologicalSorter(parents).static_order())
    except CycleError:
        return sorted(parents)


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
