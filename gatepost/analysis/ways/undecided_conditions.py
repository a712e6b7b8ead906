"""Conditions of which it is not known who fulfils them: something in them could not be followed, or computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.term_queries import alternatives, relations, row_columns, sessions
from gatepost.analysis.conditions.terms import (
    RECURSION,
    Call,
    Case,
    Cast,
    Compare,
    Not,
    OncePerStatement,
    Session,
    Term,
    Unknown,
    unwrapped,
)
from gatepost.analysis.policies import Analysis, PolicyFacts
from gatepost.analysis.row_ownership import RowOwnership, arms
from gatepost.finding import NotChecked

_USER = Session("uid")
_MANY = 32


def undecided(policies: Iterable[PolicyFacts], analysis: Analysis, ownership: RowOwnership) -> Iterator[NotChecked]:
    """Yield each permissive policy that has a way in of which nobody knows for whom it is open.

    Args:
        policies: The policies of tables whose row security is on.
        analysis: What the policies mean.
        ownership: What ties rows to their caller.
    """
    for one in policies:
        reason = _reason(one, analysis, ownership) if one.policy.permissive else ""
        if reason:
            yield NotChecked(f"{one.policy}: who passes it", reason, ours=True)


def _reason(one: PolicyFacts, analysis: Analysis, ownership: RowOwnership) -> str:
    for command in one.commands:
        term = one.condition(command)
        for role in one.callers[command]:
            truth = analysis.truth(one.table, role)
            for way in ways_in(term):
                if not all(truth.possible_outcomes(part) & Outcome.TRUE for part in way):
                    continue
                if _by_look(way):
                    return "a way in depends only on what the caller's id looks like, which was not computed"
                followed = [part for part in way if set(part.all_of_type(Unknown)) <= {RECURSION}]
                tied = any(ownership.columns_tied(part, one.table, role) for part in followed)
                if len(followed) < len(way) and not tied:
                    return "a way in is decided by something that could not be followed"
    return ""


def ways_in(term: Term) -> list[tuple[Term, ...]]:
    """Return the ways in which a condition can hold, those through a CASE or an IF among them."""
    found: list[tuple[Term, ...]] = []
    for way in alternatives(term):
        choice = next((part for part in way if isinstance(_inside(part), Case)), None)
        inner = _inside(choice) if choice is not None else None
        if not isinstance(inner, Case):
            found.append(way)
            continue
        rest = tuple(part for part in way if part is not choice)
        for arm in arms(inner.whens, inner.otherwise):
            found += [(*rest, *one) for one in ways_in(arm)]
            if len(found) > _MANY:
                return [(term,)]
    return found


def _inside(term: Term) -> Term:
    while isinstance(term, OncePerStatement) or (isinstance(term, Cast) and term.type == "boolean"):
        term = term.term
    return term


def _by_look(way: tuple[Term, ...]) -> bool:
    """Return whether what must all hold in one way says nothing but what the caller's id looks like.

    `length(auth.uid()::text) = 36` is true of every id, and nothing in it says so.
    """
    return all(_looks_at_id(part) for part in way)


def _looks_at_id(part: Term) -> bool:
    while isinstance(part, Not):
        part = part.term
    if row_columns(part) or relations(part) or sessions(part) != {_USER}:
        return False
    if not isinstance(part, Compare) or part.op in ("is", "is not"):
        return False
    if any(call.name[0] for call in part.all_of_type(Call)):
        return False  # a function of the project may look anything up
    made = [side for side in (part.left, part.right) if _USER in side.walk()]
    return any(unwrapped(side) != _USER or (isinstance(side, Cast) and part.op != "=") for side in made)
