"""Cast both sides of every comparison to types that PostgreSQL can compare, and bracket each condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    ClauseList,
    CollectionAggregate,
    ColumnClause,
    Grouping,
    Null,
    TextClause,
    Tuple,
)
from sqlalchemy.sql.selectable import ScalarSelect, SelectBase

from gatepost import sql
from gatepost.auth import ClaimValues, SessionValue, type_family, type_family_name
from gatepost.errors import DeclarationError

_KINS = {"bigint": "number", "numeric": "number", "bpchar": "text"}


def fitted(clause: ClauseElement) -> ClauseElement:
    """Return a copy of an expression in which every comparison can be true and can use an index.

    Raises:
        DeclarationError: a comparison's sides have types that never match, or a claim is one that its user can edit.
    """
    visited: dict[str, Callable[[Any], None]] = {
        "binary": _fit_binary,
        "expression_clauselist": _group_texts,
        "clauselist": _group_texts,
    }
    return visitors.cloned_traverse(clause, {}, visited)


def bare(clause: Any) -> Any:  # noqa: ANN401  any element of an expression
    """Return an element without brackets and without the subquery wrapper around it."""
    while isinstance(clause, Grouping | ScalarSelect):
        clause = clause.element
    return clause


class _AnyOf(ColumnElement[Any]):
    """`ANY (ARRAY(SELECT …))`."""

    inherit_cache = False

    def __init__(self, query: SelectBase) -> None:
        self.query = query
        self.type = query.selected_columns[0].type

    def get_children(self, **_options: Any) -> tuple[SelectBase]:  # noqa: ANN401  SQLAlchemy's signature
        return (self.query,)


@compiles(_AnyOf)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _render_any_of(element: _AnyOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"ANY (ARRAY({compiler.process(element.query, **options)}))"


def _fit_binary(binary: BinaryExpression[Any]) -> None:
    """Cast a session's value to the type of the other side, and rewrite `IN (SELECT …)` so that it can use an index."""
    left, right = bare(binary.left), bare(binary.right)
    if not operators.is_comparison(binary.operator):
        _refuse_user_metadata(left, right)
        return
    if isinstance(right, SessionValue) and not isinstance(left, SessionValue):
        binary.right = _fit(right, binary.left)
    elif isinstance(left, SessionValue) and not isinstance(right, SessionValue):
        binary.left = _fit(left, binary.right)
    elif isinstance(right, ClaimValues):
        right = right.fitted_to(_compared_type(left), str(left))
    elif isinstance(right, ClauseList) and not isinstance(left, Tuple):
        right.clauses = [_fit(one, binary.left) if isinstance(one, SessionValue) else one for one in right.clauses]
    else:
        _refuse_strangers(binary.left, binary.right)
    if binary.operator is operators.in_op and isinstance(right, SelectBase) and len(right.selected_columns) == 1:
        # IN (SELECT …) is a sub-plan that runs once per row; the array is an index condition.
        binary.operator = operators.eq
        binary.right = _AnyOf(right)
    if binary.operator not in (operators.in_op, operators.not_in_op):
        binary.left, binary.right = _grouped(binary.left), _grouped(binary.right)


def _fit(value: SessionValue, other: ClauseElement) -> SessionValue:
    type_ = _compared_type(other)
    return value if isinstance(type_, types.NullType) else value.fitted_to(type_, str(other))


def _compared_type(side: Any) -> types.TypeEngine[Any]:  # noqa: ANN401  any element of an expression
    side = bare(side)
    if isinstance(side, SelectBase):
        return side.selected_columns[0].type
    if isinstance(side, CollectionAggregate):
        inner = _compared_type(side.element)
        return inner.item_type if isinstance(inner, types.ARRAY) else inner
    if isinstance(side, Null) or (isinstance(side, BindParameter) and side.value is None):
        return types.NullType()
    return getattr(side, "type", types.NullType())


def _refuse_strangers(left: ClauseElement, right: ClauseElement) -> None:
    """Refuse comparisons without an operator in PostgreSQL, such as text = uuid."""
    sides = [_compared_type(left), _compared_type(right)]
    if any(isinstance(bare(one), BindParameter | Tuple | ClauseList) for one in (left, right)):
        return
    families = {_KINS.get(family or "", family) for family in map(type_family, sides)}
    if len(families) == 2 and None not in families:
        names = [type_family_name(type_) for type_ in sides]
        raise DeclarationError(
            f'"{left}" is {names[0]} and is compared with {names[1]}, which PostgreSQL refuses',
            f"cast the side that needs no index: cast(…, {type(sides[0]).__name__})",
        )


def _refuse_user_metadata(left: object, right: object) -> None:
    if not isinstance(left, SessionValue) or left.kind != "jsonb" or not isinstance(right, BindParameter):
        return
    path = right.value if isinstance(right.value, list | tuple) else [right.value]
    if path and path[0] == "user_metadata":
        raise DeclarationError(
            'jwt()["user_metadata"] is written by the user, so it must not decide access',
            'keep it in app_metadata, which only the server writes: claim("app_metadata", …)',
        )


def _group_texts(found: ClauseList) -> None:
    # SQLAlchemy puts no brackets around text: and_(text("a OR b"), c) would mean a OR (b AND c).
    if isinstance(found, BooleanClauseList):
        found.clauses = [_grouped(one) for one in found.clauses]


def _grouped(clause: Any) -> Any:  # noqa: ANN401  any element of an expression
    if isinstance(clause, TextClause):
        written = clause.text
    elif isinstance(clause, ColumnClause) and clause.is_literal:
        written = str(clause.name)
    else:
        return clause
    pieces = sql.tokens(written)
    plain = all(token.kind in ("word", "quoted", "literal") or token.text == "." for token in pieces)
    first = next((token.name for token in pieces if token.kind != "space"), None)
    return clause if plain or first in ("any", "all", "some") else Grouping(clause)
