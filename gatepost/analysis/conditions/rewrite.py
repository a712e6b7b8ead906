"""Change a term from the inside out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatepost.analysis.conditions.terms import And, Or, Term, conjunction, disjunction


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
