"""Formulas for the solver: symbols, numbers and what is said of them, simplified as they are made.

Every value that is not a truth is a number to the solver: uuids, texts and moments are points of an order in which
only what is equal and what comes first counts, and every countable order has such points.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


class Expression:
    """A value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A value of which nothing is known."""

    name: str


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number; true is 1 and false is 0."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Apply(Expression):
    """What a function returns for some values: the same for the same values."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Choose(Expression):
    """One value where a formula holds, another where it does not."""

    when: Formula
    then: Expression
    otherwise: Expression


class Formula:
    """Something that holds or does not."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Constant(Formula):
    """What always holds, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class Flag(Formula):
    """A truth of which nothing is known."""

    name: str


@dataclass(frozen=True, slots=True)
class Same(Formula):
    """Two values are one."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Less(Formula):
    """A value comes before another."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Whole(Formula):
    """A value is a whole number."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Holds(Formula):
    """A predicate holds for some values: alike for the same values."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class All(Formula):
    """Everything holds."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some(Formula):
    """Something holds."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Opposite(Formula):
    """Something does not hold."""

    part: Formula


YES, NO = Constant(True), Constant(False)
ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))


def both(*parts: Formula) -> Formula:
    """Return that all parts hold."""
    kept = tuple(dict.fromkeys(part for part in parts if part != YES))
    if NO in kept:
        return NO
    return All(kept) if len(kept) > 1 else kept[0] if kept else YES


def either(*parts: Formula) -> Formula:
    """Return that one of the parts holds."""
    kept = tuple(dict.fromkeys(part for part in parts if part != NO))
    if YES in kept:
        return YES
    return Some(kept) if len(kept) > 1 else kept[0] if kept else NO


def opposite(part: Formula) -> Formula:
    """Return that a part does not hold."""
    if isinstance(part, Constant):
        return NO if part.value else YES
    return part.part if isinstance(part, Opposite) else Opposite(part)


def implies(one: Formula, other: Formula) -> Formula:
    """Return that the second holds where the first does."""
    return either(opposite(one), other)


def alike(one: Formula, other: Formula) -> Formula:
    """Return that both hold, or neither."""
    return either(both(one, other), both(opposite(one), opposite(other)))


def same(left: Expression, right: Expression) -> Formula:
    """Return that two values are one."""
    if left == right:
        return YES
    if isinstance(left, Number) and isinstance(right, Number):
        return NO
    return Same(left, right)


def less(left: Expression, right: Expression) -> Formula:
    """Return that a value comes before another."""
    if isinstance(left, Number) and isinstance(right, Number):
        return YES if left.value < right.value else NO
    return NO if left == right else Less(left, right)


def choose(when: Formula, then: Expression, otherwise: Expression) -> Expression:
    """Return one value where a formula holds, another where it does not."""
    if isinstance(when, Constant):
        return then if when.value else otherwise
    return then if then == otherwise else Choose(when, then, otherwise)
