"""Represent a condition: the few shapes that it is made of, as frozen values.

A column without a source belongs to the row that the policy decides about; one with a source belongs to a table of a
sub-select. `OncePerStatement` is a sub-select without FROM, such as `(SELECT auth.uid())`: what is inside is its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, wraps
from typing import Any, Literal, TypeVar

SessionKind = Literal["uid", "role", "email", "claim", "request", "setting", "current_user", "session_user"]

Kind = TypeVar("Kind", bound="Term")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Kept:
    """What was computed about one term, for as long as the term exists: every rule needs it again."""

    whole: tuple[Term, ...] | None = None
    kinds: dict[type[Term], list[Any]] | None = None
    answers: dict[object, Any] = field(default_factory=dict)


class Term:
    """A piece of a condition."""

    __slots__ = ("_kept",)
    _kept: Kept

    @property
    def kept(self) -> Kept:
        """What was computed about this term."""
        if not hasattr(self, "_kept"):
            object.__setattr__(self, "_kept", Kept())
        return self._kept

    @property
    def parts(self) -> list[Term]:
        """The pieces directly inside."""
        return _terms([getattr(self, name) for name in _names(type(self))], [])  # type: ignore[arg-type]

    def walk(self) -> tuple[Term, ...]:
        """Return this piece and every one inside it, the outer before the inner, from left to right."""
        whole = self._kept.whole if hasattr(self, "_kept") else None  # not by the property, which costs as much as all
        if whole is None:
            found: list[Term] = [self]
            for part in self.parts:
                found.extend(part.walk())
            whole = self.kept.whole = tuple(found)
        return whole

    def all_of_type(self, kind: type[Kind]) -> Sequence[Kind]:
        """Return the pieces of one kind: this one and those inside it, in the order of `walk`."""
        kinds = self._kept.kinds if hasattr(self, "_kept") else None
        if kinds is None:
            kinds = self.kept.kinds = {}
            for part in self.walk():
                kinds.setdefault(type(part), []).append(part)
        return kinds.get(kind, ())


def remembered(question: Callable[[Term], Answer]) -> Callable[[Term], Answer]:
    """Compute a property of a term once. It must depend on the term alone; the shared result must not be changed."""

    @wraps(question)
    def cached(term: Term) -> Answer:
        try:  # most often it is there, and a property costs as much as the rest
            found: Answer = term._kept.answers[question]
        except (AttributeError, KeyError):
            found = term.kept.answers[question] = question(term)
        return found

    return cached


def _terms(values: Sequence[object], found: list[Term]) -> list[Term]:
    for value in values:
        if isinstance(value, Term):
            found.append(value)
        elif isinstance(value, tuple):
            _terms(value, found)
    return found


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.name not in ("name", "type", "op", "path", "kind"))


@dataclass(frozen=True, slots=True)
class Const(Term):
    """A literal; NULL is None, and the types are PostgreSQL's names."""

    value: str | bool | int | None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Column(Term):
    """A column: of the row where `source` is empty, else of the source with that name."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Param(Term):
    """A parameter of a function, by its name or as `$1`."""

    name: str


@dataclass(frozen=True, slots=True)
class Session(Term):
    """A value of the session; `path` leads into the claims, the request or the setting.

    `raw` says that the claim is still jsonb (`->`), whose text has quotes around a string.
    """

    kind: SessionKind
    path: tuple[str, ...] = ()
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Call(Term):
    """A function call. `name` is (schema, name), without a schema for PostgreSQL's own. Operators are calls too."""

    name: tuple[str, str]
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast(Term):
    """A value cast to another type."""

    term: Term
    type: str


@dataclass(frozen=True, slots=True)
class Compare(Term):
    """A comparison of two values. `op` is an operator, `is` (not distinct) or `is not`."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class CompareMany(Term):
    """A comparison of one value with many: `= ANY`, `IN`, `<> ALL`. The many are a select, an array or a list."""

    op: str
    left: Term
    many: Term
    all: bool = False


@dataclass(frozen=True, slots=True)
class Items(Term):
    """Values in a list: an ARRAY[...], a ROW(...) or the list of an IN."""

    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class And(Term):
    """A conjunction: true if all of its terms are."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or(Term):
    """A disjunction: true if any of its terms is."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Not(Term):
    """A negation."""

    term: Term


@dataclass(frozen=True, slots=True)
class IsNull(Term):
    """A test whether a value is NULL."""

    term: Term


@dataclass(frozen=True, slots=True)
class Case(Term):
    """A CASE: pairs of (condition, value), and the value otherwise."""

    whens: tuple[tuple[Term, Term], ...]
    otherwise: Term


@dataclass(frozen=True, slots=True)
class OncePerStatement(Term):
    """A sub-select without FROM. PostgreSQL evaluates it once per statement if nothing in it depends on the row."""

    term: Term


@dataclass(frozen=True, slots=True)
class Source(Term):
    """One source of a select: a relation by (schema, name), a function, or another select.

    `reader` is the owner of the SECURITY DEFINER function that reads it, or empty where the caller reads it.
    """

    name: str
    relation: tuple[str, str] | None = None
    inside: Term | None = None
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Select(Term):
    """A sub-select. `one_row` if it cannot return more, `aggregated` if it always returns exactly one; its ORDER BY."""

    sources: tuple[Source, ...]
    outputs: tuple[Term, ...]
    where: Term
    one_row: bool = False
    aggregated: bool = False
    others: tuple[Term, ...] = ()
    ordered: tuple[Term, ...] = ()

    @property
    def computed(self) -> bool:
        """Whether it returns one row of one value, without any table."""
        return len(self.outputs) == 1 and not (self.sources or self.others) and self.where == TRUE


@dataclass(frozen=True, slots=True)
class Exists(Term):
    """A test whether a select returns a row."""

    select: Term


@dataclass(frozen=True, slots=True)
class Scalar(Term):
    """The one value of a select."""

    select: Term


@dataclass(frozen=True, slots=True)
class Unknown(Term):
    """Something that could not be followed. The `parts` inside it are still checked for what they read."""

    text: str
    inside: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Error(Term):
    """An error. The statement ends here, and nobody sees or writes a row."""


ERROR = Error()
RECURSION = Unknown("the rows that a recursive query found so far")
TRUE = Const(True, "boolean")
FALSE = Const(False, "boolean")
NULL = Const(None)


def unwrapped(term: Term) -> Term:
    """Return a value without the casts and sub-selects around it that do not change it."""
    while True:
        if isinstance(term, Cast | OncePerStatement):
            term = term.term
        elif isinstance(term, Scalar) and isinstance(term.select, Select) and term.select.computed:
            term = term.select.outputs[0]
        else:
            return term


def conjunction(*terms: Term) -> Term:
    """Return the conjunction, flat."""
    flat = [one for term in terms if term != TRUE for one in (term.terms if isinstance(term, And) else (term,))]
    return And(tuple(flat)) if len(flat) > 1 else flat[0] if flat else TRUE


def disjunction(*terms: Term) -> Term:
    """Return the disjunction, flat."""
    flat = [one for term in terms for one in (term.terms if isinstance(term, Or) else (term,))]
    return Or(tuple(flat)) if len(flat) > 1 else flat[0]
