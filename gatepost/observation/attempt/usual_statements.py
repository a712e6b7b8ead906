"""Statements as the Data API and an ORM phrase them: RETURNING, upsert, soft delete, for a row that one may write.

With each of them PostgreSQL asks the policies for SELECT about the new row, too
(https://www.postgresql.org/docs/17/sql-createpolicy.html#SQL-CREATEPOLICY-SUMMARY).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gatepost import sql
from gatepost.name_hints import name_parts
from gatepost.schema import Table

PLAIN = "a plain INSERT"
RETURNING = "INSERT … RETURNING, as clients send it that want the new row back"
UPSERT = "INSERT … ON CONFLICT DO UPDATE, as an upsert sends it"
SOFT_DELETE = "an UPDATE that marks a row of their own as deleted, with a filter"
SOME = ", for some of them"
_MARKS = frozenset({"deleted", "archived", "removed", "trashed"})


def phrased(table: Table, inserting: str, writable: Sequence[str]) -> list[tuple[str, str]]:
    """Return an INSERT, plain and as clients phrase it, each with its kind.

    Args:
        table: The table.
        inserting: The plain INSERT.
        writable: The columns that its sender may update.
    """
    found = [(PLAIN, inserting), (RETURNING, f"{inserting} RETURNING *")]
    keys = next((index.columns for index in table.indexes if index.primary), ())
    names = [name for name in keys if name is not None]
    plain = [name for name in writable if name not in names]
    if names and plain:
        target, column = sql.identifiers(names), sql.identifier(plain[0])
        found.append((UPSERT, f"{inserting} ON CONFLICT ({target}) DO UPDATE SET {column} = EXCLUDED.{column}"))
    return found


def without_marks(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the values of a row that is not deleted: nobody inserts one that is."""
    return {name: value for name, value in values.items() if not _marks(name)}


def soft_deletes(table: Table, writable: Sequence[str]) -> Iterator[str]:
    """Yield the assignments that mark a row as deleted.

    Args:
        table: The table.
        writable: The columns that its sender may update.
    """
    for column in table.columns:
        if column.name in writable and _marks(column.name):
            if column.type == "boolean":
                yield f"{sql.identifier(column.name)} = true"
            elif column.type.startswith(("timestamp", "date")):
                yield f"{sql.identifier(column.name)} = pg_catalog.now()"


def _marks(column: str) -> bool:
    return bool(name_parts(column) & _MARKS)
