"""Read the catalog with a fixed number of queries, whatever the number of tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from gatepost.errors import DatabaseUnreachable
from gatepost.reflect import rows
from gatepost.schema import Grant, Namespace, Schema, Sequence, Table

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

T = TypeVar("T")


def reflect(connection: Connection) -> Schema:
    """Read a whole database in a READ ONLY, REPEATABLE READ transaction of its own.

    Args:
        connection: A psycopg2 connection that is not inside a transaction.

    Returns:
        Every table outside PostgreSQL's own schemas, with its policies and grants, and the roles of the server.

    Raises:
        DatabaseUnreachable: the connection is inside a transaction, so that its snapshot would not be ours.
    """
    from psycopg2.extensions import STATUS_READY

    if connection.status != STATUS_READY:
        raise DatabaseUnreachable(
            "the connection is already inside a transaction", "commit or roll it back before it is reflected"
        )
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            return read(cursor)
        finally:
            connection.rollback()


def read(cursor: Cursor) -> Schema:
    """Read a whole database inside the transaction that the cursor is in; the search path is left as it was.

    The names in expressions are qualified, because they are printed while the search path is empty.
    """
    cursor.execute(
        "SELECT current_database(), current_setting('server_version_num')::int, current_user,"
        " current_schemas(false)::text[]"
    )
    database, version, role, search_path = _only_row(cursor)
    with _empty_search_path(cursor):
        grants = rows.grants(_fetch(cursor, "grants"))
        return Schema(
            database=database,
            server_version=version,
            current_role=role,
            search_path=tuple(search_path),
            tables=_tables(cursor, grants),
            sequences=_sequences(cursor, grants),
            namespaces=_namespaces(cursor),
            roles=tuple(rows.role(row) for row in _fetch(cursor, "roles")),
            memberships=tuple(rows.membership(row) for row in _fetch(cursor, "memberships")),
            default_privileges=tuple(rows.default_privilege(row) for row in _fetch(cursor, "default_privileges")),
            settings=tuple((name, value) for name, value in _fetch(cursor, "settings")),
        )


def _tables(cursor: Cursor, grants: rows.GrantsByRelation) -> tuple[Table, ...]:
    columns = _grouped(_fetch(cursor, "columns"), rows.column)
    policies = _grouped(_fetch(cursor, "policies"), rows.policy)
    constraints = _grouped(_fetch(cursor, "constraints"), rows.constraint)
    indexes = _grouped(_fetch(cursor, "indexes"), rows.index)
    return tuple(
        replace(
            rows.table(row),
            columns=tuple(columns[row[0], row[1]]),
            policies=tuple(policies[row[0], row[1]]),
            grants=grants.get((row[0], row[1]), ()),
            constraints=tuple(constraints[row[0], row[1]]),
            indexes=tuple(indexes[row[0], row[1]]),
        )
        for row in _fetch(cursor, "tables")
    )


def _sequences(cursor: Cursor, grants: rows.GrantsByRelation) -> tuple[Sequence, ...]:
    return tuple(rows.sequence(row, grants.get((row[0], row[1]), ())) for row in _fetch(cursor, "sequences"))


def _namespaces(cursor: Cursor) -> tuple[Namespace, ...]:
    found: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for name, owner, *grant in _fetch(cursor, "namespaces"):
        found[name, owner].append(rows.grant(grant))
    return tuple(Namespace(name, owner, tuple(grants)) for (name, owner), grants in found.items())


def _grouped(found: list[tuple[Any, ...]], make: Callable[[tuple[Any, ...]], T]) -> dict[tuple[str, str], list[T]]:
    groups: defaultdict[tuple[str, str], list[T]] = defaultdict(list)
    for row in found:
        groups[row[0], row[1]].append(make(row))
    return groups


def _fetch(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    cursor.execute((files(__package__) / "queries" / f"{query}.sql").read_text())
    return cursor.fetchall()


def _only_row(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101  a SELECT without FROM has one row
    return row


@contextmanager
def _empty_search_path(cursor: Cursor) -> Iterator[None]:
    cursor.execute("SELECT current_setting('search_path')")
    before = _only_row(cursor)[0]
    cursor.execute("SELECT set_config('search_path', '', true)")
    yield
    cursor.execute("SELECT set_config('search_path', %s, true)", (before,))
