"""What a condition can come to, for a persona and any row.

The three values of SQL are bits: a set of them is what a condition can come to. A value that is not known can be
anything, so "always" and "never" are said only where they hold (PostgreSQL shows a row only where USING is true).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from gatepost.access.conditions.persona import MAYBE, SOME, Mark, Persona
from gatepost.access.conditions.terms import (
    Among,
    And,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    Const,
    Exists,
    IsNull,
    Items,
    Not,
    Once,
    Or,
    Scalar,
    Select,
    Session,
    Term,
    bare,
    remembered,
)

T, F, N = 1, 2, 4
ANY = T | F | N
_MANY_ATOMS = 7


@dataclass(frozen=True)
class Truth:
    """Weighs conditions for one persona.

    Args:
        persona: Who asks.
        filled: The row's columns that always have a value.
        fixed: What some conditions come to, whatever they say.
    """

    persona: Persona
    filled: frozenset[str] = frozenset()
    fixed: Mapping[Term, int] = field(default_factory=dict)

    def possible(self, term: Term) -> int:
        """Return the set of what a condition can come to."""
        found = self._possible(term)
        if found in (T, F, N):
            return found
        again = _again(term)
        return self._tried(term, list(again)) if again else found

    def always(self, term: Term) -> bool:
        """Tell whether a condition holds for every row."""
        return self.possible(term) == T

    def never(self, term: Term) -> bool:
        """Tell whether a condition holds for no row."""
        return not self.possible(term) & T

    def _tried(self, term: Term, atoms: list[Term]) -> int:
        found = 0
        atoms = [atom for atom in atoms if not (isinstance(atom, IsNull) and atom.term in atoms)]
        each = [[bit for bit in (T, F, N) if self._possible(atom) & bit] for atom in atoms]
        for values in product(*each):
            found |= Truth(self.persona, self.filled, dict(zip(atoms, values, strict=True)))._possible(term)
        return found

    def _possible(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return self.fixed[term]
        match term:
            case Const(value):
                return N if value is None else T if value in (True, "true", "t") else F
            case And(terms):
                return _all(self._possible(one) for one in terms)
            case Or(terms):
                return _negated(_all(_negated(self._possible(one)) for one in terms))
            case Not(one):
                return _negated(self._possible(one))
            case Once(one):
                return self._possible(one)
            case Cast(one, "boolean"):
                return self._possible(one)
            case IsNull(one):
                return self._is_null(one)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Among():
                return self._among(term)
            case Case(whens, otherwise):
                return self._case(whens, otherwise)
            case Call(("", "coalesce"), args):
                return self._coalesce(args)
            case Exists(select):
                return self._exists(select)
            case Scalar(Select(_, (output,), where, _, False, ())):
                return F | N | (T if self._possible(where) & T and self._possible(output) & T else 0)
            case Column() | Session():
                told = self._value(term)
                return N if told is None else T | F if told is SOME else ANY
            case _:
                return ANY

    def _is_null(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return T if self.fixed[term] == N else F
        value = self._value(term)
        if value is MAYBE and _boolean(term):
            found = self._possible(term)
            return (T if found & N else 0) | (F if found & ~N else 0)
        return T if value is None else T | F if value is MAYBE else F

    def _value(self, term: Term) -> object:
        term = bare(term)
        match term:
            case Const(value):
                return value
            case Session():
                return self.persona.value(term)
            case Column("", name):
                return SOME if name in self.filled else MAYBE
            case Call(("", "coalesce"), args):
                values = [self._value(arg) for arg in args]
                if values and values[0] not in (None, MAYBE):
                    return values[0]
                told = [value for value in values if value is not None]
                return (told[0] if len(told) == 1 or told[0] is not MAYBE else MAYBE) if told else None
            case Call(("", "now"), _) | Items() | Exists():
                return SOME
            case Call((schema, name), args) if not schema and name in _NULL_OF_NULL:
                values = [self._value(arg) for arg in args]
                return None if None in values else MAYBE
            case Scalar(Select(_, _, where, _, False, ())):
                return None if not self._possible(where) & T else MAYBE
        return MAYBE

    def _compare(self, op: str, left: Term, right: Term) -> int:
        if op in ("is", "is not"):
            found = self._same(left, right)
            return found if op == "is" else _negated(found)
        one, other = self._value(left), self._value(right)
        if one is None or other is None:
            return N
        null = N if MAYBE in (one, other) else 0
        if op == "=" and _boolean(left) and isinstance(bare(right), Const):
            found = self._possible(left)
            return found if other in (True, "true") else _negated(found)
        if bare(left) == bare(right) and settled(left):
            return {"=": T, ">=": T, "<=": T, "like": T, "<>": F, "<": F, ">": F}.get(op, T | F) | null
        if op in ("like", "ilike") and isinstance(other, str) and not other.strip("%") and other:
            return T | null
        if isinstance(one, Mark) or isinstance(other, Mark):
            return T | F | null
        if op in ("=", "<>"):
            return T if (_text(one) == _text(other)) == (op == "=") else F
        return T | F

    def _same(self, left: Term, right: Term) -> int:
        if isinstance(bare(right), Const) and isinstance(bare(right).value, bool):  # type: ignore[attr-defined]
            found = self._possible(left)
            wanted = T if bare(right).value else F  # type: ignore[attr-defined]
            return (T if found & wanted else 0) | (F if found & ~wanted else 0)
        one, other = self._value(left), self._value(right)
        if bare(left) == bare(right) and settled(left):
            return T
        if one is None and other is None:
            return T
        if (one is None and other not in (None, MAYBE)) or (other is None and one not in (None, MAYBE)):
            return F
        if not isinstance(one, Mark) and not isinstance(other, Mark):
            return T if _text(one) == _text(other) else F
        return T | F

    def _among(self, term: Among) -> int:
        left = self._value(term.left)
        if isinstance(term.many, Items):
            found = [self._compare(term.op, term.left, item) for item in term.many.items]
            if not found:
                return T if term.all else F
            return _all(found) if term.all else _negated(_all(_negated(one) for one in found))
        empty = T if term.all else F
        if isinstance(term.many, Select):
            where = self._possible(term.many.where)
            if not where & T and not term.many.others and not term.many.aggregated:
                return empty
            return N | empty if left is None else ANY
        return N if left is None or self._value(term.many) is None else ANY

    def _case(self, whens: tuple[tuple[Term, Term], ...], otherwise: Term) -> int:
        found = 0
        for asked, value in whens:
            possible = self._possible(asked)
            if possible & T:
                found |= self._possible(value)
            if possible == T:
                return found
        return found | self._possible(otherwise)

    def _coalesce(self, args: tuple[Term, ...]) -> int:
        found = 0
        for arg in args:
            possible = self._possible(arg)
            found |= possible & ~N
            if not possible & N:
                return found
        return found | N

    def _exists(self, select: Term) -> int:
        if not isinstance(select, Select) or select.others:
            return T | F
        if select.aggregated:
            return T
        where = self._possible(select.where)
        if not where & T:
            return F
        if not select.sources:
            return T if where == T else T | F
        if self.persona.signed_in and _own_user(select):
            return T
        return T | F


_NULL_OF_NULL = frozenset("lower upper trim || -> ->> [] split_part btrim str_position string_to_array".split())


@remembered
def leaves(term: Term) -> tuple[Term, ...]:
    """Return the conditions that a condition is put together from, in order, each as often as it stands there."""
    match term:
        case And(terms) | Or(terms):
            return tuple([leaf for one in terms for leaf in leaves(one)])
        case Not(one) | Once(one):
            return leaves(one)
        case Case(whens, otherwise):
            return (*(leaf for pair in whens for one in pair for leaf in leaves(one)), *leaves(otherwise))
        case Call(("", "coalesce"), args) if any(_boolean(arg) for arg in args):
            return tuple([leaf for arg in args for leaf in leaves(arg)])
        case Compare("is", left, Const(bool())):
            return leaves(left)
        case Const():
            return ()
    return (term,)


@remembered
def _again(term: Term) -> tuple[Term, ...]:
    """Return what a condition is put together from, once each, where something stands there twice, and not too much."""
    atoms = leaves(term)
    once = set(atoms)
    twice = len(once) < len(atoms) or any(isinstance(a, IsNull) and a.term in atoms for a in atoms)
    return tuple(sorted(once, key=repr)) if twice and len(once) <= _MANY_ATOMS else ()


def settled(term: Term) -> bool:
    """Tell whether a value stays the same within a row."""
    return not any(part.name[1] in ("random", "clock_timestamp") for part in term.every(Call))


def _boolean(term: Term) -> bool:
    kinds = And | Or | Not | Compare | Among | Exists | IsNull
    return isinstance(bare(term), kinds) or (isinstance(term, Case) and _boolean(term.whens[0][1]))


def _own_user(select: Select) -> bool:
    """Tell whether a select finds the user's own row of auth.users, which everybody signed in has."""
    relations = [source.relation for source in select.sources]
    if relations != [("auth", "users")] or not isinstance(select.where, Compare) or select.where.op != "=":
        return False
    sides = {bare(select.where.left), bare(select.where.right)}
    return sides == {Session("uid"), Column(select.sources[0].name, "id")}


def _all(found: Iterable[int]) -> int:
    total = T
    for one in found:
        total = _AND[total, one]
    return total


def _conjunction(one: int, other: int) -> int:
    found = 0
    for a, b in product((T, F, N), repeat=2):
        if one & a and other & b:
            found |= F if F in (a, b) else N if N in (a, b) else T
    return found


_AND = {(one, other): _conjunction(one, other) for one in range(8) for other in range(8)}


def _negated(found: int) -> int:
    return (found & N) | (T if found & F else 0) | (F if found & T else 0)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
