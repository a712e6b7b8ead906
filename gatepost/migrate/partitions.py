"""Leave the partitions of a declared table to their parent, and close them to everybody who would go past it.

A statement about the parent decides who reads the rows, and only through the parent: PostgreSQL checks neither its
policies nor its grants for a query that names a partition.
https://www.postgresql.org/docs/17/ddl-partitioning.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy import MetaData, text

from gatepost.declare.declaration import Declaration
from gatepost.migrate.entities import ClosedPartitions
from gatepost.schema import Schema, Table

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.environment import EnvironmentContext

TableKey = tuple[str, str]

_PARTITIONS = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relispartition AND c.relkind IN ('r', 'p')
"""
_OUTSIDERS = frozenset({"public", "anon", "authenticated"})


class UnnamedPartitions:
    """The partitions of the database that no model names, read once, when Alembic begins to compare tables.

    They come and go without revisions. Alembic logs a table that it would drop before anybody could take the operation
    out, so they are left out by name.

    Args:
        context: Alembic's.
        metadata: The models' metadata.
    """

    def __init__(self, context: EnvironmentContext, metadata: Iterable[MetaData]) -> None:
        self._context = context
        self._models = {(table.schema or "public", table.name) for one in metadata for table in one.tables.values()}

    def __contains__(self, key: object) -> bool:
        return key in self._names

    @cached_property
    def _names(self) -> frozenset[TableKey]:
        connection = self._context.get_bind()
        if connection.dialect.name != "postgresql":
            return frozenset()
        found = connection.execute(text(_PARTITIONS))
        return frozenset((schema, name) for schema, name in found) - self._models


def closing(declaration: Declaration, live: Schema) -> list[ops.MigrateOperation]:
    """Return an operation for each declared table of which a partition is open to the API by itself."""
    return [ClosePartitionsOp(ClosedPartitions(*key)) for key in sorted(open_partitions(declaration, live))]


def open_partitions(declaration: Declaration, live: Schema) -> dict[TableKey, list[Table]]:
    """Return, for each declared table, those of its partitions that are open to the API by themselves."""
    found: defaultdict[TableKey, list[Table]] = defaultdict(list)
    for table in live.tables:
        if table.partition and _is_open(table):
            for parent in _ancestors(table, live):
                found[parent].append(table)
    declared = {table.key for table in declaration}
    open_itself = {table.key for table in live.tables if table.partition} & declared
    return {key: tables for key, tables in found.items() if key in declared - open_itself}


def _is_open(table: Table) -> bool:
    granted = any(grant.grantee in _OUTSIDERS for grant in table.grants)
    return table.kind != "foreign" and granted and not (table.row_security.enabled and not table.policies)


def _ancestors(table: Table, live: Schema) -> list[TableKey]:
    found = []
    at: Table | None = table
    while at is not None and at.partition and at.parents:
        found.append(at.parents[0])
        at = live.table(*at.parents[0])
    return found


class ClosePartitionsOp(ops.MigrateOperation):
    """Closes every partition that a table has where the revision runs; a downgrade leaves them closed."""

    def __init__(self, closed: ClosedPartitions, *, down: bool = False) -> None:
        self.closed = closed
        self.down = down

    def reverse(self) -> ops.MigrateOperation:
        """Return what stands in the downgrade."""
        return ClosePartitionsOp(self.closed, down=not self.down)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what `alembic check` shows."""
        return (f'a partition of "{self.closed.schema}.{self.closed.table}" is open to the API past its parent',)


@renderers.dispatch_for(ClosePartitionsOp)
def _render(context: AutogenContext, op: ClosePartitionsOp) -> list[str]:
    if op.down:
        return [f"pass  # the partitions of {op.closed.table!r} stay closed"]
    context.imports.add(op.closed.render_import_statement())
    return [f"op.create_entity({op.closed.source()})"]
