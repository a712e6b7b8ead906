"""Fill names into a parsed expression. Equal pieces are created once and shared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gatepost.analysis.by_identity import ByIdentity
from gatepost.analysis.conditions.rewrite import with_parts
from gatepost.analysis.conditions.terms import Call, Cast, Column, Const, Source, Term

PREFIX = "gp_"
"""The start of a numbered name. `gp_0_` is the first."""
_NUMBERED = re.compile(rf"{PREFIX}\d+_")


class Pattern:
    """A term with numbered names in place of those of columns, sources, schemas and types.

    Args:
        term: The parsed expression.
    """

    def __init__(self, term: Term) -> None:
        self._term = term
        self._numbers: ByIdentity[tuple[str, ...]] = ByIdentity()
        self._made: ByIdentity[Term] = ByIdentity()

    def filled(self, names: Mapping[str, str]) -> Term:
        """Return the term with names.

        Args:
            names: The name for each number.
        """
        return self._filled(self._term, names)

    def _filled(self, term: Term, names: Mapping[str, str]) -> Term:
        numbers = self._numbers_in(term)
        if not numbers:
            return term
        filling = tuple([names[number] for number in numbers])
        known = self._made.get(term, filling)
        if known is None:
            filled = _renamed(with_parts(term, lambda part: self._filled(part, names)), names)
            known = self._made.keep(filled, term, filling)
        return known

    def _numbers_in(self, term: Term) -> tuple[str, ...]:
        known = self._numbers.get(term)
        if known is None:
            known = self._numbers.keep(tuple(dict.fromkeys(_NUMBERED.findall(repr(term)))), term)
        return known


def _renamed(part: Term, names: Mapping[str, str]) -> Term:
    match part:
        case Column(source, name) if source in names or name in names:
            return Column(names.get(source, source), names.get(name, name))
        case Source(name, relation, inside, reader):
            key = (names.get(relation[0], relation[0]), names.get(relation[1], relation[1])) if relation else None
            return Source(names.get(name, name), key, inside, reader)
        case Call((schema, name), args) if schema in names or name in names or name[1:] in names:
            field = f".{names[name[1:]]}" if name.startswith(".") and name[1:] in names else names.get(name, name)
            return Call((names.get(schema, schema), field), args)
        case Cast(inner, type_) if PREFIX in type_:
            return Cast(inner, _type(type_, names))
        case Const(value, type_) if PREFIX in type_:
            return Const(value, _type(type_, names))
    return part


def _type(type_: str, names: Mapping[str, str]) -> str:
    return _NUMBERED.sub(lambda found: names.get(found[0], found[0]), type_)
