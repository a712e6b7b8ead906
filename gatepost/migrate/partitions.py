"""Leave the partitions of a declared table to their parent, and close them to everybody who would go past it.

A statement about the parent decides who reads the rows, and only through the parent: PostgreSQL checks neither its
policies nor its grants for a query that names a partition.
https://www.postgresql.org/docs/17/ddl-partitioning.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops

from gatepost.declare.declaration import Declaration
from gatepost.migrate.entities import ClosedPartitions
from gatepost.schema import Schema, Table

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

TableKey = tuple[str, str]

_OUTSIDERS = frozenset({"public", "anon", "authenticated"})


def without_partitions(
    found: Iterable[ops.MigrateOperation], live: Schema, models: Set[TableKey]
) -> list[ops.MigrateOperation]:
    """Return the operations without those on partitions that no model names: they come and go without revisions."""
    partitions = {table.key for table in live.tables if table.partition} - models
    return [op for op in found if _table(op) not in partitions]


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


def _table(op: ops.MigrateOperation) -> TableKey | None:
    name = getattr(op, "table_name", None)
    return (getattr(op, "schema", None) or "public", name) if name is not None else None


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
