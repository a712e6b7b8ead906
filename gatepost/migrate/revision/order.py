"""Sort the operations of a revision; the downgrade is the same order, reversed.

New functions, new tables and new indexes come first, because nobody waits for them, or only writers do. All that takes
an ACCESS EXCLUSIVE lock is together behind them: what must be out of the way (a policy on something that changes,
everything on a table that is dropped), columns, views and triggers, grants, policies, row security on, and last the
functions that nothing needs any more. Source of the law: a policy that is there before row security is on lets nobody
in by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from alembic.operations import ops
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.reversible_op import CreateOp, DropOp, ReversibleOp

from gatepost.migrate.entities.privileges import AllRevoked, Privilege, ViewOptions
from gatepost.migrate.revision.steps import Step
from gatepost.schema import Policy


def ordered(
    found: Iterable[ops.MigrateOperation],
    first: Iterable[Step],
    last: Iterable[Step],
    reading_tables: Set[str],
    operation: Callable[[Step], ops.MigrateOperation],
    recreated: Set[str] = frozenset(),
) -> list[ops.MigrateOperation]:
    """Return all operations of a revision in the order in which they can be run.

    Args:
        found: What Alembic and alembic-utils found.
        first: The steps that must be taken before anything else.
        last: All other steps.
        reading_tables: The identities of the functions that can only be made after the tables.
        operation: Makes the operation of a step.
        recreated: The identities of the functions that are dropped before others are made.
    """
    new: list[ops.MigrateOperation] = []
    views: list[ops.MigrateOperation] = []
    again: list[ops.MigrateOperation] = []
    early: list[ops.MigrateOperation] = []
    tables: list[ops.MigrateOperation] = []
    late: list[ops.MigrateOperation] = []
    unneeded: list[ops.MigrateOperation] = []
    for op in found:
        if not isinstance(op, ReversibleOp):
            tables.append(op)
        elif not isinstance(op.target, PGFunction | PGExtension):
            (views if isinstance(op, DropOp) else late).append(op)
        elif isinstance(op, DropOp):
            (again if op.target.identity in recreated else unneeded).append(op)
        elif op.target.identity in reading_tables:
            late.append(op)
        else:
            (new if isinstance(op, CreateOp) and not recreated else early).append(op)
    # A new table may have the name of a view that goes.
    quiet = [] if views else [op for op in tables if _is_quiet(op)]
    return [
        *new,
        *quiet,
        *(operation(step) for step in sorted(first, key=_way_down)),
        *views,
        *again,
        *early,
        *_children_first([op for op in tables if op not in quiet]),
        *late,
        *(operation(step) for step in sorted(last, key=_way_up)),
        *unneeded,
    ]


def _is_quiet(op: ops.MigrateOperation) -> bool:
    """Return whether a step locks nobody out who reads: a new table, or indexes and nothing else on one that is there.

    https://www.postgresql.org/docs/17/explicit-locking.html#LOCKING-TABLES
    """
    if isinstance(op, ops.ModifyTableOps):
        return all(isinstance(one, ops.CreateIndexOp) for one in op.ops)
    return isinstance(op, ops.CreateTableOp | ops.CreateIndexOp)


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


def _way_up(step: Step) -> tuple[int, int, tuple[str, str], str]:
    subject = step.subject
    if isinstance(subject, Privilege):
        # What is granted on a column, or on a sequence, would go with what is revoked from its table.
        return (0, 0 if step.kind == "drop" else 3, step.table, f"{subject.role} {subject.held}")
    if isinstance(subject, AllRevoked | ViewOptions):
        return (0, 1 if step.way == "down" else 2, step.table, "")
    if isinstance(subject, Policy):
        return (1, 0, step.table, subject.name)
    return (2, 0, step.table, "")


def _way_down(step: Step) -> tuple[int, int, tuple[str, str], str]:
    kind, among, table, name = _way_up(step)
    return (-kind, among, table, name)
