"""Read a whole database from the catalog, with a fixed number of queries for any number of tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from gatepost.database.reading import Reading, read_again
from gatepost.errors import DatabaseUnreachable
from gatepost.reflect import rows
from gatepost.reflect.doors import Doors
from gatepost.reflect.doors import doors as read_doors
from gatepost.reflect.rows import Fetch, Relations, Rows
from gatepost.schema import Enum, Grant, Namespace, Schema, Table

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
        DatabaseUnreachable: the connection is inside a transaction, so that its snapshot would not be ours; or it
            cannot be read, as `gatepost.database.reading.reading` says.
        ChangedMeanwhile: the schema changed each time that it was read.
    """
    from psycopg2.extensions import TRANSACTION_STATUS_IDLE

    if not connection.closed and connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
        raise DatabaseUnreachable(
            "the connection is already inside a transaction", "commit or roll it back before it is reflected"
        )
    return read_again(connection, read_all)


def read(cursor: Cursor, *, doors: bool = True) -> Schema:
    """Read a whole database inside the transaction that the cursor's connection is in, and leave it as it was.

    Args:
        cursor: A cursor of the connection.
        doors: Whether to read views, functions, triggers, rules and publications too, and what policies refer to.

    Raises:
        DatabaseUnreachable: the database cannot be read, as `gatepost.database.reading.reading` says.
        ChangedMeanwhile: the schema changed each time that it was read.
    """
    return read_again(cursor.connection, partial(read_all, doors=doors))


def read_all(reading: Reading, *, doors: bool = True) -> Schema:
    """Read a whole database inside a reading that is open already; the arguments are those of `read`.

    The names in expressions are qualified, because they are printed while no schema but PostgreSQL's own is searched.
    """
    reading.cursor.execute("SELECT current_database(), current_setting('server_version_num')::int, current_user")
    database, version, role = _only_row(reading.cursor)
    fetch = partial(_fetch, reading.cursor)
    relations = _relations(fetch, doors)
    beside = read_doors(fetch, relations) if doors else Doors()
    return Schema(
        database=database,
        server_version=version,
        current_role=role,
        search_path=reading.searched(),
        tables=_tables(fetch, relations),
        sequences=tuple(rows.sequence(row, relations) for row in relations.sequences),
        namespaces=_namespaces(fetch("namespaces")),
        roles=tuple(rows.role(row) for row in fetch("roles")),
        memberships=tuple(rows.membership(row) for row in fetch("memberships")),
        default_privileges=tuple(rows.default_privilege(row) for row in fetch("default_privileges")),
        settings=tuple((name, value) for name, value in fetch("settings")),
        views=beside.views,
        functions=beside.functions,
        triggers=beside.triggers,
        rewrite_rules=beside.rewrite_rules,
        publications=beside.publications,
        event_triggers=beside.event_triggers,
        extensions=beside.extensions,
        enums=tuple(Enum(name, tuple(labels)) for name, labels in fetch("enums")),
    )


def _relations(fetch: Fetch, doors: bool) -> Relations:
    """Read what tables, views and sequences have alike, and what refers to them."""
    tables, views, sequences, columns = (
        fetch("tables"),
        fetch("views") if doors else [],
        fetch("sequences"),
        fetch("columns"),
    )
    references = fetch("references") if doors else []
    names = rows.names(columns)
    if without := rows.unnamed(references, names):
        names = rows.names([*columns, *fetch("attributes", relations=without)])
    return Relations(
        tables=tables,
        views=views,
        sequences=sequences,
        keys={row[0]: (row[1], row[2]) for row in tables},
        names=names,
        columns=rows.columns(columns, rows.owned(sequences)),
        grants=rows.grants(fetch("grants"), names),
        references=rows.references(references, names),
    )


def _tables(fetch: Fetch, relations: Relations) -> tuple[Table, ...]:
    policies = _grouped(fetch("policies"), 1, partial(rows.policy, references=relations.references))
    constraints = _grouped(fetch("constraints"), 0, partial(rows.constraint, names=relations.names))
    indexes = _grouped(fetch("indexes"), 0, partial(rows.index, names=relations.names))
    return tuple(
        rows.table(
            row,
            columns=tuple(relations.columns.get(row[0], ())),
            policies=tuple(policies.get(row[0], ())),
            grants=relations.grants.get(row[0], ()),
            constraints=tuple(constraints.get(row[0], ())),
            indexes=tuple(indexes.get(row[0], ())),
        )
        for row in relations.tables
    )


def _namespaces(found: Rows) -> tuple[Namespace, ...]:
    groups: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for name, owner, *grant in found:
        groups[name, owner].extend([rows.grant(grant)] if grant[0] is not None else [])
    return tuple(Namespace(name, owner, tuple(grants)) for (name, owner), grants in groups.items())


def _grouped(found: Rows, key: int, make: Callable[[tuple[Any, ...]], T]) -> dict[int, list[T]]:
    groups: defaultdict[int, list[T]] = defaultdict(list)
    for row in found:
        groups[row[key]].append(make(row))
    return groups


def _fetch(cursor: Cursor, query: str, **variables: object) -> Rows:
    cursor.execute((files(__package__) / "queries" / f"{query}.sql").read_text(), variables or None)
    return cursor.fetchall()


def _only_row(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101  a SELECT without FROM has one row
    return row
