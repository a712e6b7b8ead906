"""Sort the operations of a revision; the downgrade is the same order, reversed.

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
    """Drop tables last, and in an order that their foreign keys allow; Alembic drops them in none."""
    dropped = {op.to_table().key: op for op in found if isinstance(op, ops.DropTableOp)}
    parents = {
        key: {reference.target_fullname.rpartition(".")[0] for reference in op.to_table().foreign_keys}
        for key, op in dropped.items()
    }
    in_order: list[ops.DropTableOp] = []
    while parents:
        referred = {parent for child, named in parents.items() for parent in named if parent != child}
        # Tables that refer to each other in a ring have no right order.
        key = min(set(parents) - referred or parents)
        del parents[key]
        in_order.append(dropped[key])
    return [*(op for op in found if not isinstance(op, ops.DropTableOp)), *in_order]


def _way_up(change: Change) -> tuple[int, str, str, str]:
    kinds = (TableGrants, Policy, TableRowSecurity)
    name = change.subject.name if isinstance(change.subject, Policy) else ""
    return (kinds.index(type(change.subject)), *change.table, name)


def _way_down(change: Change) -> tuple[int, str, str, str]:
    place, *rest = _way_up(change)
    schema, table, name = rest
    return (-place, schema, table, name)
