"""The order of a revision's operations; the way down is the same order, reversed.

Functions, tables and columns, views and triggers, grants, policies, row security on, and last the functions that
nothing needs any more. Before all of these stands what must be out of the way: a policy on something that changes,
everything on a table that is dropped. Source of the law: a policy that is there before row security is on lets nobody
in by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from alembic.operations import ops
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.reversible_op import DropOp, ReversibleOp
from sqlalchemy import MetaData
from sqlalchemy.sql.ddl import sort_tables

from gatepost.diff import Change, TableGrants, TableRowSecurity
from gatepost.schema import Policy


def ordered(
    found: Iterable[ops.MigrateOperation],
    first: Iterable[Change],
    last: Iterable[Change],
    reading_tables: Set[str],
    operation: Callable[[Change], ReversibleOp],
) -> list[ops.MigrateOperation]:
    """Return all operations of a revision in the order in which they can be run.

    Args:
        found: What Alembic and alembic-utils found.
        first: The changes that must be made before anything else.
        last: All other changes.
        reading_tables: The identities of the functions that can only be made after the tables.
        operation: Makes the operation of a change.
    """
    early: list[ops.MigrateOperation] = []
    tables: list[ops.MigrateOperation] = []
    late: list[ops.MigrateOperation] = []
    unneeded: list[ops.MigrateOperation] = []
    for op in found:
        if not isinstance(op, ReversibleOp):
            tables.append(op)
        elif not isinstance(op.target, PGFunction | PGExtension):
            (early if isinstance(op, DropOp) else late).append(op)
        elif isinstance(op, DropOp):
            unneeded.append(op)
        else:
            (late if op.target.identity in reading_tables else early).append(op)
    return [
        *(operation(change) for change in sorted(first, key=_way_down)),
        *early,
        *_children_first(tables),
        *late,
        *(operation(change) for change in sorted(last, key=_way_up)),
        *unneeded,
    ]


def _children_first(found: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """Put dropped tables into an order that their foreign keys allow; Alembic leaves them in none."""
    dropped = {(op.schema, op.table_name): op for op in found if isinstance(op, ops.DropTableOp)}
    metadata = MetaData()
    tables = [
        dropped[key].to_table().to_metadata(metadata) for key in sorted(dropped, key=lambda key: (key[0] or "", key[1]))
    ]
    in_order = iter([dropped[table.schema, table.name] for table in reversed(sort_tables(tables))])
    return [next(in_order) if isinstance(op, ops.DropTableOp) else op for op in found]


def _way_up(change: Change) -> tuple[int, str, str, str]:
    kinds = (TableGrants, Policy, TableRowSecurity)
    name = change.subject.name if isinstance(change.subject, Policy) else ""
    return (kinds.index(type(change.subject)), *change.table, name)


def _way_down(change: Change) -> tuple[int, str, str, str]:
    place, *rest = _way_up(change)
    schema, table, name = rest
    return (-place, schema, table, name)
