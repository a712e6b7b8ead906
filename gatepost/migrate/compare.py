"""The autogenerate comparator: the catalog is read once, and PostgreSQL prints all that was declared in one go."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, ReversibleOp

from gatepost import sql
from gatepost.canonical import Shape, live_shapes, print_policies
from gatepost.database.connect import raw
from gatepost.declaration import Declaration
from gatepost.diff import (
    Change,
    TableGrants,
    TableRowSecurity,
    TableState,
    declared_state,
    diff,
    live_state,
    managed_roles,
    removal,
)
from gatepost.errors import DeclarationError, MigrationError
from gatepost.migrate.entities import entity
from gatepost.migrate.order import Coming, coming, ordered
from gatepost.reflect import read
from gatepost.schema import Policy, RowSecurity, Schema, is_platform

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import MetaData, Table

log = logging.getLogger("gatepost.migrate")


def compare(context: AutogenContext, upgrade_ops: ops.UpgradeOps, declaration: Declaration) -> None:
    """Append what is missing to the operations that Alembic and alembic-utils found, in an order that can be run.

    Args:
        context: Alembic's; its connection is left as it was.
        upgrade_ops: The operations so far; the comparator must be the last one.
        declaration: What `policies/` says.

    Raises:
        DeclarationError: a table of the models has no statement.
        ExpressionError: PostgreSQL refuses an expression.
        MigrationError: a role that a rule names is not there.
    """
    assert context.connection is not None  # noqa: S101  there is no autogenerate without a connection
    if context.connection.dialect.name != "postgresql":
        log.warning("SQLite has no row security: policies and grants are not compared")
        return
    metadata = _metadata(context)
    _refuse_unprotected(metadata, declaration)
    with raw(context.connection).cursor() as cursor:
        live = read(cursor)
        upgrade_ops.ops = [op for op in upgrade_ops.ops if not _drops_an_extension(op, live)]
        changed = coming(upgrade_ops)
        _refuse_missing_roles(declaration, live)
        shapes = live_shapes(live) | _coming_shapes(metadata, live, changed)
        with _CreatedAhead(cursor, upgrade_ops):
            printed = print_policies(
                cursor, (policy for table in declaration for policy in table.policies), shapes, live.search_path
            )
        depending = _depending_policies(cursor, changed)
    changes = _changes(declaration, printed, live, changed, context)
    known = {table.key for table in declaration} | {_key(table) for table in _tables(metadata)}
    _report_undeclared(live, known | changed.dropped | {_version_table(context)})
    upgrade_ops.ops = ordered(upgrade_ops.ops, changes, depending, changed, _operation)


def _drops_an_extension(op: ops.MigrateOperation, live: Schema) -> bool:
    """Tell whether Alembic proposes to drop a table that an extension brought, such as `spatial_ref_sys`."""
    if not isinstance(op, ops.DropTableOp):
        return False
    table = live.table(op.schema or "public", op.table_name)
    return table is not None and table.extension is not None


def _metadata(context: AutogenContext) -> list[MetaData]:
    found = context.metadata
    return list(found) if isinstance(found, list | tuple) else [found]  # type: ignore[list-item]


def _tables(metadata: Iterable[MetaData]) -> list[Table]:
    return [table for one in metadata for table in one.tables.values()]


def _key(table: Table) -> tuple[str, str]:
    return (table.schema or "public", table.name)


def _refuse_unprotected(metadata: list[MetaData], declaration: Declaration) -> None:
    silent = sorted(
        ".".join(_key(table))
        for table in _tables(metadata)
        if not is_platform(table.schema or "public") and not declaration.table(*_key(table))
    )
    if silent:
        raise DeclarationError(
            f'nobody protected "{silent[0]}"' + (f" and {len(silent) - 1} more tables" if silent[1:] else ""),
            f"protect(…)  # in policies/, for the model of {', '.join(silent)}",
        )


def _refuse_missing_roles(declaration: Declaration, live: Schema) -> None:
    for role in sorted(declaration.roles - {"public"}):
        if not live.has_role(role):
            raise MigrationError(
                f'the role "{role}" is not on this server',
                "gatepost local bootstrap --url URL"
                if role in ("anon", "authenticated", "service_role")
                else f"CREATE ROLE {sql.identifier(role)} NOLOGIN; GRANT {sql.identifier(role)} TO authenticator",
            )


def _coming_shapes(metadata: list[MetaData], live: Schema, changed: Coming) -> dict[tuple[str, str], Shape]:
    """Return the shape of the models' tables that the database does not hold, or not with these columns."""
    from sqlalchemy.dialects import postgresql

    shapes = {}
    for table in _tables(metadata):
        key = _key(table)
        there = live.table(*key)
        names = {column.name for column in there.columns} if there is not None else set()
        if there is None or key in changed.altered or set(table.columns.keys()) - names:
            columns = ((c.name, c.type.compile(postgresql.dialect())) for c in table.columns)  # type: ignore[no-untyped-call]
            shapes[key] = Shape(*key, tuple(columns), live=False)
    return shapes


