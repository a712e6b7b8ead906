"""Translate a SQLAlchemy expression over a model's columns into the SQL text of a policy.

The expression is compiled as the WHERE of a SELECT from its own table. So subqueries correlate with the row as
SQLAlchemy's users expect, and a column of another table outside a subquery shows as a second FROM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Cast, Select, Table, literal_column, select, true
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ClauseElement,
    CollectionAggregate,
    ColumnClause,
    NamedColumn,
    TextClause,
    True_,
    Tuple,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.selectable import Alias, FromClause, Join, SelectBase

from gatepost import sql
from gatepost.auth import SessionValue, type_family, type_family_name
from gatepost.declare.sql_compiler import compiled, table_name
from gatepost.declare.type_coercion import bare, fitted
from gatepost.errors import DeclarationError

_ONE: Select[Any] = select(literal_column("1"))


class _Anything:
    """Every row, said on purpose: `allow("insert", to=anon, check=anything)` for a contact form."""

    def __repr__(self) -> str:
        return "anything"


anything = _Anything()


@dataclass(frozen=True)
class Expression:
    """The expression that an author wrote after `where=` or `check=`; two are equal if their SQL is the same."""

    text: str
    clause: ClauseElement = field(compare=False, repr=False)
    deliberate: bool = field(default=False, compare=False, repr=False)

    @property
    def always_true(self) -> bool:
        """Return whether it is the plain `true`; `verify` finds conditions that are true in other ways."""
        return isinstance(self.clause, True_) or self.text.strip().lower() in ("true", "(true)")

    @cached_property
    def tables(self) -> tuple[tuple[str, str], ...]:
        """The (schema, table) of every table whose column it uses, sorted; the content of `text()` is not parsed."""
        found = {one for one in self.parts if isinstance(one, Table)}
        found |= {one.table for one in self.parts if isinstance(one, Column) and isinstance(one.table, Table)}
        return tuple(sorted({(table.schema or "public", table.name) for table in found}))

    @cached_property
    def parts(self) -> tuple[visitors.ExternallyTraversible, ...]:
        """The expression and everything inside it, also inside its subqueries."""
        return tuple(visitors.iterate(self.clause))


def expression(written: object, argument: str) -> Expression:
    """Convert what an author wrote after `where=` or `check=`.

    Args:
        written: A SQLAlchemy expression, `text(...)`, or a Boolean.
        argument: The name of the argument, for errors.

    Raises:
        DeclarationError: it is something else.
    """
    if written is anything:
        return Expression("true", true(), deliberate=True)
    if isinstance(written, str):
        raise DeclarationError(
            f"{argument}={written!r} is a plain string", f"{argument}=text({written!r}), imported from sqlalchemy"
        )
    if isinstance(written, TextClause):
        return Expression(compiled(written), written)
    clause = None
    if not callable(written) or hasattr(written, "__clause_element__"):
        where = written.scalar_subquery() if isinstance(written, SelectBase) else written
        try:
            clause = _ONE.where(where).whereclause  # type: ignore[arg-type]
        except Exception as error:
            raise _no_condition(argument, repr(written)) from error
    if clause is None or (isinstance(clause, BooleanClauseList) and not clause.clauses):
        raise _no_condition(argument, repr(written))
    if isinstance(clause, Column | SessionValue) and type_family(clause.type) not in ("boolean", None):
        raise _no_condition(argument, f"{clause}, which is {type_family_name(clause.type)}")
    return Expression(compiled(clause), clause)


def _no_condition(argument: str, found: str) -> DeclarationError:
    return DeclarationError(
        f'{argument}= takes a condition over the table\'s columns, not "{found}"', f"{argument}=Model.column == uid()"
    )


def render(found: Expression, table: Table | None, *, as_found: bool = False) -> str:
    """Return the SQL text of an expression in a policy on `table`.

    Args:
        found: The expression.
        table: The table of the policy, or None where it is a platform table, which has no model.
        as_found: Whether the policy was there before, so that only what no policy can be is refused.

    Raises:
        DeclarationError: it uses a column of another table outside a subquery, compares types that never match,
            reads its own table, or joins a condition on the row with one on the session by OR.
    """
    if isinstance(found.clause, TextClause):
        return found.text
    clause = fitted(found.clause)
    if table is None:
        return sql.one_line(compiled(clause))
    if not as_found:
        _refuse_own_table(found, table)
        _refuse_session_or(found.clause, table)
    return sql.one_line(compiled(clause) if _names_only(found, table) else _where(clause, table))


def compared_with_session(found: Expression, table: Table) -> tuple[set[str], set[str]]:
    """Return what is compared with a value of the session or with a subquery, so that an index can find the rows.

    Returns:
        The table's columns, and the terms over its columns, such as `lower(users.email)`.

    Raises:
        DeclarationError: a term is a cast of a column, which no index of that column can serve.
    """
    sides = list(_compared(found, table))
    columns = {side.name for side in sides if isinstance(side, Column)}
    terms = [side for side in sides if not isinstance(side, Column) and not _is_any(side)]
    for term in terms:
        if isinstance(term, Cast):
            raise DeclarationError(
                f'the rule on "{table.name}" casts its own column, "{compiled(term)}", so it cannot use an index',
                f"compare the column itself; the session's value is cast to its type: {_named(term.clause)} == uid()",
            )
    return columns, {compiled(term) for term in terms}


def _is_any(side: object) -> bool:
    """Return whether a side is ANY or ALL of an array, for which no index can be used."""
    called = side.name.lower() if isinstance(side, FunctionElement) else ""
    return isinstance(side, CollectionAggregate) or called in ("any", "all", "some")


def _named(clause: ClauseElement) -> str:
    return f"Model.{clause.key}" if isinstance(clause, Column) else "Model.column"


def is_session_only(found: Expression, table: Table) -> bool:
    """Return whether an expression is the same for every row of the table."""
    return not found.always_true and not _uses_row(found.clause, table)


def _compared(found: Expression, table: Table) -> Iterator[Any]:
    """Yield the row's side of each comparison with the session or a subquery."""
    for binary in _row_level(found.clause):
        if not isinstance(binary, BinaryExpression) or not operators.is_comparison(binary.operator):
            continue
        for one, other in ((binary.left, binary.right), (binary.right, binary.left)):
            side, against = bare(one), bare(other)
            if isinstance(against, SessionValue | SelectBase) and not isinstance(side, SelectBase | SessionValue):
                own = [column for column in _columns(side) if _is_of(column, table)]
                if own and not isinstance(side, CollectionAggregate | Tuple):
                    yield table.columns[side.key] if isinstance(side, Column) else side


