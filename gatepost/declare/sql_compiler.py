"""Compile a SQLAlchemy element to SQL text with its values as literals.

A policy has no parameters, so every value becomes a literal here. SQLAlchemy's own literals are for debugging, and are
wrong about a backslash in an array, a comma in a JSON path, bytes, and JSON itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, types
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer
from sqlalchemy.sql.elements import BindParameter, ClauseElement, TextClause
from sqlalchemy.types import TypeEngine

from gatepost import sql
from gatepost.errors import DeclarationError


class _PolicyCompiler(PGCompiler):
    """Writes values as literals, and an author's `text()` unchanged."""

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:  # noqa: ANN401  SQLAlchemy's signature
        kind = type_.dialect_impl(self.dialect)
        if isinstance(kind, types.JSON.JSONPathType) and not isinstance(value, str):
            return sql.literal(_array_literal(map(str, value)))
        if isinstance(value, datetime) and value.tzinfo is None and getattr(kind, "timezone", False):
            raise DeclarationError(
                f"{value!r} has no time zone, so the policy would depend on the session that creates it",
                f"{value!r}.replace(tzinfo=UTC)",
            )
        if isinstance(value, bytes):
            return sql.literal(f"\\x{value.hex()}") + "::bytea"
        if isinstance(kind, types.JSON) and value is not None:
            return sql.literal("null" if value is types.JSON.NULL else json.dumps(value, ensure_ascii=False))
        # The type writes the value (an Enum is stored by name), and a backslash is then made safe in each literal.
        written = str(super().render_literal_value(value, type_))  # type: ignore[no-untyped-call]
        return "".join(
            sql.literal(token.text[1:-1].replace("''", "'")) if token.text.startswith("'") else token.text
            for token in sql.tokens(written)
        )

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **options: Any) -> str:  # noqa: ANN401
        if bindparam.required and bindparam.value is None:
            raise DeclarationError(
                f'the parameter "{bindparam.key}" has no value, and a policy cannot get one later',
                f"write the value itself, or claim({bindparam.key!r})",
            )
        return str(super().visit_bindparam(bindparam, *args, **options))  # type: ignore[no-untyped-call]

    def visit_textclause(self, textclause: TextClause, *args: Any, **options: Any) -> str:  # noqa: ANN401
        if any(bind.value is not None for bind in textclause._bindparams.values()):
            written = str(super().visit_textclause(textclause, *args, **options))  # type: ignore[no-untyped-call]
        else:
            written = textclause.text.replace("\\:", ":")
        return sql.whole_expression(written)


class _PolicyPreparer(PGIdentifierPreparer):
    # Words that cannot be a table's name and that SQLAlchemy's list lacks; a test compares it with
    # pg_get_keywords() of the PostgreSQL that it runs on.
    reserved_words = PGIdentifierPreparer.reserved_words | {
        "collation", "concurrently", "lateral", "system_user", "tablesample",
    }  # fmt: skip


class _PolicyDialect(PGDialect):
    statement_compiler = _PolicyCompiler
    preparer = _PolicyPreparer
    supports_statement_cache = False
    _backslash_escapes = False  # SQLAlchemy 2.0 would double a backslash, and `sql.literal` makes each safe already


# With psycopg2's parameter style every % would come out doubled.
_DIALECT = _PolicyDialect(paramstyle="named")  # type: ignore[no-untyped-call]


def compiled(clause: ClauseElement) -> str:
    """Return the SQL text of an element, with its values as literals.

    Raises:
        DeclarationError: it holds a value that has no literal, or a parameter without a value.
    """
    try:
        return str(clause.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    except DeclarationError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DeclarationError(
            f'an expression cannot be written as SQL: "{reason}"', "write it as text(...), imported from sqlalchemy"
        ) from error


def table_name(table: Table) -> str:
    """Return the name of a table as `compiled` writes it."""
    return _DIALECT.identifier_preparer.format_table(table)


def _array_literal(elements: Iterable[str]) -> str:
    """Return the text of an array, each element quoted.

    Source: https://www.postgresql.org/docs/17/arrays.html#ARRAYS-INPUT
    """
    quoted = (element.replace("\\", "\\\\").replace('"', '\\"') for element in elements)
    return "{" + ",".join(f'"{element}"' for element in quoted) + "}"
