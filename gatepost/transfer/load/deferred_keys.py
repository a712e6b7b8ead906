"""Foreign keys that go round in a circle, while rows are added: checked when all rows are there, then as they were.

With empty tables the keys are off while rows are loaded. A table with rows keeps its keys, because putting them back
would read all that is there.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.values import ForeignKey, TablePlan

_ORIGINAL = "SELECT conname, condeferrable, condeferred FROM pg_constraint WHERE conrelid = %s AND conname = ANY (%s)"


def circular(tables: tuple[TablePlan, ...]) -> bool:
    """Return whether a row can refer, over any number of keys, to a row of its own table."""
    parents = {table.name: {key.parent for _, key in inside(tables, (table,))} for table in tables}
    reached = {name: set(found) for name, found in parents.items()}
    for _ in tables:
        for found in reached.values():
            found |= {further for name in tuple(found) for further in parents[name]}
    return any(name in found for name, found in reached.items())


def inside(tables: tuple[TablePlan, ...], of: Iterable[TablePlan] | None = None) -> list[tuple[TablePlan, ForeignKey]]:
    """Return the foreign keys between the tables of a plan."""
    names = {(table.target.schema, table.name) for table in tables}
    return [
        (table, key)
        for table in (tables if of is None else of)
        for key in table.target.foreign_keys
        if (key.parent_schema, key.parent) in names
    ]


class DeferredKeys:
    """The foreign keys between tables that refer to each other, deferred until `check`."""

    def __init__(self, connection: Connection, tables: tuple[TablePlan, ...]) -> None:
        self._connection = connection
        self.keys = inside(tables) if circular(tables) else []
        self._restore: list[str] = []

    def defer(self) -> None:
        """Let every key wait until the end."""
        with self._connection.cursor() as cursor:
            for table, key in self.keys:
                where = f"ALTER TABLE {_name(table)} ALTER CONSTRAINT {sql.identifier(key.name)}"
                cursor.execute(_ORIGINAL, (table.target.oid, [key.name]))
                for _, deferrable, deferred in cursor.fetchall():
                    how = "NOT DEFERRABLE" if not deferrable else "DEFERRABLE INITIALLY "
                    self._restore.append(f"{where} {how}{('DEFERRED' if deferred else 'IMMEDIATE') * deferrable}")
                cursor.execute(f"{where} DEFERRABLE INITIALLY DEFERRED")
                cursor.execute(f"SET CONSTRAINTS {sql.qualified(table.target.schema, key.name)} DEFERRED")

    def check(self) -> psycopg2.Error | None:
        """Check every key, and let it be as it was; return PostgreSQL's refusal where a row violates one."""
        with self._connection.cursor() as cursor:
            cursor.execute("SAVEPOINT gatepost_deferred")
            try:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except psycopg2.errors.ForeignKeyViolation as error:
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_deferred; RELEASE SAVEPOINT gatepost_deferred")
                return error
            cursor.execute("RELEASE SAVEPOINT gatepost_deferred")
            for statement in self._restore:
                cursor.execute(statement)
        return None


def _name(table: TablePlan) -> str:
    return sql.qualified(table.target.schema, table.name)
