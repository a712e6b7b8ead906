"""Change a term from the inside out, and put comparisons together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Compare,
    CompareMany,
    Const,
    Items,
    Not,
    OncePerStatement,
    Or,
    Term,
    Unknown,
    conjunction,
    disjunction,
)

COMPARISONS = {op: op for op in ("=", "<", "<=", ">", ">=", "~", "~*")} | {"~~": "like", "~~*": "ilike"}
OPPOSITES = {"<>": "=", "!=": "=", "!~": "~", "!~*": "~*", "!~~": "like", "!~~*": "ilike"}


def rebuilt(term: Term, change: Callable[[Term], Term]) -> Term:
    """Return a term with each piece changed, from the inside out."""
    return change(with_parts(term, lambda part: rebuilt(part, change)))


def with_parts(term: Term, change: Callable[[Term], Term]) -> Term:
    """Return a term with the pieces directly inside it changed."""
    values: dict[str, Any] = {}
    same = True
    slots: tuple[str, ...] = term.__slots__
    for name in slots:
        value = new = getattr(term, name)
        if isinstance(value, Term):
            new = change(value)
        elif isinstance(value, tuple) and value:
            new = _changed(value, change)
        values[name] = new
        same = same and new is value
    if same:
        return term
    if isinstance(term, And):
        return conjunction(*values["terms"])
    if isinstance(term, Or):
        return disjunction(*values["terms"])
    return type(term)(**values)


def _changed(values: tuple[object, ...], change: Callable[[Term], Term]) -> tuple[object, ...]:
    new = tuple(
        change(v) if isinstance(v, Term) else _changed(v, change) if isinstance(v, tuple) else v for v in values
    )
    return new if any(a is not b for a, b in zip(new, values, strict=True)) else values


def within_case(comparison: Compare | CompareMany) -> Term:
    """Return a comparison of a CASE with literals as a CASE of comparisons: `level(…) = 'write'` has ways then.

    Anything else is returned as it is.
    """
    side = comparison.left
    while isinstance(side, OncePerStatement):
        side = side.term
    if not isinstance(side, Case) or not _is_literal(comparison):
        return comparison

    def compared(value: Term) -> Term:
        if isinstance(comparison, Compare):
            return within_case(Compare(comparison.op, value, comparison.right))
        return within_case(CompareMany(comparison.op, value, comparison.many, comparison.all))

    whens = tuple([(condition, compared(value)) for condition, value in side.whens])
    return Case(whens, compared(side.otherwise))


def _is_literal(comparison: Compare | CompareMany) -> bool:
    """Return whether the right side of a comparison is a literal, or a list of literals."""
    if isinstance(comparison, Compare):
        return isinstance(comparison.right, Const)
    return isinstance(comparison.many, Items) and all(isinstance(one, Const) for one in comparison.many.items)


def compared(op: str, left: Term, right: Term) -> Term:
    """Return an operator between two values."""
    if op in OPPOSITES:
        return Not(Compare(OPPOSITES[op], left, right))  # the same atom as its opposite
    if op in COMPARISONS:
        return Compare(COMPARISONS[op], left, right)
    return Call(("", op), (left, right))


def compared_rows(op: str, left: Items, right: Items) -> Term:
    """Return an operator between two rows: their fields decide in order, as far as they are equal."""
    if len(left.items) != len(right.items):
        raise NotUnderstood("rows of different lengths")
    pairs = list(zip(left.items, right.items, strict=True))
    if op in ("=", "<>", "is"):
        same = conjunction(*(Compare("is" if op == "is" else "=", one, other) for one, other in pairs))
        return Not(same) if op == "<>" else same
    if op not in ("<", "<=", ">", ">="):
        return Unknown(f"{op} of a row", (left, right))
    *first, last = pairs
    found: Term = Compare(op, *last)
    for one, other in reversed(first):
        found = disjunction(Compare(op[0], one, other), conjunction(Compare("=", one, other), found))
    return found
