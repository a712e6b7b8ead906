"""After the rows: identities and sequences past the highest value, statistics, and counts compared."""

from __future__ import annotations

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.values import TablePlan, TargetColumn


def settle_sequences(connection: Connection, plan: TablePlan) -> None:
    """Set every identity and sequence of a table past the values that it now holds.

    `ALTER … RESTART` is used, and not `setval`, because only the first is undone by a rollback
    (https://www.postgresql.org/docs/17/sql-altersequence.html).
    """
    for column in plan.target.columns:
        if column.sequence is not None:
            _settle(connection, plan, column, column.sequence)


def _settle(connection: Connection, plan: TablePlan, column: TargetColumn, sequence: str) -> None:
    table = sql.qualified(plan.target.schema, plan.target.name)
    name = sql.identifier(column.name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.seqincrement, s.seqmin, s.seqmax FROM pg_sequence s WHERE s.seqrelid = %s::regclass", (sequence,)
        )
        step, low, high = cursor.fetchone() or (1, 1, 2**63 - 1)
        cursor.execute(f"SELECT {'max' if step > 0 else 'min'}({name}) FROM {table}")
        (used,) = cursor.fetchone() or (None,)
        cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # PostgreSQL quoted the name itself
        last, called = cursor.fetchone() or (0, False)
        following = last + step if called else last
        wanted = following if used is None else (max if step > 0 else min)(used + step, following)
        wanted = min(max(wanted, low), high)
        if wanted == following:
            return
        if column.identity:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} RESTART WITH {int(wanted)}")
        else:
            cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {int(wanted)}")


def compare_count(connection: Connection, plan: TablePlan, rows: int) -> None:
    """Count the rows of a table once more, on the target's side.

    Raises:
        TransferError: they are not as many as were sent.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {sql.qualified(plan.target.schema, plan.target.name)}")
        (found,) = cursor.fetchone() or (0,)
    if found != rows:
        raise TransferError(f'"{plan.name}" holds {found} rows after {rows} were sent; a trigger may have a hand in it')


def analyze(connection: Connection, plan: TablePlan) -> None:
    """Let the planner know what the table now holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {sql.qualified(plan.target.schema, plan.target.name)}")
