"""Plan a run: pair tables and columns, find casts, and sort parents first. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.casts.registry import MOMENTS
from gatepost.transfer.compare.server_hash import FAMILIES as BINARY
from gatepost.transfer.compare.server_hash import agrees
from gatepost.transfer.encode.copy_binary import AVAILABLE
from gatepost.transfer.planning.pairing import pair
from gatepost.transfer.planning.target_tables import filled, prepare, read_target, refuse_other_revision
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Epoch, Options, Plan, TablePlan, TargetTable


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
    planned = with_epochs(planned, options)
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


def refuse_changed(plan: Plan, fresh: Plan) -> None:
    """Refuse a target that has changed since the plan was made.

    Raises:
        TransferError: it has changed.
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
    """Choose COPY's binary format for tables whose columns all have one here, if the server's hashes agree."""
    if not AVAILABLE or not agrees(connection):
        return tables
    return tuple(
        replace(table, binary=all(column.target.type.family in BINARY for column in table.columns)) for table in tables
    )


def with_epochs(tables: tuple[TablePlan, ...], options: Options) -> tuple[TablePlan, ...]:
    """Set the unit of the numbers of each column that an option names.

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
                f'there is no column "{name}" to move',
                f'Did you mean "{near[0]}"?' if near else f"--epoch TABLE.COLUMN={unit}",
            )
        kind = column.target.type.element or column.target.type
        if kind.family not in MOMENTS:
            raise TransferError(
                f'"{name}" is of type "{column.target.type.printed}", whose numbers do not count from 1970',
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
    """Refuse tables that contain rows.

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
    """Return names, parents first; in a circle of keys, by name, and the keys are checked at the end."""
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
