"""The sides of comparisons: the values that a list, a sub-select or a CASE holds, and which of them must differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Compare,
    Const,
    Exists,
    Items,
    Not,
    Or,
    Scalar,
    Select,
    Term,
    unwrapped,
)

_ARRAY = re.compile(r'\{[^{}",\\]+(?:,[^{}",\\]+)*\}')
"""The text of an array whose elements need no quotes."""
_SAME_WORD = frozenset({"lower", "upper", "trim", "btrim"})
"""Functions that leave a word what it is, as far as planted words are concerned: these are in small letters."""
ELEMENTS = frozenset(f"{kind}_array_elements{suffix}" for kind in ("json", "jsonb") for suffix in ("", "_text"))


def unequal(term: Term, *, turned: bool = False) -> Iterator[Compare]:
    """Yield the comparisons by which two values must differ, also where a negation around them says so."""
    if isinstance(term, Not):
        yield from unequal(term.term, turned=not turned)
    elif isinstance(term, Compare) and term.op == ("=" if turned else "<>"):
        yield term
    elif isinstance(term, And | Or):
        for one in term.terms:
            yield from unequal(one, turned=turned)
    elif isinstance(term, Case):
        for one in (*(then for _, then in term.whens), term.otherwise):
            yield from unequal(one, turned=turned)
    elif isinstance(term, Exists) and isinstance(term.select, Select):
        yield from unequal(term.select.where, turned=turned)


def members_of(many: Term) -> list[Term]:
    """Return the values of a list or of a sub-select on the right of a comparison."""
    inner = unwrapped(many)
    if isinstance(inner, Items):
        return list(inner.items)
    if isinstance(inner, Const) and isinstance(inner.value, str) and _ARRAY.fullmatch(inner.value):
        return [Const(one, "text") for one in inner.value[1:-1].split(",")]
    if isinstance(inner, Scalar):
        inner = inner.select
    return list(inner.outputs) if isinstance(inner, Select) else [inner]


def values_of(term: Term) -> list[Term]:
    """Return the parts of one side of a comparison: the items of a row, the outputs of a select, or the term itself."""
    inner = unwrapped(term)
    if isinstance(inner, Items):
        return [unwrapped(item) for item in inner.items]
    if isinstance(inner, Scalar) and isinstance(inner.select, Select):
        return [value for output in inner.select.outputs for value in values_of(output)]
    if isinstance(inner, Case):
        arms = [*(value for _, value in inner.whens), inner.otherwise]
        return [found for arm in arms for found in values_of(arm) if not isinstance(found, Const)] or [inner]
    if isinstance(inner, Call) and inner.name[1] in ELEMENTS and inner.args:
        return values_of(inner.args[0])
    if isinstance(inner, Call) and inner.name[1] in _SAME_WORD and len(inner.args) == 1:
        return values_of(inner.args[0])
    if isinstance(inner, Call) and inner.name == ("", "coalesce"):
        return [value for arg in inner.args for value in values_of(arg) if not isinstance(value, Const)] or [inner]
    return [inner]


def is_given(term: Term) -> bool:
    """Return whether no other value stands for what a token lacks: that may be the one that is compared."""
    inner = unwrapped(term)
    return not (isinstance(inner, Call) and inner.name == ("", "coalesce"))


def text_of(value: Const) -> str:
    """Return a constant as the text that a row would hold."""
    return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