class _CreatedAhead:
    """The functions and views that alembic-utils is about to create are there while the policies are printed."""

    def __init__(self, cursor: Cursor, upgrade_ops: ops.UpgradeOps) -> None:
        self.cursor = cursor
        self.entities = [op.target for op in upgrade_ops.ops if isinstance(op, CreateOp | ReplaceOp)]

    def __enter__(self) -> None:
        from psycopg2 import Error

        self.cursor.execute("SAVEPOINT gatepost_functions; SET LOCAL check_function_bodies = off")
        for found in self.entities:
            self.cursor.execute("SAVEPOINT gatepost_function")
            try:
                for statement in found.to_sql_statement_create_or_replace():
                    self.cursor.execute(statement.text.replace("\\:", ":"))
            except Error as error:
                # It may refer to a table of the same revision; a policy that needs it will say so by name.
                log.debug("%s cannot be made ahead of its revision: %s", found.identity, error)
                self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_function")
            self.cursor.execute("RELEASE SAVEPOINT gatepost_function")

    def __exit__(self, *_error: object) -> None:
        self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_functions; RELEASE SAVEPOINT gatepost_functions")


_DEPENDING = """
SELECT n.nspname, c.relname, p.polname
  FROM unnest(%s::text[], %s::text[], %s::text[]) wanted(schema, name, attribute)
  JOIN pg_namespace wn ON wn.nspname = wanted.schema
  JOIN pg_class wc ON wc.relnamespace = wn.oid AND wc.relname = wanted.name
  JOIN pg_attribute a ON a.attrelid = wc.oid AND a.attname = wanted.attribute
  JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
                  AND d.refobjid = wc.oid AND d.refobjsubid = a.attnum
  JOIN pg_policy p ON p.oid = d.objid
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
"""


def _depending_policies(cursor: Cursor, changed: Coming) -> frozenset[tuple[str, str, str]]:
    """Return the live policies that hold a column which is altered or dropped: PostgreSQL refuses that."""
    columns = sorted(changed.columns)
    if not columns:
        return frozenset()
    cursor.execute(_DEPENDING, tuple(list(part) for part in zip(*columns, strict=True)))
    return frozenset((schema, table, name) for schema, table, name in cursor.fetchall())


def _changes(
    declaration: Declaration, printed: dict[Policy, Policy], live: Schema, changed: Coming, context: AutogenContext
) -> list[Change]:
    roles = managed_roles(declaration, live)
    changes: list[Change] = []
    for table in declaration:
        there = live.table(table.schema, table.name)
        before = live_state(there, live, roles) if there is not None and table.key not in changed.dropped else None
        changes += diff(declared_state(table, printed, live), before)
    for key in sorted(changed.dropped):
        gone = live.table(*key)
        if gone is not None:
            changes += removal(live_state(gone, live, roles))
    version = _version_table(context)
    there = live.table(*version)
    if there is not None and not is_platform(version[0]):
        changes += diff(version_state(*version), live_state(there, live, roles))
    return changes


def _version_table(context: AutogenContext) -> tuple[str, str]:
    assert context.migration_context is not None  # noqa: S101  there is no autogenerate without one
    return (context.migration_context.version_table_schema or "public", context.migration_context.version_table)


def version_state(schema: str, table: str) -> TableState:
    """Return what Alembic's own table must be: closed to the API, and open to its owner, who may not bypass."""
    return TableState(
        TableRowSecurity(schema, table, RowSecurity(enabled=True, forced=False)), TableGrants(schema, table), ()
    )


def _report_undeclared(live: Schema, known: Set[tuple[str, str]]) -> None:
    for table in live.tables:
        if table.row_security.enabled and not is_platform(table.schema) and table.key not in known:
            log.warning('row security is on for "%s", which nobody declared; it is left as it is', table)


def _operation(change: Change) -> ReversibleOp:
    """Return alembic-utils' operation for a step; its reverse holds what was there before."""
    made = entity(change.subject)
    if change.kind == "create":
        return CreateOp(made)
    if change.kind == "drop":
        return DropOp(made)
    assert change.before is not None  # noqa: S101  a replacement has two sides
    made._version_to_replace = entity(change.before)  # what alembic-utils writes into the downgrade
    return ReplaceOp(made)
