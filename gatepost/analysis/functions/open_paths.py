"""Find a path through a function on which a caller gets rows that nothing on the path ties to them.

The body is followed as control flow: each path has the conditions of its IFs and CASEs, and what it returns.
"""

from __future__ import annotations

from collections.abc import Callable as Question
from collections.abc import Iterable, Iterator

from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.term_queries import alternatives, branches, not_true, relations, sessions
from gatepost.analysis.conditions.terms import (
    TRUE,
    Case,
    Cast,
    IsNull,
    Not,
    OncePerStatement,
    Param,
    Scalar,
    Select,
    Term,
    Unknown,
    conjunction,
    unwrapped,
)
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.schema import Function


def open_for(
    function: Function,
    body: Term,
    roles: Iterable[str],
    hidden: frozenset[tuple[str, str]],
    asks: Question[[Term], bool],
) -> tuple[str, ...]:
    """Return the roles that get rows of a hidden table on some path, tied to nothing about the caller.

    Args:
        function: The function.
        body: What it returns, over its parameters.
        roles: The roles that can call it.
        hidden: The tables whose rows the callers cannot all see.
        asks: Whether a condition depends on who is calling.
    """
    given = {*function.parameters, *(f"${at + 1}" for at in range(len(function.parameters)))}
    if body.all_of_type(Unknown) or any(one.name not in given for one in body.all_of_type(Param)):
        return ()  # something was not followed
    paths = [path for path in _paths(body, TRUE) if relations(Select(path[0].sources, (), TRUE)) & hidden]
    paths = [path for path in paths if not any(asks(source) for source in path[0].sources if source.inside)]
    ways = [way for select, reached in paths for way in _ways(select, reached)]
    return tuple([role for role in roles if any(_open(way, _truth(role), asks) for way in ways)])


def _truth(role: str) -> Truth:
    return Truth(Caller(role, signed_in=role != "anon", missing_claims=True))


def _open(way: tuple[Term, ...], truth: Truth, asks: Question[[Term], bool]) -> bool:
    """Return whether a way can be taken, and asks no more of the caller than whether there is a user."""
    if not all(truth.possible_outcomes(part) & Outcome.TRUE for part in way):
        return False
    return not any(asks(part) for part in way if not _only_whether_signed_in(part))


def _only_whether_signed_in(part: Term) -> bool:
    """Return whether a condition asks no more than whether the session has a user."""
    tested = part.term if isinstance(part, Not) else part
    return isinstance(tested, IsNull) and unwrapped(tested.term) in sessions(tested)


def _ways(select: Select, reached: Term) -> Iterator[tuple[Term, ...]]:
    for path in alternatives(reached):
        for way in alternatives(select.where):
            yield (*path, *way)


def _paths(term: Term, reached: Term) -> Iterator[tuple[Select, Term]]:
    """Yield each select whose rows are returned, with the condition under which it is reached."""
    match term:
        case Select() if any(source.relation or source.inside for source in term.sources):
            yield from ((side, reached) for side in branches(term))
        case Select():
            for output in term.outputs:
                yield from _paths(output, conjunction(reached, term.where))
            for other in term.others:
                yield from _paths(other, reached)
        case Case(whens, otherwise):
            denied: list[Term] = []
            for condition, value in whens:
                yield from _paths(value, conjunction(reached, *denied, condition))
                denied.append(not_true(condition))
            yield from _paths(otherwise, conjunction(reached, *denied))
        case Scalar(inner) | OncePerStatement(inner) | Cast(inner):
            yield from _paths(inner, reached)
