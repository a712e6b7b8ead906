"""The solver and the reader of conditions are two ways to one answer: neither may exclude what the other can show."""

from random import Random

import pytest

from gatepost.analysis import NotUnderstood, parse
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.terms import FALSE, TRUE, Error, IsNull, Not, Unknown
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.solver import Candidate, Frame, RuledOut, can_pass
from gatepost.schema import Column, RowSecurity, Schema, Table
from tests.analysis.conditions.law import Conditions

FILLED = frozenset({"id", "user_id"})


def table(called, /, **types):
    columns = tuple(Column(column, type_.removesuffix("!"), type_.endswith("!")) for column, type_ in types.items())
    return Table("public", called, "table", "postgres", RowSecurity(True, False), columns=columns)


LAW = table(
    "law", id="integer!", user_id="uuid!", owner="uuid", n="integer", flag="boolean", name="text", tags="text[]",
    data="jsonb", at="timestamp with time zone",
)  # fmt: skip
MEMBERS = [table(name, user_id="uuid", org="integer", role="text") for name in ("law_member", "law_empty")]
LIVE = Schema("d", 170000, "postgres", (), tables=(LAW, *MEMBERS))
WAYS = ((Outcome.TRUE, lambda term: term), (Outcome.FALSE, Not), (Outcome.NULL, IsNull))


def differences(seed, count):
    """Yield what one of the two shows and the other excludes, and how much was looked at."""
    maker = Conditions(Random(seed))
    for at in range(count):
        text = maker.condition()
        try:
            term = parse(text)
        except NotUnderstood:
            continue
        if any(isinstance(part, Unknown | Error) for part in term.walk()):
            continue
        caller = (ANON, SIGNED_IN)[at % 2]
        possible = Truth(caller, FILLED).possible_outcomes(term)
        frame = Frame(LAW, LIVE, caller)
        for outcome, way in WAYS:
            found = can_pass(way(term), frame)
            shown = isinstance(found, Candidate) and not found.assumed
            if shown and not possible & outcome:
                yield text, caller.role, outcome, str(found)
            if possible == outcome and isinstance(found, RuledOut):
                yield text, caller.role, outcome, "ruled out"
        if possible == Outcome.TRUE and isinstance(can_pass(TRUE, frame, beyond=term), Candidate):
            answer = can_pass(TRUE, frame, beyond=term)
            if not answer.assumed:
                yield text, caller.role, "always", str(answer)


@pytest.mark.parametrize("seed", range(1, 4))
def test_neither_excludes_what_the_other_shows(seed):
    assert list(differences(seed, 100)) == []


def test_conditions_of_constants_are_decided_alike():
    assert isinstance(can_pass(FALSE, Frame(LAW, LIVE)), RuledOut)
