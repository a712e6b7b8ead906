"""Set identities and sequences past the highest value, after the rows are loaded."""

from __future__ import annotations

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.values import Mismatch, TablePlan, TargetColumn


def settle_sequences(connection: Connection, plan: TablePlan) -> None:
    """Set every identity and sequence of a table past the values that it now holds.

    `ALTER … RESTART` is used, and not `setval`, because only the first is undone by a rollback
    (https://www.postgresql.org/docs/17/sql-altersequence.html).
    """
    for column in plan.target.columns:
        for sequence in column.counters:
            _settle(connection, plan, column, sequence)


def unsettled(connection: Connection, plan: TablePlan) -> tuple[Mismatch, ...]:
    """Return the identities and sequences that would give a value twice, and the foreign keys that nobody checked."""
    found = []
    for column in plan.target.columns:
        for sequence in column.counters:
            following, wanted = _positions(connection, plan, column, sequence)
            if following != wanted:
                what = f"its next value is {following}, and {wanted} is the first that is free"
                found.append(Mismatch(plan.name, column.name, what))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s AND contype = 'f' AND NOT convalidated ORDER BY 1",
            (plan.target.oid,),
        )
        found += [Mismatch(plan.name, "", f'its foreign key "{name}" is NOT VALID') for (name,) in cursor.fetchall()]
    return tuple(found)


def _settle(connection: Connection, plan: TablePlan, column: TargetColumn, sequence: str) -> None:
    following, wanted = _positions(connection, plan, column, sequence)
    if following == wanted:
        return
    table, name = sql.qualified(plan.target.schema, plan.target.name), sql.identifier(column.name)
    with connection.cursor() as cursor:
        if column.identity:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} RESTART WITH {wanted}")
        else:
            try:
                cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {wanted}")  # PostgreSQL quoted the name itself
            except psycopg2.errors.InsufficientPrivilege as error:
                raise TransferError(
                    f'the default of "{plan.name}.{column.name}" takes "{sequence}", which the connected role does not'
                    " own; nothing was written",
                    f"ALTER SEQUENCE {sequence} OWNER TO {sql.identifier(connection.info.user)};",
                ) from error


def _positions(connection: Connection, plan: TablePlan, column: TargetColumn, sequence: str) -> tuple[int, int]:
    """Return the value that a sequence would give next, and the one that it should."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seqincrement, seqmin, seqmax FROM pg_sequence WHERE seqrelid = %s::regclass", (sequence,)
        )
        step, low, high = cursor.fetchone() or (1, 1, 2**63 - 1)
        cursor.execute(
            f"SELECT {'max' if step > 0 else 'min'}({sql.identifier(column.name)}) "
            f"FROM {sql.qualified(plan.target.schema, plan.target.name)}"
        )
        (used,) = cursor.fetchone() or (None,)
        if step > 0:
            used = max((one for one in (used, _given_before(plan, column)) if one is not None), default=None)
        cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
        last, called = cursor.fetchone() or (0, False)
    following = int(last + step if called else last)
    wanted = following if used is None else (max if step > 0 else min)(used + step, following)
    return following, min(max(int(wanted), low), high) if wanted != following else following


def _given_before(plan: TablePlan, column: TargetColumn) -> int | None:
    """Return the highest number that SQLite ever gave a key which promises never to give one again."""
    moved = next((one.source for one in plan.columns if one.target == column), None)
    return plan.source.given if plan.source.key == (moved,) else None
