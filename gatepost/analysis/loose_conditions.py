"""Classify conditions that let rows through without tying them to the caller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal

from gatepost.analysis.conditions.condition_parts import leaves
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import as_exists, relations, row_columns, same_sides, sessions
from gatepost.analysis.conditions.terms import (
    FALSE,
    TRUE,
    Call,
    Case,
    Column,
    Compare,
    Const,
    IsNull,
    Not,
    Or,
    Term,
    conjunction,
    unwrapped,
)
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.row_ownership import OF_EVERYBODY, RowOwnership
from gatepost.analysis.ways.undecided_conditions import ways_in
from gatepost.name_hints import word_list

Shape = Literal["plain", "session", "everybody", "always true", "row"]
_MANY = 8


def shape(term: Term, truth: Truth, ownership: RowOwnership) -> Shape:
    """Return how a condition lets rows through that it ties to nobody.

    `plain` is a literal `true`. `session` checks only whether somebody is signed in. `everybody` looks for a row that
    every user has. `always true` compares a value with itself. `row` checks only what is in the row.
    """
    parts = leaves(term)
    reads_rows = bool(row_columns(term) or relations(term))
    if reads_rows and truth.always(term) and not _session_decides(term, parts, truth):
        return "always true"
    if any(isinstance(unwrapped(one.left), Column) and unwrapped(one.left).source == "" for one in same_sides(term)):  # type: ignore[attr-defined]
        return "always true"
    if not reads_rows:
        return "session" if sessions(term) else "plain"
    if any(ownership.everybody(one) for one in parts):
        return "everybody"
    return "session" if truth.always(term) else "row"


def _session_decides(term: Term, parts: Sequence[Term], truth: Truth) -> bool:
    """Return whether a condition is true for every row because of the session's values."""
    of_session = [one for one in parts if sessions(one) and not (row_columns(one) or relations(one))]
    row = {one: Outcome.FALSE for one in parts if one not in of_session}
    if not of_session or not Truth(truth.caller, truth.filled, row).always(term):
        return False
    turned = {one: Outcome.FALSE if truth.possible_outcomes(one) & Outcome.TRUE else Outcome.TRUE for one in of_session}
    return not Truth(truth.caller, truth.filled, {**row, **turned}).always(term)


def ways(term: Term) -> tuple[Term, ...]:
    """Return the alternatives of a condition, those of a CASE among them: each of them lets a row through by itself."""
    if term.all_of_type(Case):
        return tuple([conjunction(*way) for way in ways_in(term) if FALSE not in way]) or (FALSE,)
    return term.terms if isinstance(term, Or) else (term,)


def passes_by_nothing(term: Term, truth: Truth) -> bool:
    """Return whether rows pass because the session has no value where the condition reads one.

    That is so where some row passes with the session's conditions as they evaluate, but not if they failed.
    """
    if not any(truth.caller.value(session) is None for session in sessions(term)):
        return False
    if _true_by_default(term, truth):
        return True
    parts = sorted(set(leaves(term)), key=repr)
    lacking = [one for one in parts if _lacks(one, truth)]
    if not lacking or len(parts) > _MANY:
        return False
    row = [one for one in parts if one not in lacking and not (sessions(one) or relations(one))]
    other = {one: _settled(truth.possible_outcomes(one)) for one in parts if one not in lacking and one not in row}
    for values in product((Outcome.TRUE, Outcome.FALSE), repeat=len(row)):
        world = {**other, **dict(zip(row, values, strict=True))}
        stranger = {**world, **{one: _to_stranger(one) for one in lacking}}
        if Truth(truth.caller, truth.filled, stranger).possible_outcomes(term) & Outcome.TRUE:
            continue
        for outcome in product(*(_bits(truth.possible_outcomes(one)) for one in lacking)):
            tried = {**world, **dict(zip(lacking, outcome, strict=True))}
            if Truth(truth.caller, truth.filled, tried).possible_outcomes(term) & Outcome.TRUE:
                return True
    return False


def _true_by_default(term: Term, truth: Truth) -> bool:
    """Return whether a condition is true because it takes a claim that the session lacks as true."""
    if truth.possible_outcomes(term) != Outcome.TRUE:
        return False

    def without(part: Term) -> Term:
        if (
            isinstance(part, Call)
            and part.name == ("", "coalesce")
            and unwrapped(part.args[-1]) in (TRUE, Const("true"))
        ):
            lacked = (truth.caller.value(session) is None for session in sessions(part))
            return FALSE if any(lacked) else part
        return part

    return truth.possible_outcomes(rebuilt(term, without)) != Outcome.TRUE


def _lacks(term: Term, truth: Truth) -> bool:
    """Return whether a condition reads a value that the session lacks, other than to compare it with a default.

    `coalesce(claim, 'free') = 'free'` says what a token without the claim stands for. That is intended.
    """
    compares = row_columns(term) or isinstance(unwrapped(term), IsNull)
    return bool(compares) and any(truth.caller.value(session) is None for session in sessions(term))


def _bits(possible: int) -> list[int]:
    return [bit for bit in (Outcome.TRUE, Outcome.FALSE, Outcome.NULL) if possible & bit]


def _settled(possible: int) -> int:
    """Return the outcome of a condition for a caller who has nothing to do with the row."""
    return possible if possible in (Outcome.TRUE, Outcome.FALSE, Outcome.NULL) else Outcome.FALSE


def _to_stranger(term: Term) -> int:
    """Return the outcome of a condition on the session for a signed-in caller who is somebody else."""
    return Outcome.TRUE if isinstance(term, Compare) and term.op in ("<>", "is not") else Outcome.FALSE


def is_guard(term: Term) -> bool:
    """Return whether a condition only restricts: it excludes a state of the row, or checks how the caller signed in."""
    parts = list(_signed(term))
    return bool(parts) and all(_guards(one, denied) for one, denied in parts)


def _signed(term: Term, denied: bool = False) -> Iterator[tuple[Term, bool]]:
    if isinstance(term, Not):
        yield from _signed(term.term, not denied)
    elif hasattr(term, "terms"):
        for one in term.terms:
            yield from _signed(one, denied)
    else:
        yield term, denied


def _guards(term: Term, denied: bool) -> bool:
    read = sessions(term)
    if read:
        claims = {session.path[0] for session in read if session.kind == "claim" and session.path}
        return not row_columns(term) and bool(claims) and claims <= OF_EVERYBODY - {"role"}
    if as_exists(term) is not None or any(
        piece in column for column in row_columns(term) for piece in word_list("sharing_columns")
    ):
        return False
    if isinstance(term, IsNull) or (isinstance(term, Compare) and term.op in ("<>", "is not")):
        return not denied
    if isinstance(term, Compare) and term.op in ("=", "is") and unwrapped(term.right) == Const(False, "boolean"):
        return not denied
    return isinstance(unwrapped(term), Column | Compare) and denied
