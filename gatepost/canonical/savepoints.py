"""Run statements that are rolled back in any case, or rolled back together if one of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor


def reason(error: Error) -> str:
    """Return PostgreSQL's message in one line."""
    parts = [error.diag.message_primary or str(error), error.diag.message_hint or ""]
    return ". ".join(part for part in parts if part)


@contextmanager
def rolled_back(cursor: Cursor, name: str) -> Iterator[None]:
    """Roll back the block in any case."""
    cursor.execute(f"SAVEPOINT {name}")
    try:
        yield
    finally:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")


def tried(cursor: Cursor, statements: str) -> bool:
    """Run statements, or none of them if PostgreSQL refuses one; return whether they ran."""
    from psycopg2 import Error

    cursor.execute("SAVEPOINT gatepost_try")
    try:
        cursor.execute(statements)
    except Error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_try; RELEASE SAVEPOINT gatepost_try")
        return False
    cursor.execute("RELEASE SAVEPOINT gatepost_try")
    return True
