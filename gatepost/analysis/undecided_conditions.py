"""Conditions on the caller's id alone of which it is not known who fulfils them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatepost.analysis.conditions.term_queries import alternatives, relations, row_columns, sessions
from gatepost.analysis.conditions.terms import Call, Cast, Compare, Not, Session, Term, unwrapped
from gatepost.analysis.policies import PolicyFacts
from gatepost.finding import NotChecked

if TYPE_CHECKING:
    from collections.abc import Iterable

_USER = Session("uid")


def undecided(policies: Iterable[PolicyFacts]) -> Iterator[NotChecked]:
    """Yield each policy with a way in that depends on nothing but what the caller's id looks like.

    `length(auth.uid()::text) = 36` is true of every id, and nothing in it says so: an id is made into something else,
    and only then compared. Such a way says neither whose a row is nor who an authority is.
    """
    for one in policies:
        if not one.policy.permissive or not one.roles:
            continue
        if any(_by_look(way) for term in dict.fromkeys(one.followed) for way in alternatives(term)):
            why = "a way in depends only on what the caller's id looks like, and whether every id does was not computed"
            yield NotChecked(f"who passes the policy {one.policy}", why, ours=True)


def _by_look(way: tuple[Term, ...]) -> bool:
    """Tell whether what must all hold in one way says nothing but what the caller's id looks like."""
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