def _where(clause: ClauseElement, table: Table) -> str:
    everything = _ONE.select_from(table)
    prefix = f"SELECT 1 \nFROM {table_name(table)} \nWHERE "
    whole = compiled(everything.where(clause))  # type: ignore[arg-type]
    if not whole.startswith(prefix):
        strangers = (c.table for c in _columns(clause, row_level=True) if not _is_of(c, table))
        others = sorted({str(getattr(getattr(one, "element", one), "name", "")) for one in strangers})
        raise DeclarationError(
            f'the rule on "{table.name}" uses a column of "{", ".join(others)}" outside a subquery',
            f"compare with a subquery: {table.name}.column.in_(select({others[0] if others else 'other'}.column))",
        )
    return whole[len(prefix) :]


def _names_only(found: Expression, table: Table) -> bool:
    """Return whether an expression has no subquery and no column of another table, so that it needs no SELECT."""
    return not any(
        isinstance(part, SelectBase | FromClause)
        or (isinstance(part, NamedColumn) and not (part.table is None or part.table == table))
        for part in found.parts
    )


def _refuse_own_table(found: Expression, table: Table) -> None:
    """Refuse a subquery on the policy's own table, which PostgreSQL stops with "infinite recursion" (42P17)."""
    for query in found.parts:
        if not isinstance(query, Select):
            continue
        froms = [one for found in query.get_final_froms() for one in _flat(found)]
        own = [one for one in froms if _is_table(one, table)]
        aliases = [one for one in froms if isinstance(one, Alias) and _is_table(one.element, table)]
        # Next to another table, the policy's own table is the row itself, because SQLAlchemy correlates it.
        if aliases or (own and len(own) == len(froms)):
            raise DeclarationError(
                f'the rule on "{table.name}" selects from "{table.name}" itself, so its policy would read itself'
                " without end",
                "select from another table, or call a SECURITY DEFINER function in the rule",
            )


def _flat(found: FromClause) -> Iterator[FromClause]:
    if isinstance(found, Join):
        yield from _flat(found.left)
        yield from _flat(found.right)
    else:
        yield found


def _refuse_session_or(clause: ClauseElement, table: Table) -> None:
    for found in _row_level(clause):
        if not isinstance(found, BooleanClauseList) or found.operator is not operators.or_:
            continue
        of_row = [_uses_row(part, table) for part in found.clauses]
        if any(of_row) and not all(of_row):
            raise session_or(table, compiled(found.clauses[of_row.index(False)]))


def session_or(table: Table, session: str) -> DeclarationError:
    """Return the error for a condition on the row joined by OR with one on the session."""
    return DeclarationError(
        f'the rule on "{table.name}" joins the row\'s own condition by OR with "{sql.one_line(session)}", which is the'
        " same for every row: PostgreSQL then reads the whole table",
        'create a role for those users: allow("select", to=Role("app_admin"), where=true()); or join a rule with it by'
        ' "|", which accepts the cost: owner(Model.user_id) | (claim("role") == "admin")',
    )


def _row_level(clause: ClauseElement) -> Iterator[ClauseElement]:
    """Yield the parts of an expression that are not inside a subquery."""
    stack: list[Any] = [clause]
    while stack:
        one = stack.pop()
        yield one
        if not isinstance(one, SelectBase | Table):
            stack.extend(one.get_children())


def _uses_row(clause: ClauseElement, table: Table) -> bool:
    """Return whether a condition depends on the row; of `text()` the words are compared with the column names."""
    if any(_is_of(column, table) for column in _columns(clause)):
        return True
    texts = [one.text for one in visitors.iterate(clause) if isinstance(one, TextClause)]
    texts += [str(one.name) for one in visitors.iterate(clause) if isinstance(one, ColumnClause) and one.is_literal]
    words = {token.name for text in texts for token in sql.tokens(text)}
    return any(column.name in words for column in table.columns)


def _columns(clause: ClauseElement, *, row_level: bool = False) -> list[Column[Any]]:
    parts = _row_level(clause) if row_level else visitors.iterate(clause)
    return [found for found in parts if isinstance(found, Column)]


def _of_table(found: Column[Any]) -> bool:
    return isinstance(found.table, Table)


def _is_of(found: Column[Any], table: Table) -> bool:
    return isinstance(found.table, Table) and _is_table(found.table, table)


def _is_table(found: object, table: Table) -> bool:
    return isinstance(found, Table) and found.key == table.key
