"""The order of a revision's operations; the way down is the same order, reversed.

Functions, tables and columns, views and triggers, grants, policies, row security on. Before all of these stands what
must be out of the way: a policy whose column changes, everything on a table that is dropped. Source of the law: a
policy that is there before row security is on lets nobody in by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from alembic.operations import ops
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.reversible_op import DropOp, ReversibleOp

from gatepost.diff import Change, TableGrants, TableRowSecurity
from gatepost.schema import Policy


@dataclass(frozen=True)
class Coming:
    """What Alembic's own operations are about to do to tables and columns.

    `altered` are the tables with a column whose type changes, `columns` the (schema, table, column) that are dropped
    or whose type changes.
    """

    dropped: frozenset[tuple[str, str]]
    altered: frozenset[tuple[str, str]]
    columns: frozenset[tuple[str, str, str]]


def coming(upgrade_ops: ops.UpgradeOps) -> Coming:
    """Return what Alembic's own operations are about to do to tables and columns."""
    flat = list(_flat(upgrade_ops.ops))
    retyped = [op for op in flat if isinstance(op, ops.AlterColumnOp) and op.modify_type is not None]
    return Coming(
        dropped=frozenset(_key(op) for op in flat if isinstance(op, ops.DropTableOp)),
        altered=frozenset(_key(op) for op in retyped),
        columns=frozenset(
            (*_key(op), op.column_name) for op in flat if isinstance(op, ops.DropColumnOp) or op in retyped
        ),
    )


def ordered(
    found: Iterable[ops.MigrateOperation],
    changes: Iterable[Change],
    depending: frozenset[tuple[str, str, str]],
    changed: Coming,
    operation: Callable[[Change], ReversibleOp],
) -> list[ops.MigrateOperation]:
    """Return all operations of a revision in the order in which they can be run.

    Args:
        found: What Alembic and alembic-utils found.
        changes: What Gatepost found.
        depending: The live policies, as (schema, table, name), that hold a column which changes.
        changed: What happens to tables and columns.
        operation: Makes the operation of a change.
    """
    first: list[Change] = []
    last: list[Change] = []
    for change in changes:
        if change.table in changed.dropped:
            first.append(change)
            continue
        before = change.before
        if isinstance(before, Policy) and (before.schema, before.table, before.name) in depending:
            first.append(Change("drop", before, None))
            if change.after is not None:
                last.append(Change("create", None, change.after))
            continue
        (first if change.kind == "drop" and isinstance(change.before, Policy) else last).append(change)
    early, middle, late = _sorted(found)
    return [
        *(operation(change) for change in sorted(first, key=_way_down)),
        *early,
        *middle,
        *late,
        *(operation(change) for change in sorted(last, key=_way_up)),
    ]


def _sorted(
    found: Iterable[ops.MigrateOperation],
) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """Part alembic-utils' operations: what tables may need comes before them, what needs tables after them."""
    early: list[ops.MigrateOperation] = []
    tables: list[ops.MigrateOperation] = []
    late: list[ops.MigrateOperation] = []
    for op in found:
        if not isinstance(op, ReversibleOp):
            tables.append(op)
        else:
            needed = isinstance(op.target, PGFunction | PGExtension)
            (early if needed != isinstance(op, DropOp) else late).append(op)
    return early, tables, late


def _way_up(change: Change) -> tuple[int, str, str, str]:
    kinds = (TableGrants, Policy, TableRowSecurity)
    name = change.subject.name if isinstance(change.subject, Policy) else ""
    return (kinds.index(type(change.subject)), *change.table, name)


def _way_down(change: Change) -> tuple[int, str, str, str]:
    place, *rest = _way_up(change)
    schema, table, name = rest
    return (-place, schema, table, name)


def _flat(found: Iterable[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    for op in found:
        if isinstance(op, ops.OpContainer):
            yield from _flat(op.ops)
        else:
            yield op


def _key(op: ops.AlterTableOp | ops.DropTableOp) -> tuple[str, str]:
    return (op.schema or "public", op.table_name)
