"""How much is decided of random conditions: a change that loses precision, or that suddenly knows more, shows here.

What is decided is right by the law (`test_law`); these are the counts of one day, and better ones are written down.
"""

# ruff: noqa: E501  (what is counted is read in one line)

from collections import Counter
from random import Random

import pytest

from gatepost.analysis import NotUnderstood, parse
from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.parse import _by_sqlglot
from gatepost.analysis.conditions.terms import Unknown
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.solver import Candidate, Frame, NotKnown, RuledOut, available, compare
from gatepost.schema import Column, Constraint, Enum, RowSecurity, Schema, Table
from tests.analysis.conditions.law import Conditions
from tests.analysis.solver.constrained import Constrained

FILLED = frozenset({"id", "user_id"})
OUTCOMES = (Outcome.TRUE, Outcome.FALSE, Outcome.NULL, Outcome.ERROR)


def table(called, /, *constraints, enabled=False, **types):
    columns = tuple(Column(column, type_.removesuffix("!"), type_.endswith("!")) for column, type_ in types.items())
    return Table("public", called, "table", "o", RowSecurity(enabled, False), columns=columns, constraints=constraints)


def refers(column, parent):
    text = f"FOREIGN KEY ({column}) REFERENCES public.{parent}(id)"
    return Constraint(column, "foreign key", (column,), text, references=("public", parent, ("id",)))


KEY = Constraint("key", "primary key", ("id",), "PRIMARY KEY (id)")
CHECKS = tuple(
    Constraint("check", "check", (), f"CHECK ({text})")
    for text in (
        "((level >= 0) AND (level <= 3))", "(status = ANY (ARRAY['open'::text, 'done'::text]))",
        "((level IS NOT NULL) OR (status IS NOT NULL))",
    )
)  # fmt: skip
LAW = table(
    "law", KEY, refers("parent", "law_parent"), refers("secret", "law_secret"), *CHECKS,
    id="integer!", user_id="uuid!", owner="uuid", n="integer", flag="boolean", name="text", tags="text[]", data="jsonb",
    at="timestamp with time zone", kind="public.law_kind", level="integer", status="text", rank="integer",
    parent="integer", secret="integer",
)  # fmt: skip
LIVE = Schema(
    "d", 170000, "o", (),
    tables=(
        LAW,
        table("law_parent", KEY, refers("up", "law_parent"), id="integer!", up="integer", size="integer!", kind="public.law_kind"),
        table("law_secret", KEY, enabled=True, id="integer!", size="integer"),
        *(table(name, user_id="uuid", org="integer", role="text") for name in ("law_member", "law_empty")),
    ),
    enums=(Enum("public.law_kind", ("a", "b", "c")),),
)  # fmt: skip


def answers(kind, seed, count):
    """Count what is decided of pairs of conditions: of one by the reader, of both by the solver, and by the other parser."""
    maker, found = kind(Random(seed)), Counter()
    for at in range(count):
        one, other = maker.condition(2), maker.condition(2)
        caller = (ANON, SIGNED_IN)[at % 2]
        try:
            terms = [parse(text) for text in (one, f"({one} AND {other})", f"({one} OR {other})")]
        except NotUnderstood:
            found["not understood"] += 1
            continue
        for term in terms:
            possible = Truth(caller, FILLED).possible_outcomes(term)
            found["outcomes"] += sum(bool(possible & bit) for bit in OUTCOMES)
        for left, right in ((terms[0], terms[1]), (terms[2], terms[0]), (terms[1], terms[2])):
            compared = compare(left, right, Frame(LAW, LIVE, caller))
            for answer in (compared.gains, compared.loses):
                found[_kind(answer)] += 1
        found.update(_by_the_other_parser(one, terms[0]))
    return dict(found)


def _kind(answer):
    if isinstance(answer, Candidate):
        return "assumed" if answer.assumed else "candidate"
    return {RuledOut: "ruled out", NotKnown: "not known"}[type(answer)]


def _by_the_other_parser(text, term):
    try:
        read = _by_sqlglot(text)
    except NotUnderstood:
        return {"refused": 1}
    return {"alike": read == term, "unknown": len(read.all_of_type(Unknown))}


COUNTS = {Conditions: 40, Constrained: 20}
RECORDED = {
    ("Conditions", 1): {
        "alike": 17,
        "assumed": 55,
        "candidate": 35,
        "not known": 15,
        "outcomes": 258,
        "refused": 6,
        "ruled out": 135,
        "unknown": 0,
    },
    ("Conditions", 2): {
        "alike": 16,
        "assumed": 53,
        "candidate": 44,
        "not known": 21,
        "outcomes": 273,
        "refused": 3,
        "ruled out": 122,
        "unknown": 0,
    },
    ("Constrained", 1): {
        "alike": 11,
        "assumed": 19,
        "candidate": 31,
        "not known": 1,
        "outcomes": 152,
        "ruled out": 69,
        "unknown": 0,
    },
    ("Constrained", 2): {
        "alike": 15,
        "assumed": 18,
        "candidate": 31,
        "not known": 2,
        "outcomes": 147,
        "refused": 1,
        "ruled out": 69,
        "unknown": 0,
    },
}


@pytest.mark.skipif(not (grammar.available() and available()), reason="there is no grammar or no solver here")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", COUNTS)
def test_how_much_is_decided(kind, seed):
    assert answers(kind, seed, COUNTS[kind]) == RECORDED[kind.__name__, seed]
