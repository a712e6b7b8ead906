"""What a target demands of a row beyond the types of its columns, for a scan: unique keys, and CHECK constraints.

A CHECK is evaluated by PostgreSQL over values that are sent with the query, so nothing is written, not even for a
moment. What stands in a constraint is run as it would be for rows that are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.casts.whole_columns import NULL
from gatepost.transfer.encode.copy_text import Encoder
from gatepost.transfer.masking import without_secrets
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import Reject, TablePlan

_CHECKS = """
SELECT k.conname, pg_get_expr(k.conbin, k.conrelid),
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
             ORDER BY a.attnum)
  FROM pg_constraint k
 WHERE k.conrelid = %s AND k.contype = 'c' AND to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'
 ORDER BY k.conname
"""
_UNIQUE = """
SELECT ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY key (number, place)
              JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = key.number
             WHERE key.place <= x.indnkeyatts ORDER BY key.place)
  FROM pg_index x
 WHERE x.indrelid = %s AND x.indisunique AND NOT x.indisprimary AND x.indpred IS NULL AND x.indexprs IS NULL
 ORDER BY x.indexrelid
"""


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint: its expression, and the columns in it."""

    name: str
    expression: str
    columns: tuple[str, ...]


def unique_keys(connection: Connection, table: TablePlan) -> tuple[tuple[str, ...], ...]:
    """Return the columns of each unique key of a table besides its primary key."""
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE, (table.target.oid,))
        return tuple(tuple(columns) for (columns,) in cursor.fetchall())


class RowChecks:
    """The CHECK constraints of a table whose columns are all moved.

    Args:
        connection: The target, inside a transaction.
        table: The plan of the table.
        encoder: Casts its rows, and names them.
    """

    def __init__(self, connection: Connection, table: TablePlan, encoder: Encoder) -> None:
        self._connection = connection
        self._encoder = encoder
        self._table = table
        moved = {column.target.name for column in table.columns}
        with connection.cursor() as cursor:
            cursor.execute(_CHECKS, (table.target.oid,))
            every = [Check(name, expression, tuple(columns)) for name, expression, columns in cursor.fetchall()]
        self.checks = [check for check in every if moved >= set(check.columns)]
        self._query = self._written()

    def violations(self, batch: list[Row]) -> Iterator[Reject]:
        """Yield what the rows of a batch violate; rows that cannot be cast are passed over."""
        if not self.checks:
            return
        rows, texts = self._encoder.kept(batch)
        waiting = [range(len(rows))] if rows else []
        columns = [[None if text is NULL else text for text in column.printed] for column in texts]
        while waiting:
            part = waiting.pop()
            error = None
            with self._connection.cursor() as cursor:
                cursor.execute("SAVEPOINT gatepost_checks")
                try:
                    cursor.execute(self._query, [column[part.start : part.stop] for column in columns])
                    found = cursor.fetchall()
                except (psycopg2.DataError, psycopg2.IntegrityError) as refused:
                    error, found = refused, []
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_checks; RELEASE SAVEPOINT gatepost_checks")
            for place, broken in found:
                row = rows[part.start + int(place) - 1]
                for check in (one for one, is_broken in zip(self.checks, broken, strict=True) if is_broken):
                    yield self._reject(row, check.columns, f'violates the check "{check.name}"')
            if error is not None and len(part) == 1:
                said = without_secrets(error.diag.message_primary or str(error).strip())
                yield self._reject(rows[part.start], (), f"is refused by PostgreSQL: {said}")
            elif error is not None:
                half = part.start + len(part) // 2
                waiting += [range(half, part.stop), range(part.start, half)]

    def _reject(self, row: Row, columns: tuple[str, ...], reason: str) -> Reject:
        return Reject(self._table.name, self._encoder.key(row), ", ".join(columns), "", reason)

    def _written(self) -> str:
        columns = self._table.columns
        given = ", ".join(f"g{place}" for place in range(len(columns)))
        cast = ", ".join(
            f"g{place}::{column.target.type.printed} AS {sql.identifier(column.target.name)}".replace("%", "%%")
            for place, column in enumerate(columns)
        )
        broken = [f"({check.expression.replace('%', '%%')}) IS FALSE" for check in self.checks]
        arrays = ", ".join(["pg_catalog.unnest(%s::pg_catalog.text[])"] * len(columns))
        return (
            f"SELECT gatepost_place, ARRAY[{', '.join(broken)}] FROM (SELECT gatepost_place, {cast}"
            f" FROM ROWS FROM ({arrays}) WITH ORDINALITY AS given ({given}, gatepost_place))"
            f" AS {sql.identifier(self._table.name).replace('%', '%%')} WHERE {' OR '.join(broken)}"
        )
