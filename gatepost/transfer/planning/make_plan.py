"""Plan a run: pair tables and columns, find casts, and sort parents first. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.compare.server_hash import FAMILIES as BINARY
from gatepost.transfer.compare.server_hash import agrees
from gatepost.transfer.encode.copy_binary import AVAILABLE
from gatepost.transfer.mapping.frameworks import is_django
from gatepost.transfer.mapping.values import Mapping
from gatepost.transfer.planning.column_casts import with_casts
from gatepost.transfer.planning.columns import with_table
from gatepost.transfer.planning.consequences import consequences
from gatepost.transfer.planning.differences import SidesDiffer
from gatepost.transfer.planning.known_names import refuse_unknown_names
from gatepost.transfer.planning.new_ids import inferred, with_new_ids
from gatepost.transfer.planning.pairing import pair
from gatepost.transfer.planning.parents_first import order
from gatepost.transfer.planning.target_tables import filled, prepare, read_target, refuse_other_revision
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Plan, TablePlan, TargetTable


def make_plan(source: Source, connection: Connection, options: Options) -> Plan:
    """Pair an open source with a target, inside a `reading` of it.

    Raises:
        SidesDiffer: a table or column exists on one side only, or a type has no cast.
        TransferError: the role would be subject to row security, the target is at another revision or not empty.
    """
    prepare(connection)
    refuse_other_revision(connection, options.expected_revision)
    plan = paired_plan(source, read_target(connection, options.schema), options, server=True)
    refuse_weak_role(tuple(table.target for table in plan.tables))
    refuse_foreign_sequences(connection, plan.tables)
    planned = _in_binary(connection, plan.tables)
    notes = (*plan.notes, *consequences(connection, planned, source.path.name))
    if not AVAILABLE:
        notes += ("gatepost was installed without a C compiler: a transfer takes nearly twice as long",)
    # A transfer that was stopped left tables with rows; its journal says which.
    if options.mode == "empty" and not options.resumable:
        refuse_filled(connection, planned)
    by_name = {table.name: table for table in planned}
    ordered = tuple(by_name[name] for name in order(tuple(table.target for table in planned)))
    return replace(plan, tables=ordered, notes=notes)


def paired_plan(source: Source, tables: tuple[TargetTable, ...], options: Options, *, server: bool = False) -> Plan:
    """Pair an open source with the tables of a target.

    Args:
        source: The open SQLite file.
        tables: The tables of the target.
        options: What the person asks for.
        server: Whether there is a server that reads the types which have no cast of ours.

    Raises:
        SidesDiffer: a table or column exists on one side only, or a type has no cast.
        TransferError: an option names nothing.
    """
    if options.mapping is not None:
        refuse_unknown_names(options.mapping, source.tables, tables)
    paired = pair(source, tables, options, server=server)
    django = is_django(tuple(table.name for table in source.tables))
    planned = with_casts(paired.tables, options, django=django)
    allowed = {table.name: table for table in planned}
    mapped = (with_table(t, allowed[t.target]) if t.target in allowed else t for t in paired.mapping.tables)
    mapping = Mapping(tuple(mapped), *((given.namespace, given.known) if (given := options.mapping) else ()))
    if given is None:
        mapping = inferred(mapping, planned, source.tables)
    size = source.path.stat().st_size
    plan = Plan(source.path, options, with_new_ids(planned, given), size, paired.notes, mapping=mapping)
    if paired.differences:
        raise SidesDiffer(paired.differences, plan)
    return plan


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


def refuse_foreign_sequences(connection: Connection, tables: tuple[TablePlan, ...]) -> None:
    """Refuse a default that takes a sequence which the role may not move past the loaded values.

    Raises:
        TransferError: there is one.
    """
    used = {sequence: f"{t.name}.{c.name}" for t in tables for c in t.target.columns for sequence in c.counters}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name JOIN pg_class c ON c.oid = name::regclass"
            " WHERE NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1",
            (list(used),),
        )
        for (sequence,) in cursor.fetchall():
            raise TransferError(
                f'the default of "{used[sequence]}" takes "{sequence}", which the connected role does not own',
                f"ALTER SEQUENCE {sequence} OWNER TO {sql.identifier(connection.info.user)};",
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


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
