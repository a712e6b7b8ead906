"""Conditions that look alike and are not: each pair was once proved equal, by something that was left out of what is compared."""

# ruff: noqa: E501  (a pair is read in one line)

import pytest

from gatepost.analysis import parse
from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.solver import Frame, available, compare
from gatepost.schema import Function, Schema
from tests.analysis.solver.test_precision import LAW, LIVE

MEMBER = "FROM public.law_member m"
OWN = f"{MEMBER} WHERE m.user_id = auth.uid()"
PAIRS = {
    "the order of the first row": (f"(SELECT m.role {OWN} ORDER BY m.org LIMIT 1) = 'admin'", f"(SELECT m.role {OWN} ORDER BY m.org DESC LIMIT 1) = 'admin'"),
    "DISTINCT of a count": (f"(SELECT count(DISTINCT m.role) {OWN}) = 1", f"(SELECT count(m.role) {OWN}) = 1"),
    "FILTER of a count": (f"(SELECT count(*) FILTER (WHERE m.org > 0) {OWN}) > 0", f"(SELECT count(*) {OWN}) > 0"),
    "FILTER of a truth": (f"(SELECT bool_and(m.org > 0) FILTER (WHERE m.role = 'a') {OWN})", f"(SELECT bool_and(m.org > 0) {OWN})"),
    "the order of an array": (f"(SELECT array_agg(m.org ORDER BY m.org) {OWN}) = ARRAY[5, 1]", f"(SELECT array_agg(m.org ORDER BY m.org DESC) {OWN}) = ARRAY[5, 1]"),
    "groups": (f"n IN (SELECT max(m.org) {MEMBER} GROUP BY m.role)", f"n IN (SELECT max(m.org) {MEMBER} GROUP BY m.user_id)"),
    "groups that are counted": (f"EXISTS (SELECT 1 {MEMBER} GROUP BY m.role HAVING count(*) > 1)", f"EXISTS (SELECT 1 {MEMBER} GROUP BY m.org HAVING count(*) > 1)"),
    "LIMIT of a union": (f"n IN (SELECT m.org {OWN} UNION SELECT 5 LIMIT 1)", f"n IN (SELECT m.org {OWN} UNION SELECT 5)"),
    "a collation": ("name COLLATE \"C\" < 'a'", "name < 'a'"),
    "today": ("at = CURRENT_DATE", "at = now()"),
    "today and now": ("now() > CURRENT_DATE", "false"),
    "a window": (f"(SELECT count(*) OVER (PARTITION BY m.role) {OWN} LIMIT 1) = 1", f"(SELECT count(*) OVER (PARTITION BY m.org) {OWN} LIMIT 1) = 1"),
    "rows in order": ("NOT ((n, id) < (5, 1)) OR (n, id) < (5, 1)", "true"),
    "arrays with NULL": ("ARRAY[owner] = ARRAY[user_id]", "owner = user_id"),
}  # fmt: skip
BODIES = {
    "FOUND after a loop": ("PERFORM 1; FOR k IN 1..0 LOOP NULL; END LOOP; RETURN FOUND;", "true"),
    "FOUND after FETCH": ("PERFORM 1; OPEN cur; FETCH cur INTO r; RETURN FOUND;", "true"),
    "the variable of FOREACH": ("FOREACH r IN ARRAY ARRAY['a'] LOOP NULL; END LOOP; RETURN r IS NULL;", "true"),
    "an element of an array": ("ids := NULL; ids[1] := a; RETURN ids IS NULL;", "a IS NULL"),
    "a field of a record that is filled again": (f"rec.role := 'a'; SELECT * INTO rec {OWN}; RETURN rec.role = 'a';", "true"),
    "a name that is declared twice": ("c := true; DECLARE c boolean; BEGIN c := false; END; RETURN c;", "false"),
    "a default in an inner block": ("c := true; DECLARE d boolean := c; BEGIN RETURN d; END;", "false"),
    "no row": ("SELECT true INTO c WHERE a = auth.uid(); RETURN c IS NULL;", "false"),
}  # fmt: skip
DECLARED = (
    "DECLARE c boolean := false; r text; k integer; rec record; ids uuid[]; cur CURSOR FOR SELECT 'a' WHERE false;"
)

pytestmark = pytest.mark.skipif(
    not (grammar.available() and available()), reason="there is no grammar or no solver here"
)


def relation(one, other):
    return compare(one, other, Frame(LAW, LIVE, SIGNED_IN)).relation


@pytest.mark.parametrize("what", PAIRS)
def test_two_conditions_are_not_equal(what):
    one, other = (parse(text) for text in PAIRS[what])
    assert relation(one, other) != "equal"


@pytest.mark.parametrize("what", BODIES)
def test_what_a_body_returns_is_not_what_it_looks_like(what):
    body, other = BODIES[what]
    made = Function(
        "public",
        "f",
        "uuid",
        "function",
        "plpgsql",
        "boolean",
        "o",
        False,
        "stable",
        f"{DECLARED} BEGIN {body} END",
        parameters=("a",),
    )
    follower = Follower(Schema("d", 170000, "o", (), tables=LIVE.tables, functions=(made,)))
    assert relation(follower.follow(parse("public.f(user_id)")), parse(other.replace("a IS", "user_id IS"))) != "equal"


POSSIBLE = {
    "now() > CURRENT_DATE": Outcome.TRUE, "n::numeric(3,1) = n": Outcome.FALSE, "at::date = at": Outcome.FALSE, "(SELECT 5 WHERE flag) = 5": Outcome.NULL,
    "random() < 0.5 AND NOT (random() < 0.5)": Outcome.TRUE, "(n, id) < (5, 1)": Outcome.NULL, "(n, id) >= (5, 1)": Outcome.NULL,
    "ARRAY[owner] = ARRAY[NULL::uuid]": Outcome.TRUE, f"(SELECT count(*) OVER (PARTITION BY m.org) {OWN}) = 1 AND NOT (SELECT count(*) OVER (PARTITION BY m.role) {OWN}) = 1": Outcome.TRUE,
}  # fmt: skip


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_can_be_is_not_excluded(text):
    assert Truth(SIGNED_IN, frozenset({"id", "user_id"})).possible_outcomes(parse(text)) & POSSIBLE[text]


def test_a_count_with_a_filter_is_that_of_the_rows_that_pass_it():
    filtered = f"(SELECT count(*) FILTER (WHERE m.org > 0) {OWN}) > 0"
    assert relation(parse(filtered), parse(f"EXISTS (SELECT 1 {OWN} AND m.org > 0)")) == "equal"
