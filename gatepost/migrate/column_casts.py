"""Write USING into a change of a column's type that PostgreSQL does not do by itself, in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy.dialects import postgresql

from gatepost import sql
from gatepost.schema import Schema

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from psycopg2.extensions import cursor as Cursor

_TABLE = "pg_temp.gatepost_cast"


class CastColumnOp(ops.AlterColumnOp):
    """A change of a type with the expression that makes the new value of the old one, on each of the ways."""

    using: tuple[str | None, str | None] = (None, None)

    def reverse(self) -> CastColumnOp:
        """Return the step back."""
        back = super().reverse()
        assert isinstance(back, CastColumnOp)  # noqa: S101  Alembic makes one of the same class
        back.using = (self.using[1], self.using[0])
        return back


def with_casts(cursor: Cursor, found: Iterable[ops.MigrateOperation], live: Schema) -> list[ops.MigrateOperation]:
    """Return the operations, with a USING where a change of a type needs one.

    Args:
        cursor: Inside a transaction, where the new types of the revision exist; it is left as it was.
        found: The operations.
        live: The database.
    """
    operations: list[ops.MigrateOperation] = []
    for op in found:
        if isinstance(op, ops.OpContainer):
            op.ops = with_casts(cursor, op.ops, live)
        operations.append(_with_cast(cursor, op, live) if isinstance(op, ops.AlterColumnOp) else op)
    return operations


def _with_cast(cursor: Cursor, op: ops.AlterColumnOp, live: Schema) -> ops.AlterColumnOp:
    table = live.table(op.schema or "public", op.table_name)
    column = table.column(op.column_name) if table is not None else None
    if column is None or op.modify_type is None:
        return op
    wanted = str(op.modify_type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]
    using = tuple(_using(cursor, op.column_name, *types) for types in ((column.type, wanted), (wanted, column.type)))
    if using == (None, None):
        return op
    made = CastColumnOp(
        op.table_name,
        op.column_name,
        schema=op.schema,
        existing_type=op.existing_type,
        existing_server_default=op.existing_server_default,
        existing_nullable=op.existing_nullable,
        existing_comment=op.existing_comment,
        modify_nullable=op.modify_nullable,
        modify_comment=op.modify_comment,
        modify_server_default=op.modify_server_default,
        modify_name=op.modify_name,
        modify_type=op.modify_type,
        **op.kw,
    )
    made.using = (using[0], using[1])
    return made


def _using(cursor: Cursor, column: str, old: str, new: str) -> str | None:
    """Return the cast that PostgreSQL needs to be given, or None if it casts by itself or knows no way."""
    from psycopg2 import Error

    name = sql.identifier(column)
    cursor.execute(f"SAVEPOINT gatepost_cast; CREATE TEMPORARY TABLE gatepost_cast ({name} {old})")
    try:
        for using in (None, f"{name}::{new}", f"{name}::text::{new}"):
            given = f" USING {using}" if using is not None else ""
            cursor.execute("SAVEPOINT gatepost_try")
            try:
                cursor.execute(f"ALTER TABLE {_TABLE} ALTER COLUMN {name} TYPE {new}{given}")
            except Error:
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_try")
            else:
                return using
        return None
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_cast; RELEASE SAVEPOINT gatepost_cast")


@renderers.dispatch_for(CastColumnOp)
def _render(context: AutogenContext, op: CastColumnOp) -> str:
    written = str(renderers.dispatch(ops.AlterColumnOp)(context, op))
    if op.using[0] is None:
        return written
    return f"{written.removesuffix(')')},\n           postgresql_using={op.using[0]!r})"
