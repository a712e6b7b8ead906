"""Change a term from the inside out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatepost.access.conditions.terms import And, Or, Term, both, either


def rebuilt(term: Term, change: Callable[[Term], Term]) -> Term:
    """Return a term with each piece changed, from the inside out."""
    values: dict[str, Any] = {}
    slots: tuple[str, ...] = term.__slots__
    for name in slots:
        value = getattr(term, name)
        new = rebuilt(value, change) if isinstance(value, Term) else value
        if isinstance(value, tuple) and value:
            new = _rebuilt_all(value, change)
        values[name] = new
    if any(values[name] is not getattr(term, name) for name in values):
        if isinstance(term, And):
            return change(both(*values["terms"]))
        if isinstance(term, Or):
            return change(either(*values["terms"]))
        term = type(term)(**values)
    return change(term)


def _rebuilt_all(values: tuple[object, ...], change: Callable[[Term], Term]) -> tuple[object, ...]:
    new = tuple(
        rebuilt(v, change) if isinstance(v, Term) else _rebuilt_all(v, change) if isinstance(v, tuple) else v
        for v in values
    )
    return new if any(a is not b for a, b in zip(new, values, strict=True)) else values
