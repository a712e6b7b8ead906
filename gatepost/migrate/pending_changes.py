"""The pending changes of a revision to tables, columns, views and functions, and what exists after them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_view import PGView
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, ReversibleOp
from sqlalchemy.dialects import postgresql

from gatepost.canonical import Ahead, NamedType, Shape
from gatepost.schema import Schema

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Column, Table

log = logging.getLogger("gatepost.migrate")

TableKey = tuple[str, str]
ColumnKey = tuple[str, str, str]


@dataclass(frozen=True)
class Coming:
    """What Alembic's and alembic-utils' operations are about to do.

    `views` are those that are dropped or replaced; `made` are the operations that make functions and views.
    """

    dropped: frozenset[TableKey]
    added_columns: frozenset[ColumnKey]
    dropped_columns: frozenset[ColumnKey]
    retyped_columns: frozenset[ColumnKey]
    views: frozenset[TableKey]
    made: tuple[ReversibleOp, ...]


def coming(upgrade_ops: ops.UpgradeOps) -> Coming:
    """Return what the operations are about to do."""
    flat = list(_flat(upgrade_ops.ops))
    views = (PGView, PGMaterializedView)
    return Coming(
        dropped=frozenset(_key(op) for op in flat if isinstance(op, ops.DropTableOp)),
        added_columns=frozenset((*_key(op), op.column.name) for op in flat if isinstance(op, ops.AddColumnOp)),
        dropped_columns=frozenset((*_key(op), op.column_name) for op in flat if isinstance(op, ops.DropColumnOp)),
        retyped_columns=frozenset(
            (*_key(op), op.column_name)
            for op in flat
            if isinstance(op, ops.AlterColumnOp) and op.modify_type is not None
        ),
        views=frozenset(
            (op.target.schema, op.target.signature)
            for op in flat
            if isinstance(op, DropOp | ReplaceOp) and isinstance(op.target, views)
        ),
        made=tuple(
            op for op in flat if isinstance(op, CreateOp | ReplaceOp) and isinstance(op.target, (PGFunction, *views))
        ),
    )


def coming_shapes(tables: Iterable[Table], live: Schema, changed: Coming) -> dict[TableKey, Shape]:
    """Return the shape of the models' tables that the database does not hold, or not with these columns."""
    shapes = {}
    for table in tables:
        key = (table.schema or "public", table.name)
        there = live.table(*key)
        columns = {column.name: column.type for column in there.columns} if there is not None else {}
        known = dict(columns)
        for column in table.columns:
            address = (*key, column.name)
            if there is None or address in changed.added_columns or address in changed.retyped_columns:
                columns[column.name] = _type(column)
        for *_, name in (address for address in changed.dropped_columns if address[:2] == key):
            columns.pop(name, None)
        if there is None or columns != known:
            shapes[key] = Shape(*key, tuple(columns.items()), live=False)
    return shapes


def ahead(types_: tuple[NamedType, ...], changed: Coming, before: tuple[str, ...] = ()) -> Ahead:
    """Return what must be there, besides tables, while policies are printed; `before` are statements to begin with."""
    return Ahead(types_, before + tuple(statement(op) for op in changed.made))


def functions_that_read_tables(cursor: Cursor, changed: Coming) -> frozenset[str]:
    """Return the identities of the functions that cannot be made before the tables of their revision.

    PostgreSQL reads the body of an SQL function when it is made, and the types of every function's arguments.
    """
    from psycopg2 import Error
    from psycopg2.errors import DuplicateFunction

    late = set()
    functions = [op for op in changed.made if isinstance(op.target, PGFunction)]
    if functions:
        cursor.execute("SAVEPOINT gatepost_functions")
    for op in functions:
        cursor.execute("SAVEPOINT gatepost_function")
        try:
            cursor.execute(statement(op))
        except DuplicateFunction:  # it is dropped before it is made again
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_function")
        except Error as error:
            log.debug("%s is made after the tables: %s", op.target.identity, error)
            late.add(op.target.identity)
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_function")
    if functions:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_functions; RELEASE SAVEPOINT gatepost_functions")
    return frozenset(late)


def _type(column: Column[object]) -> str:
    return str(column.type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]


def statement(op: ReversibleOp) -> str:
    """Return the SQL that alembic-utils makes a function or view with, without the colons escaped for SQLAlchemy."""
    target = op.target
    made = (
        [target.to_sql_statement_create()] if isinstance(op, CreateOp) else target.to_sql_statement_create_or_replace()
    )
    return ";\n".join(str(statement.text).replace("\\:", ":") for statement in made)


def _flat(found: Iterable[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    for op in found:
        if isinstance(op, ops.OpContainer):
            yield from _flat(op.ops)
        else:
            yield op


def _key(op: ops.AlterTableOp | ops.DropTableOp) -> TableKey:
    return (op.schema or "public", op.table_name)
