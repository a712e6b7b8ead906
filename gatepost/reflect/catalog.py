"""Read the catalog with a fixed number of queries, whatever the number of tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from gatepost.errors import DatabaseUnreachable
from gatepost.reflect import rows
from gatepost.reflect.doors import Doors
from gatepost.reflect.doors import doors as read_doors
from gatepost.schema import Column, Grant, Namespace, Schema, Sequence, Table

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

T = TypeVar("T")
Columns = dict[tuple[str, str], list[Column]]


def reflect(connection: Connection) -> Schema:
    """Read a whole database in a READ ONLY, REPEATABLE READ transaction of its own.

    Args:
        connection: A psycopg2 connection that is not inside a transaction.

    Returns:
        Every table outside PostgreSQL's own schemas, with its policies and grants, and the roles of the server.

    Raises:
        DatabaseUnreachable: the connection is inside a transaction, so that its snapshot would not be ours.
    """
    from psycopg2.extensions import TRANSACTION_STATUS_IDLE

    if connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
        raise DatabaseUnreachable(
            "the connection is already inside a transaction", "commit or roll it back before it is reflected"
        )
    with connection.cursor() as cursor:
        try:
            # psycopg2 begins by itself, except where autocommit leaves it to us.
            begin = "BEGIN" if connection.autocommit else "SET TRANSACTION"
            cursor.execute(f"{begin} ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return read(cursor)
        finally:
            _end(connection, cursor)


def _end(connection: Connection, cursor: Cursor) -> None:
    if connection.closed:
        return  # the error that closed it is on its way
    if connection.autocommit:
        cursor.execute("ROLLBACK")
    else:
        connection.rollback()


def read(cursor: Cursor, *, doors: bool = True) -> Schema:
    """Read a whole database inside the transaction that the cursor is in; the search path is left as it was.

    The names in expressions are qualified, because they are printed while the search path is empty.

    Args:
        cursor: Where to ask.
        doors: Whether to read views, functions, triggers, rules and publications too, and what policies refer to.
    """
    cursor.execute(
        "SELECT current_database(), current_setting('server_version_num')::int, current_user,"
        " current_schemas(false)::text[]"
    )
    database, version, role, search_path = _only_row(cursor)
    with _empty_search_path(cursor):
        grants = rows.grants(_fetch(cursor, "grants"))
        columns = _grouped(_fetch(cursor, "columns"), rows.column)
        references = rows.references(_fetch(cursor, "references")) if doors else {}
        beside = read_doors(partial(_fetch, cursor), columns, grants, references) if doors else Doors()
        return Schema(
            database=database,
            server_version=version,
            current_role=role,
            search_path=tuple(search_path),
            tables=_tables(cursor, columns, grants, references),
            sequences=_sequences(cursor, grants),
            namespaces=_namespaces(cursor),
            roles=tuple(rows.role(row) for row in _fetch(cursor, "roles")),
            memberships=tuple(rows.membership(row) for row in _fetch(cursor, "memberships")),
            default_privileges=tuple(rows.default_privilege(row) for row in _fetch(cursor, "default_privileges")),
            settings=tuple((name, value) for name, value in _fetch(cursor, "settings")),
            views=beside.views,
            functions=beside.functions,
            triggers=beside.triggers,
            rewrite_rules=beside.rewrite_rules,
            publications=beside.publications,
            event_triggers=beside.event_triggers,
            extensions=beside.extensions,
        )


def _tables(
    cursor: Cursor, columns: Columns, grants: rows.GrantsByRelation, references: rows.References
) -> tuple[Table, ...]:
    policies = _grouped(_fetch(cursor, "policies"), partial(rows.policy, references=references))
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
        found[name, owner].extend([rows.grant(grant)] if grant[0] is not None else [])
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
    from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

    cursor.execute("SELECT current_setting('search_path')")
    before = _only_row(cursor)[0]
    cursor.execute("SELECT set_config('search_path', '', true)")
    try:
        yield
    finally:
        # A failed transaction takes no statement, and gives the search path back by itself when it is rolled back.
        if cursor.connection.info.transaction_status == TRANSACTION_STATUS_INTRANS:
            cursor.execute("SELECT set_config('search_path', %s, true)", (before,))
