"""Change a term from the inside out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gatepost.access.conditions.terms import And, Call, Cast, Column, Const, Or, Source, Term, both, either


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


_NUMBERED = re.compile(r"gp_\d+_")


def renamed(term: Term, names: Mapping[str, str]) -> Term:
    """Return a term with other names of columns, sources, functions and types.

    Args:
        term: What is parsed.
        names: The name for each name that is to be replaced.
    """
    return rebuilt(term, lambda part: _renamed(part, names))


def _renamed(part: Term, names: Mapping[str, str]) -> Term:
    match part:
        case Column(source, name) if source in names or name in names:
            return Column(names.get(source, source), names.get(name, name))
        case Source(name, relation, inside, reader):
            told = (names.get(relation[0], relation[0]), names.get(relation[1], relation[1])) if relation else None
            return Source(names.get(name, name), told, inside, reader)
        case Call((schema, name), args) if schema in names or name in names or name[1:] in names:
            field = f".{names[name[1:]]}" if name.startswith(".") and name[1:] in names else names.get(name, name)
            return Call((names.get(schema, schema), field), args)
        case Cast(inner, type_) if "gp_" in type_:
            return Cast(inner, _type(type_, names))
        case Const(value, type_) if "gp_" in type_:
            return Const(value, _type(type_, names))
    return part


def _type(type_: str, names: Mapping[str, str]) -> str:
    return _NUMBERED.sub(lambda found: names.get(found[0], found[0]), type_)
