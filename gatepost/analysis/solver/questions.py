"""Put a question to the solver: whether a row can pass one condition and not another."""

from __future__ import annotations

from functools import lru_cache

from gatepost.analysis.conditions.terms import FALSE, TRUE, Term, Unknown
from gatepost.analysis.solver.answers import Answer, Comparison, NotKnown, RuledOut
from gatepost.analysis.solver.candidates import described, wanted
from gatepost.analysis.solver.conditions import Conditions
from gatepost.analysis.solver.cvc5_search import available, search
from gatepost.analysis.solver.failing import may_fail
from gatepost.analysis.solver.formulas import NO, both, opposite
from gatepost.analysis.solver.given.frame import Frame
from gatepost.analysis.solver.scope import Scope
from gatepost.analysis.solver.selects import TooMuch
from gatepost.analysis.solver.shapes import Names, Shape
from gatepost.analysis.solver.world import World

NOT_INSTALLED = NotKnown("no solver is installed: pip install cvc5")


def can_pass(condition: Term, frame: Frame, *, beyond: Term = FALSE) -> Answer:
    """Return whether a row can pass a condition though it is beyond what another one allows.

    A row passes where the condition is true. An error shows nobody a row.

    Args:
        condition: What the row must fulfil.
        frame: The tables and the caller.
        beyond: What is allowed: the rows for which this is true do not count.
    """
    return _asked(condition, beyond, frame)


def compare(left: Term, right: Term, frame: Frame) -> Comparison:
    """Return how the rows that two conditions let through differ, for the same caller.

    The sub-selects of both sides are taken to find the same rows, and the functions in `frame.steady` to be the same:
    whoever compares two databases has to see to that.

    Args:
        left: The condition before.
        right: The condition afterwards.
        frame: The tables and the caller.
    """
    if left == right and not left.all_of_type(Unknown):
        return Comparison(RuledOut(), RuledOut())
    return Comparison(gains=_implied(right, left, frame), loses=_implied(left, right, frame))


def _implied(one: Term, other: Term, frame: Frame) -> Answer:
    """Return whether a row can pass the first condition and not the second."""
    answer = _asked(one, other, frame)
    if isinstance(answer, RuledOut) and may_fail(other, frame) - may_fail(one, frame):
        return NotKnown("a cast, a function or a sub-select of one side alone may end in an error")
    return answer


def _asked(condition: Term, beyond: Term, frame: Frame) -> Answer:
    if condition == FALSE or beyond == TRUE:
        return RuledOut()
    if not available():
        return NOT_INSTALLED
    names = Names(condition, beyond, frame)
    return names.put_back(_answered(names.shape))


@lru_cache(maxsize=10_000)
def _answered(shape: Shape) -> Answer:
    """Answer a question; one that differs from another only in names is not put twice."""
    condition, beyond = shape.condition, shape.beyond
    world = World(shape)
    conditions = Conditions(world)
    try:
        passes = conditions.condition(condition, Scope()).true
        allowed = conditions.condition(beyond, Scope()).true
        conditions.demand_of_all()
        conditions.demand_checks()
    except TooMuch:
        return NotKnown("it needs more rows than are tried")
    except RecursionError:
        return NotKnown("it is nested too deeply")
    world.demand_keys()
    goal = both(passes, opposite(allowed))
    found = search((goal, *world.constraints), list(wanted(world))) if goal != NO else False
    if found is None or found is True:
        return NotKnown("the solver did not decide it in time")
    return described(world, found) if found else RuledOut()
