"""Evaluate a condition in SQL's three-valued logic, for one caller and any row.

Each of the three values of SQL is a bit, and so is an error. A condition evaluates to a set of them. An unknown value
can be anything, so "always" and "never" are only returned where they are certain (PostgreSQL shows a row only where
USING is true). Strict functions and operators return NULL for NULL (`pg_proc.proisstrict`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from gatepost.analysis.conditions import condition_parts as parts
from gatepost.analysis.conditions import constants
from gatepost.analysis.conditions.caller import CLAIMS_OF_ALL, MAYBE, SOME, Caller
from gatepost.analysis.conditions.outcomes import Outcome, all_of, negated
from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    Error,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Scalar,
    Select,
    Session,
    Term,
    unwrapped,
)


@dataclass(frozen=True)
class Truth:
    """Evaluates conditions for one caller.

    Args:
        caller: The caller.
        filled: The row's columns that always have a value.
        fixed: The outcomes of some conditions, which then are not evaluated.
    """

    caller: Caller
    filled: frozenset[str] = frozenset()
    fixed: Mapping[Term, int] = field(default_factory=dict)

    def possible_outcomes(self, term: Term) -> int:
        """Return the set of outcomes that a condition can have."""
        found = self._possible(term)
        if found in (Outcome.TRUE, Outcome.FALSE, Outcome.NULL, Outcome.ERROR):
            return found
        again = parts.repeated(term)
        return self._tried(term, list(again)) if again else found

    def always(self, term: Term) -> bool:
        """Return whether a condition is true for every row."""
        return self.possible_outcomes(term) == Outcome.TRUE

    def never(self, term: Term) -> bool:
        """Return whether a condition is true for no row."""
        return not self.possible_outcomes(term) & Outcome.TRUE

    def _tried(self, term: Term, atoms: list[Term]) -> int:
        found = 0
        atoms = [atom for atom in atoms if not (isinstance(atom, IsNull) and atom.term in atoms)]
        each = [
            [bit for bit in (Outcome.TRUE, Outcome.FALSE, Outcome.NULL, Outcome.ERROR) if self._possible(atom) & bit]
            for atom in atoms
        ]
        for values in product(*each):
            found |= Truth(self.caller, self.filled, dict(zip(atoms, values, strict=True)))._possible(term)
        return found

    def _possible(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return self.fixed[term]
        match term:
            case Const(value):
                return (
                    Outcome.NULL if value is None else Outcome.TRUE if value in (True, "true", "t") else Outcome.FALSE
                )
            case Error():
                return Outcome.ERROR
            case And(terms):
                return all_of(self._possible(one) for one in terms)
            case Or(terms):
                return negated(all_of(negated(self._possible(one)) for one in terms))
            case Not(one):
                return negated(self._possible(one))
            case OncePerStatement(one):
                return self._possible(one)
            case Cast(Cast(one, "text"), "boolean") | Cast(one, "boolean"):
                known = parts.boolean(one) or isinstance(unwrapped(one), Const)
                return self._possible(one) if known else self._unfollowed(one)
            case IsNull(one):
                return self._is_null(one)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case CompareMany():
                return self._among(term)
            case Case(whens, otherwise):
                return self._case(whens, otherwise)
            case Call(("", "coalesce"), args):
                return self._coalesce(args)
            case Exists(select):
                return self._exists(select)
            case Scalar(Select(_, (output,), _, _, False, ()) as select):
                return (
                    Outcome.FALSE
                    | Outcome.NULL
                    | (Outcome.TRUE if self._finds(select) and self._possible(output) & Outcome.TRUE else 0)
                )
            case Column() | Session():
                held = self._value(term)
                return Outcome.NULL if held is None else Outcome.TRUE | Outcome.FALSE if held is SOME else Outcome.ANY
            case Call(("", "?"), (Session("claim", ()), Const(str() as claim))) if self.caller.signed_in:
                return Outcome.TRUE if claim in CLAIMS_OF_ALL else Outcome.ANY
            case Call():
                return Outcome.NULL if self._value(term) is None else Outcome.ANY
            case _:
                return Outcome.ANY

    def _unfollowed(self, term: Term) -> int:
        """Return the possible outcomes of a value that is cast to a boolean."""
        value = self._value(term)
        return Outcome.NULL if value is None else Outcome.TRUE | Outcome.FALSE if value is not MAYBE else Outcome.ANY

    def _is_null(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return Outcome.TRUE if self.fixed[term] == Outcome.NULL else Outcome.FALSE
        value = self._value(term)
        if value is MAYBE and parts.boolean(term):
            found = self._possible(term)
            return (
                (Outcome.TRUE if found & Outcome.NULL else 0)
                | (Outcome.FALSE if found & (Outcome.TRUE | Outcome.FALSE) else 0)
                | (found & Outcome.ERROR)
            )
        return Outcome.TRUE if value is None else Outcome.TRUE | Outcome.FALSE if value is MAYBE else Outcome.FALSE

    def _value(self, term: Term) -> object:
        term = unwrapped(term)
        match term:
            case Const(value):
                return value
            case Session():
                return self.caller.value(term)
            case Column("", name):
                return SOME if name in self.filled else MAYBE
            case Call(("", "coalesce"), args):
                values = [self._value(arg) for arg in args]
                if values and values[0] not in (None, MAYBE):
                    return values[0]
                present = [value for value in values if value is not None]
                return (present[0] if len(present) == 1 or present[0] is not MAYBE else MAYBE) if present else None
            case Call(("", "now"), _) | Items() | Exists():
                return SOME
            case Call((schema, name), args) if not schema and name not in parts.NOT_STRICT:
                return None if None in [self._value(arg) for arg in args] else MAYBE
            case Scalar(select):
                return MAYBE if self._finds(select) else None
        return MAYBE

    def _compare(self, op: str, left: Term, right: Term) -> int:
        if op in ("is", "is not"):
            found = self._same(left, right)
            return found if op == "is" else negated(found)
        one, other = self._value(left), self._value(right)
        if one is None or other is None:
            return Outcome.NULL
        if (counted := parts.of_count(op, left, right)) is not None:
            return Outcome.TRUE if counted else Outcome.FALSE
        null = Outcome.NULL if MAYBE in (one, other) else 0
        if op == "=" and parts.boolean(left) and isinstance(unwrapped(right), Const):
            found = self._possible(left)
            return found if other in (True, "true") else negated(found)
        if parts.same_value(left, right):
            return {
                "=": Outcome.TRUE,
                ">=": Outcome.TRUE,
                "<=": Outcome.TRUE,
                "<>": Outcome.FALSE,
                "<": Outcome.FALSE,
                ">": Outcome.FALSE,
            }.get(op, Outcome.TRUE | Outcome.FALSE) | null
        if op in ("like", "ilike") and isinstance(other, str) and not other.strip("%") and other:
            return Outcome.TRUE | null
        decided = constants.holds(self.caller, op, left, right)
        return (Outcome.TRUE | Outcome.FALSE if decided is None else Outcome.TRUE if decided else Outcome.FALSE) | null

    def _same(self, left: Term, right: Term) -> int:
        if isinstance(unwrapped(right), Const) and isinstance(unwrapped(right).value, bool):  # type: ignore[attr-defined]
            found = self._possible(left)
            wanted = Outcome.TRUE if unwrapped(right).value else Outcome.FALSE  # type: ignore[attr-defined]
            return (
                (Outcome.TRUE if found & wanted else 0)
                | (Outcome.FALSE if found & ~wanted & ~Outcome.ERROR else 0)
                | (found & Outcome.ERROR)
            )
        one, other = self._value(left), self._value(right)
        if parts.same_value(left, right):
            return Outcome.TRUE
        if one is None and other is None:
            return Outcome.TRUE
        if (one is None and other not in (None, MAYBE)) or (other is None and one not in (None, MAYBE)):
            return Outcome.FALSE
        if None not in (one, other):
            decided = constants.holds(self.caller, "=", left, right)
            return Outcome.TRUE | Outcome.FALSE if decided is None else Outcome.TRUE if decided else Outcome.FALSE
        return Outcome.TRUE | Outcome.FALSE

    def _among(self, term: CompareMany) -> int:
        left = self._value(term.left)
        if isinstance(term.many, Items):
            found = [self._compare(term.op, term.left, item) for item in term.many.items]
            if not found:
                return Outcome.TRUE if term.all else Outcome.FALSE
            return all_of(found) if term.all else negated(all_of(negated(one) for one in found))
        empty = Outcome.TRUE if term.all else Outcome.FALSE
        if isinstance(term.many, Select):
            if not self._finds(term.many):
                return empty
            if term.all:
                return Outcome.NULL | empty if left is None else Outcome.ANY
            return (
                Outcome.FALSE
                | Outcome.NULL
                | (Outcome.TRUE if any(self._matches(term, side) for side in parts.sides(term.many)) else 0)
            )
        if (many := self._value(term.many)) is None:
            return Outcome.NULL
        return empty if many == "{}" else Outcome.NULL | empty if left is None else Outcome.ANY  # an array may be empty

    def _matches(self, term: CompareMany, side: Term) -> bool:
        """Return whether a value can equal one of the values on the other side."""
        if not isinstance(side, Select) or len(side.outputs) != 1:
            return True
        return self._finds(side) and bool(self._compare(term.op, term.left, side.outputs[0]) & Outcome.TRUE)

    def _finds(self, select: Term) -> bool:
        """Return whether a select can find a row at all."""
        if not isinstance(select, Select):
            return True
        if select.aggregated or any(self._finds(other) for other in select.others):
            return True
        if not self._possible(select.where) & Outcome.TRUE:
            return False
        inner = [source.inside for source in select.sources if source.inside is not None]
        return all(self._rows(one) for one in inner) and all(self._rows(one) for one in select.outputs)

    def _rows(self, term: Term) -> bool:
        """Return whether a source or an output of a select can produce a row."""
        if isinstance(term, Select):
            return self._finds(term)
        if not isinstance(term, Call) or term.name[1] not in parts.RETURN_SETS:
            return True
        values = [self._value(arg) for arg in term.args]  # a strict function returns no row for NULL
        return None not in values and not (term.name[1] in parts.UNFOLD and values[:1] in (["[]"], ["{}"]))

    def _case(self, whens: tuple[tuple[Term, Term], ...], otherwise: Term) -> int:
        found = 0
        for condition, value in whens:
            possible = self._possible(condition)
            if possible & Outcome.TRUE:
                found |= self._possible(value)
            if possible == Outcome.TRUE:
                return found
        return found | self._possible(otherwise)

    def _coalesce(self, args: tuple[Term, ...]) -> int:
        found = 0
        for arg in args:
            possible = self._possible(arg)
            found |= possible & ~Outcome.NULL
            if not possible & Outcome.NULL:
                return found
        return found | Outcome.NULL

    def _exists(self, select: Term) -> int:
        if not self._finds(select):
            return Outcome.FALSE
        if not isinstance(select, Select) or select.others:
            return Outcome.TRUE | Outcome.FALSE
        if select.aggregated:
            return Outcome.TRUE
        where = self._possible(select.where)
        if not select.sources:
            return Outcome.TRUE if where == Outcome.TRUE and not parts.of_many(select) else Outcome.TRUE | Outcome.FALSE
        if self.caller.signed_in and parts.own_user(select):
            return Outcome.TRUE
        return Outcome.TRUE | Outcome.FALSE
