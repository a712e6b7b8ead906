"""Search for values that make formulas hold, with cvc5.

cvc5 (BSD) is there wherever it has a wheel. It is imported when the first question is put. What it does not
decide within its time is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from typing import Any

from gatepost.analysis.solver.formulas import (
    All,
    Apply,
    Choose,
    Constant,
    Expression,
    Flag,
    Formula,
    Holds,
    Less,
    Number,
    Opposite,
    Same,
    Some,
    Symbol,
    Whole,
    both,
)

MILLISECONDS = 2_000
"""How long one question may take; those of real policies take 1 to 3 ms of processor time."""


@cache
def available() -> bool:
    """Return whether cvc5 is installed."""
    return find_spec("cvc5") is not None


@dataclass(frozen=True)
class Found:
    """Values that make everything hold."""

    values: dict[Expression, Fraction]
    flags: dict[Flag, bool]


def search(formulas: Iterable[Formula], wanted: Iterable[Expression | Flag]) -> Found | bool | None:
    """Return values that make all formulas hold, False where there are none, or None where that is not known.

    Args:
        formulas: What must hold.
        wanted: What is asked of the values.
    """
    return _Search().run(formulas, wanted)


class _Search:
    def __init__(self) -> None:
        import cvc5

        self._kinds = cvc5.Kind
        self._terms: Any = cvc5.TermManager()
        self._solver: Any = cvc5.Solver(self._terms)
        self._solver.setOption("produce-models", "true")
        self._solver.setOption("tlimit-per", str(MILLISECONDS))
        self._solver.setLogic("QF_UFLIRA")
        self._real: Any = self._terms.getRealSort()
        self._truth: Any = self._terms.getBooleanSort()
        self._made: dict[object, Any] = {}

    def run(self, formulas: Iterable[Formula], wanted: Iterable[Expression | Flag]) -> Found | bool | None:
        self._solver.assertFormula(self._formula(both(*formulas)))
        result = self._solver.checkSat()
        if result.isUnsat():
            return False
        if not result.isSat():
            return None
        values: dict[Expression, Fraction] = {}
        flags: dict[Flag, bool] = {}
        for one in wanted:
            if isinstance(one, Flag):
                flags[one] = bool(self._solver.getValue(self._formula(one)).getBooleanValue())
            else:
                values[one] = Fraction(self._solver.getValue(self._expression(one)).getRealValue())
        return Found(values, flags)

    def _symbol(self, name: str, args: int, sort: Any) -> Any:  # noqa: ANN401  cvc5 has no types
        key = (name, args, sort is self._truth)
        if key not in self._made:
            of = self._terms.mkFunctionSort([self._real] * args, sort) if args else sort
            self._made[key] = self._terms.mkConst(of, name)
        return self._made[key]

    def _expression(self, one: Expression) -> Any:  # noqa: ANN401
        if one not in self._made:
            self._made[one] = self._new_expression(one)
        return self._made[one]

    def _new_expression(self, one: Expression) -> Any:  # noqa: ANN401
        make, kinds = self._terms.mkTerm, self._kinds
        match one:
            case Symbol(name):
                return self._symbol(name, 0, self._real)
            case Number(value):
                return self._terms.mkReal(f"{value.numerator}/{value.denominator}")
            case Apply(name, args):
                function = self._symbol(name, len(args), self._real)
                return make(kinds.APPLY_UF, function, *map(self._expression, args)) if args else function
            case Choose(when, then, otherwise):
                return make(kinds.ITE, self._formula(when), self._expression(then), self._expression(otherwise))
        raise TypeError(type(one).__name__)

    def _formula(self, one: Formula) -> Any:  # noqa: ANN401
        if one not in self._made:
            self._made[one] = self._new_formula(one)
        return self._made[one]

    def _new_formula(self, one: Formula) -> Any:  # noqa: ANN401
        make, kinds = self._terms.mkTerm, self._kinds
        match one:
            case Constant(value):
                return self._terms.mkBoolean(value)
            case Flag(name):
                return self._symbol(name, 0, self._truth)
            case Same(left, right):
                return make(kinds.EQUAL, self._expression(left), self._expression(right))
            case Less(left, right):
                return make(kinds.LT, self._expression(left), self._expression(right))
            case Whole(value):
                return make(kinds.IS_INTEGER, self._expression(value))
            case Holds(name, args):
                predicate = self._symbol(name, len(args), self._truth)
                return make(kinds.APPLY_UF, predicate, *map(self._expression, args)) if args else predicate
            case All(parts):
                return make(kinds.AND, *map(self._formula, parts))
            case Some(parts):
                return make(kinds.OR, *map(self._formula, parts))
            case Opposite(part):
                return make(kinds.NOT, self._formula(part))
        raise TypeError(type(one).__name__)
