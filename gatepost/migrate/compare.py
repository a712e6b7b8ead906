"""The autogenerate comparator: read the catalog once, let PostgreSQL print the declaration, and add the changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING

from alembic.operations import ops

from gatepost import sql
from gatepost.canonical import live_shapes, print_policies
from gatepost.database.connect import raw
from gatepost.database.reading import reading
from gatepost.declare.declaration import Declaration
from gatepost.diff import declared_state, live_state, managed_roles, version_state
from gatepost.errors import DeclarationError, MigrationError
from gatepost.migrate.blocking_policies import held, steps
from gatepost.migrate.column_casts import with_casts
from gatepost.migrate.deploy.declared_roles import missing_role
from gatepost.migrate.history import PolicyKey, platform_policies
from gatepost.migrate.named_types import new_names, shapes_of_longer
from gatepost.migrate.partitions import closing
from gatepost.migrate.pending_changes import (
    Coming,
    ahead,
    coming,
    coming_shapes,
    functions_that_read_tables,
)
from gatepost.migrate.revision.operations import operation
from gatepost.migrate.revision.order import ordered
from gatepost.migrate.revision.sentences import sentence
from gatepost.migrate.revision.steps import Step, drop, removal_steps, table_steps
from gatepost.migrate.routines.callers import refuse_calls
from gatepost.migrate.routines.comparing import compare_functions, in_place
from gatepost.migrate.routines.declared import Function
from gatepost.migrate.routines.mapped_views import mapped_views, without_views
from gatepost.migrate.routines.planning import Routines, plan, without_extensions
from gatepost.migrate.unprotected import unprotected
from gatepost.reflect import read
from gatepost.schema import Policy, Schema, is_platform

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.script import ScriptDirectory
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import MetaData, Table

log = logging.getLogger("gatepost.migrate")
detected = logging.getLogger("alembic.autogenerate.gatepost")
"""Where Alembic says what it detected; a project that shows that shows ours too."""


def compare(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: Iterable[str | None],
    declaration: Declaration,
    entities: Iterable[ReplaceableEntity] | None,
    script: ScriptDirectory,
) -> None:
    """Append what is missing to the operations that Alembic found, in an order that can be run.

    Args:
        context: Alembic's; its connection is left as it was.
        upgrade_ops: The operations so far; the comparator must be the last one.
        schemas: The schemas that Alembic compares.
        declaration: What `policies/` says.
        entities: The functions, views and triggers of the project; see `gatepost.migrate.env.run`.
        script: The revisions, which say what is ours on tables of the platform.

    Raises:
        DeclarationError: a table of the models has no statement, or a statement no table.
        ExpressionError: PostgreSQL refuses an expression.
        MigrationError: a role that a rule names, or a table of the platform, is not there; or something that is
            dropped is used by a policy that nobody declared.
    """
    assert context.connection is not None  # noqa: S101  there is no autogenerate without a connection
    if context.connection.dialect.name != "postgresql":
        log.warning("SQLite has no row security: policies and grants are not compared")
        return
    tables = _tables(context, {table.key for table in declaration})
    with raw(context.connection).cursor() as cursor:
        live = read(cursor, doors=False)
        _refuse_unsayable(tables, declaration, live)
        upgrade_ops.ops = [op for op in upgrade_ops.ops if not _drops_an_extension(op, live)]
        views = mapped_views(cursor, declaration, live, entities or ())
        without_views(upgrade_ops, views)
        tables = [table for table in tables if _key(table) not in views]
        declaration = Declaration(tuple(table for table in declaration if table.key not in views))
        changed = coming(upgrade_ops)
        names = new_names(cursor, tables, live, changed)
        if changed.retyped_columns:
            with in_place(cursor, (), names.new, names.schemas):
                upgrade_ops.ops = with_casts(cursor, upgrade_ops.ops, live)
        shapes = shapes_of_longer(live, names.longer) | coming_shapes(tables, live, changed)
        routines = Routines()
        if entities is not None or views:
            new = [shape for key, shape in shapes.items() if live.table(*key) is None]
            with in_place(cursor, new, names.new, names.schemas):
                if entities is not None:
                    compare_functions(context, upgrade_ops, schemas, entities)
                    without_extensions(cursor, upgrade_ops)
                routines = plan(cursor, upgrade_ops, entities or (), views, managed_roles(declaration, live))
            changed = coming(upgrade_ops)
        printed = print_policies(
            cursor,
            (policy for table in declaration for policy in table.policies),
            live_shapes(live) | shapes,
            live.search_path,
            ahead((*names.new, *names.longer), changed, routines.aside),
            {policy for table in live.tables for policy in table.policies},
        )
        late_functions = functions_that_read_tables(cursor, changed)
        holding = {**held(cursor, changed), **routines.holding}
        mine = _usable_roles(cursor)
    refuse_calls(printed, routines.gone, (entity for entity in entities or () if isinstance(entity, Function)))
    version = _version_table(context)
    found = _steps(declaration, printed, live, changed, version)
    found += _removed_from_platform(declaration, live, platform_policies(script))
    _refuse_tables_of_others(found, live, mine)
    for step in (*found, *routines.first, *routines.last):
        # Alembic itself says so of a new table.
        if step.way == "both":
            detected.info("Detected: %s", sentence(step))
    around = steps(found, live, changed, holding, set(printed.values()))
    first, last = around.first + routines.first, around.last + routines.last
    sorted_ops = ordered(upgrade_ops.ops, first, last, late_functions, operation, routines.recreated)
    upgrade_ops.ops = names.operations() + sorted_ops + closing(declaration, live)
    _report_undeclared(live, {*map(_key, tables), *changed.dropped, version})


def _drops_an_extension(op: ops.MigrateOperation, live: Schema) -> bool:
    """Return whether Alembic proposes to drop a table of an extension, such as `spatial_ref_sys`."""
    if not isinstance(op, ops.DropTableOp):
        return False
    table = live.table(op.schema or "public", op.table_name)
    return table is not None and table.extension is not None


def _tables(context: AutogenContext, declared: Set[tuple[str, str]]) -> list[Table]:
    """Return the tables of the models, without those that `include_object` leaves out and nobody protected."""
    given = context.metadata
    every: Iterable[MetaData] = given if isinstance(given, list | tuple) else [given]  # type: ignore[list-item]
    found = [table for one in every for table in one.tables.values()]
    return [
        table
        for table in found
        if _key(table) in declared or context.run_object_filters(table, table.name, "table", False, None)
    ]


def _key(table: Table) -> tuple[str, str]:
    return (table.schema or "public", table.name)


def _refuse_unsayable(tables: list[Table], declaration: Declaration, live: Schema) -> None:
    """Refuse models and statements that do not match each other or the server."""
    models = {_key(table): table for table in tables}
    declared = {table.key for table in declaration}
    silent = [models[key] for key in sorted(models.keys() - declared) if not is_platform(key[0])]
    if silent and not declaration.partial:
        raise unprotected(silent)
    for table in declaration:
        if not table.platform and table.key not in models:
            raise DeclarationError(
                f'{table.place}: "{table}" is protected, and it is not in the metadata that Alembic was given',
                "pass the metadata of that model to run(…), or remove the statement",
            )
        if table.platform and live.table(*table.key) is None:
            raise MigrationError(
                f'{table.place}: the table "{table}" of the platform is not in this database',
                "gatepost local bootstrap --url URL",
            )
    for role in sorted(declaration.roles - {"public"}):
        if not live.has_role(role):
            raise missing_role(role)


def _usable_roles(cursor: Cursor) -> dict[str, bool]:
    """Return every role with whether whoever migrates has its privileges; the own one is first."""
    with reading(cursor.connection) as found:
        found.cursor.execute(
            "SELECT r.rolname, pg_has_role(current_user, r.oid, 'USAGE') FROM pg_roles r"
            " ORDER BY r.rolname <> current_user"
        )
        return dict(found.cursor.fetchall())


def _refuse_tables_of_others(found: Iterable[Step], live: Schema, mine: Mapping[str, bool]) -> None:
    """Refuse steps on a table that belongs to a role whose privileges whoever migrates does not have."""
    for step in found:
        there = live.table(*step.table)
        if there is not None and not is_platform(there.schema) and not mine.get(there.owner, False):
            me = next(iter(mine))
            raise MigrationError(
                f'the table "{there}" belongs to "{there.owner}", and "{me}", who migrates, may not protect it',
                f"ALTER TABLE {sql.qualified(there.schema, there.name)} OWNER TO {sql.identifier(me)}"
                f"  -- as {there.owner}",
            )


def _steps(
    declaration: Declaration,
    printed: dict[Policy, Policy],
    live: Schema,
    changed: Coming,
    version: tuple[str, str],
) -> list[Step]:
    roles = managed_roles(declaration, live)
    steps: list[Step] = []
    for table in declaration:
        there = live.table(*table.key)
        before = live_state(there, live, roles) if there is not None else None
        steps += table_steps(declared_state(table, printed, live), before, live.server_version)
    for gone in (live.table(*key) for key in sorted(changed.dropped)):
        if gone is not None:
            # The table is no longer declared, so every grantee counts, and the downgrade restores all of them.
            everybody = frozenset(grant.grantee for grant in gone.grants)
            steps += removal_steps(live_state(gone, live, everybody | roles), live.server_version)
    there = live.table(*version)
    if there is not None and not is_platform(version[0]):
        known = table_steps(version_state(*version), live_state(there, live, roles), live.server_version)
        # Alembic never drops its table, and nobody needs it open again.
        steps += (step for step in known if step.way != "down")
    return list(dict.fromkeys(steps))  # two new tables may let the same role into their schema


def _removed_from_platform(declaration: Declaration, live: Schema, ours: Set[PolicyKey]) -> list[Step]:
    """Drop what the project's revisions made on a table of the platform, and its declaration no longer names."""
    declared = {(policy.schema, policy.table, policy.name) for table in declaration for policy in table.policies}
    there = (policy for table in live.tables if is_platform(table.schema) for policy in table.policies)
    return [drop(policy) for policy in there if (policy.schema, policy.table, policy.name) in ours - declared]


def _version_table(context: AutogenContext) -> tuple[str, str]:
    migration = context.migration_context
    assert migration is not None  # noqa: S101  there is no autogenerate without one
    return (migration.version_table_schema or "public", migration.version_table)


def _report_undeclared(live: Schema, known: Set[tuple[str, str]]) -> None:
    for table in live.tables:
        if table.row_security.enabled and not is_platform(table.schema) and table.key not in known:
            log.warning('row security is on for "%s", which is not declared; it is not changed', table)
