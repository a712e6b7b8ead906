"""A SQLAlchemy expression over a model's columns, as the SQL text of a policy.

The expression is compiled as the WHERE of a SELECT from its own table, so that sub-selects correlate with the row as
SQLAlchemy's users expect, and a column of another table that stands bare shows itself as a second FROM.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, column, literal_column, select
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ClauseElement,
    Grouping,
    TextClause,
    True_,
)
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.selectable import ScalarSelect, SelectBase
from sqlalchemy.types import TypeEngine

from gatepost import sql
from gatepost.auth import SessionValue
from gatepost.errors import DeclarationError


class _PolicyCompiler(PGCompiler):
    """Writes values as literals, and an author's `text()` as it stands."""

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:  # noqa: ANN401  SQLAlchemy's signature
        if isinstance(value, str):
            return sql.literal(value)
        return str(super().render_literal_value(value, type_))  # type: ignore[no-untyped-call]

    def visit_textclause(self, textclause: TextClause, *args: Any, **options: Any) -> str:  # noqa: ANN401
        if any(bind.value is not None for bind in textclause._bindparams.values()):
            return str(super().visit_textclause(textclause, *args, **options))  # type: ignore[no-untyped-call]
        return textclause.text.replace("\\:", ":")


class _PolicyDialect(PGDialect):
    statement_compiler = _PolicyCompiler
    supports_statement_cache = False


@dataclass(frozen=True)
class Expression:
    """What an author wrote after `where=` or `check=`; two are equal when they read the same."""

    text: str
    clause: ClauseElement = field(compare=False, repr=False)

    @property
    def always_true(self) -> bool:
        """Tell whether it is the plain `true`; a roundabout one is for the verification to find."""
        return isinstance(self.clause, True_) or self.text.strip().lower() in ("true", "(true)")


def expression(written: object, argument: str) -> Expression:
    """Take what an author wrote after `where=` or `check=`.

    Args:
        written: A SQLAlchemy expression, `text(...)`, or a Boolean.
        argument: How the argument is called in an error.

    Raises:
        DeclarationError: it is something else.
    """
    if isinstance(written, str):
        raise DeclarationError(
            f"{argument}={written!r} is a plain string", f"{argument}=text({written!r}), imported from sqlalchemy"
        )
    if callable(written) and not hasattr(written, "__clause_element__"):
        raise DeclarationError(
            f"{argument}= takes an expression over the table's columns, not {written!r}",
            f"{argument}=Model.column == uid()",
        )
    if isinstance(written, TextClause):
        return Expression(_raw(written), written)
    try:
        clause = select(literal_column("1")).where(written).whereclause  # type: ignore[arg-type]
    except Exception as error:
        raise DeclarationError(
            f"{argument}= takes an expression over the table's columns, not {written!r}",
            f"{argument}=Model.column == uid()",
        ) from error
    if clause is None:
        raise DeclarationError(f"{argument}= is empty", f"{argument}=Model.column == uid()")
    return Expression(_compiled(clause), clause)


def render(found: Expression, table: Table | None) -> str:
    """Return the SQL text of an expression in a policy on `table`.

    Args:
        found: The expression.
        table: The table of the policy, or None where it is a platform table, which has no model.

    Raises:
        DeclarationError: it uses a column of another table outside a sub-select, compares types that never match, or
            joins a condition on the row with one on the session by OR, which defeats every index.
    """
    if table is None or isinstance(found.clause, TextClause):
        return found.text
    clause = visitors.cloned_traverse(found.clause, {}, {"binary": _fit_binary})
    _refuse_session_or(clause, table)
    return _where(clause, table)


def compared_columns(found: Expression, table: Table) -> tuple[str, ...]:
    """Return the table's columns that are compared with a value of the session or with a sub-select, sorted.

    They are the ones that an index can find rows by.
    """
    names: set[str] = set()

    def visit(binary: BinaryExpression[Any]) -> None:
        for one, other in ((binary.left, binary.right), (binary.right, binary.left)):
            if isinstance(one, Column) and _is_of(one, table) and isinstance(_bare(other), SessionValue | SelectBase):
                names.add(one.name)

    visitors.traverse(found.clause, {}, {"binary": visit})
    return tuple(sorted(names))


class _AnyOf(ColumnElement[Any]):
    """`ANY (ARRAY(SELECT …))`."""

    inherit_cache = False

    def __init__(self, query: Select[Any]) -> None:
        self.query = query


@compiles(_AnyOf)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _render_any_of(element: _AnyOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"ANY (ARRAY({compiler.process(element.query, **options)}))"


def _where(clause: ClauseElement, table: Table) -> str:
    everything: Select[Any] = select(literal_column("1")).select_from(table)
    prefix = f"{_compiled(everything)} \nWHERE "
    whole = _compiled(everything.where(clause))  # type: ignore[arg-type]
    if not whole.startswith(prefix):
        others = sorted({c.table.name for c in _columns(clause) if isinstance(c.table, Table) and c.table is not table})
        raise DeclarationError(
            f'the rule on "{table.name}" uses a column of "{", ".join(others)}" bare, which joins the tables',
            f"compare with a sub-select: {table.name}.column.in_(select({others[0] if others else 'other'}.column))",
        )
    return sql.one_line(whole[len(prefix) :])


def _fit_binary(binary: BinaryExpression[Any]) -> None:
    """Give a session's value the type of its other side, and an `IN (SELECT …)` the form that can use an index."""
    left, right = _bare(binary.left), _bare(binary.right)
    if isinstance(left, SessionValue) and isinstance(right, SessionValue):
        return
    if isinstance(right, SessionValue):
        binary.right = right.fitted_to(binary.left.type, str(binary.left))
    elif isinstance(left, SessionValue):
        binary.left = left.fitted_to(binary.right.type, str(binary.right))
    if binary.operator is operators.in_op and isinstance(right, Select):
        # IN (SELECT …) is a sub-plan that is asked once a row; the array is an index condition.
        binary.operator = operators.eq
        binary.right = _AnyOf(right)


def _refuse_session_or(clause: ClauseElement, table: Table) -> None:
    def visit(found: BooleanClauseList) -> None:
        if found.operator is not operators.or_:
            return
        of_row = [any(_is_of(c, table) for c in _columns(part)) for part in found.clauses]
        if any(of_row) and not all(of_row):
            session = _compiled(found.clauses[of_row.index(False)])
            raise DeclarationError(
                f'the rule on "{table.name}" joins the row\'s own condition by OR with {session!r}, which is the'
                " same for every row: PostgreSQL then reads the whole table",
                'give those users a role of their own: allow("select", to=Role("app_admin"), where=true())',
            )

    visitors.traverse(clause, {}, {"expression_clauselist": visit, "clauselist": visit})


def _columns(clause: ClauseElement) -> list[Column[Any]]:
    return [found for found in visitors.iterate(clause) if isinstance(found, Column)]


def _is_of(found: Column[Any], table: Table) -> bool:
    return isinstance(found.table, Table) and found.table.key == table.key


def _bare(clause: Any) -> Any:  # noqa: ANN401  any element of an expression
    while isinstance(clause, Grouping | ScalarSelect):
        clause = clause.element
    return clause


def _raw(clause: TextClause) -> str:
    return _compiled(clause)


def _compiled(clause: ClauseElement) -> str:
    return str(clause.compile(dialect=_PolicyDialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]


def named_column(name: str) -> ColumnElement[Any]:
    """Return a column by name, for a platform table that has no model."""
    return column(name)
