"""Compare a column's default with the live one, which PostgreSQL prints without a schema that is in the search path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult
from sqlalchemy import Column, DefaultClause

from gatepost import sql

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

_PATH = "SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))"


def compare_qualified_default(
    autogen_context: AutogenContext,
    alter_column_op: ops.AlterColumnOp,
    schema: str | None,  # noqa: ARG001  Alembic passes all of them by name
    tname: str,  # noqa: ARG001
    cname: str,  # noqa: ARG001
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Pass over defaults that differ only by the schema of what is in the search path.

    Alembic evaluates two defaults that are written differently, and a random UUID never equals another one.
    """
    live, declared = conn_col.server_default, metadata_col.server_default
    if not isinstance(live, DefaultClause) or not isinstance(declared, DefaultClause):
        return PriorityDispatchResult.CONTINUE
    connection = autogen_context.connection
    if isinstance(declared.arg, str) or str(live.arg) == str(declared.arg):
        return PriorityDispatchResult.CONTINUE
    if connection is None or connection.dialect.name != "postgresql":
        return PriorityDispatchResult.CONTINUE
    path = frozenset(connection.exec_driver_sql(_PATH).scalars())
    if _unqualified(str(live.arg), path) != _unqualified(str(declared.arg), path):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_server_default = live
    return PriorityDispatchResult.STOP


def _unqualified(default: str, path: frozenset[str]) -> list[str]:
    """Return the tokens of a default, without the schemas of a search path."""
    kept: list[str] = []
    for token in sql.tokens(default):
        if token.text == "." and kept and kept[-1].strip('"') in path:
            kept.pop()
        elif token.text.strip():
            kept.append(token.text)
    return kept
