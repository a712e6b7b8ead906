"""What a condition can come to; no database needed."""

import pytest

from gatepost.analysis.conditions.caller import ANON, SIGNED_IN, Caller
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.loose_conditions import is_guard, passes_by_nothing

FILLED = frozenset({"id", "user_id"})


def possible(text, caller=SIGNED_IN):
    return Truth(caller, FILLED).possible_outcomes(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "(1 = 1)",
        "(user_id = user_id)",
        "(id IS NOT NULL)",
        "((auth.uid() = user_id) OR true)",
        "(auth.uid() IS NOT NULL)",
        "(auth.role() = 'authenticated'::text)",
        "(( SELECT auth.role() AS role) = ANY (ARRAY['anon'::text, 'authenticated'::text]))",
        "(hidden OR (NOT hidden) OR (hidden IS NULL))",
        "CASE WHEN hidden THEN true ELSE true END",
        "COALESCE(true, hidden)",
        "(EXISTS ( SELECT count(*) AS count FROM public.m WHERE (m.u = auth.uid())))",
        "(EXISTS ( SELECT 1 FROM auth.users u WHERE (u.id = auth.uid())))",
        "((hidden IS TRUE) OR (hidden IS NOT TRUE))",
    ],
)
def test_it_is_always_true_for_somebody_signed_in(text):
    assert possible(text) == Outcome.TRUE


@pytest.mark.parametrize(
    "text",
    [
        "(auth.uid() = user_id)",
        "(EXISTS ( SELECT 1 FROM public.admins a WHERE (a.user_id = auth.uid())))",
        "(hidden OR (NOT hidden))",
        "(deleted_at IS NULL)",
        "(auth.email() = 'a@b.c'::text)",
        "(((auth.jwt() -> 'app_metadata'::text) ->> 'role'::text) = 'admin'::text)",
        "public.unknown(id)",
    ],
)
def test_it_is_neither_always_nor_never_true(text):
    found = possible(text)
    assert found & Outcome.TRUE
    assert found != Outcome.TRUE


@pytest.mark.parametrize("text", ["(auth.uid() = user_id)", "(auth.uid() IS NOT NULL)", "(deleted_at = NULL::date)"])
def test_nobody_passes_who_is_not_signed_in(text):
    assert not possible(text, ANON) & Outcome.TRUE


def test_a_comparison_with_null_is_not_known():
    assert possible("(auth.uid() = user_id)", ANON) == Outcome.NULL
    assert possible("(NOT (auth.uid() = user_id))", ANON) == Outcome.NULL
    assert possible("(COALESCE((auth.uid() = user_id), true))", ANON) == Outcome.TRUE
    assert possible("(auth.uid() IS NULL)", ANON) == Outcome.TRUE
    assert possible("(auth.uid() IS NULL)") == Outcome.FALSE


@pytest.mark.parametrize(
    "text",
    [
        "((auth.uid() IS NULL) OR (auth.uid() = user_id))",
        "(NOT (owner IS DISTINCT FROM auth.uid()))",
        "(COALESCE(auth.uid(), user_id) = user_id)",
        "COALESCE((auth.uid() = user_id), true)",
        "((NOT hidden) AND ((auth.uid() IS NULL) OR (auth.uid() = user_id)))",
    ],
)
def test_rows_pass_because_nobody_is_signed_in(text):
    assert passes_by_nothing(parse(text), Truth(ANON, FILLED))


@pytest.mark.parametrize(
    "text",
    [
        "(is_public OR (auth.uid() = user_id))",
        "((owner IS NULL) OR (auth.uid() = owner))",
        "(auth.role() = 'anon'::text)",
        "(auth.uid() = user_id)",
        "(NOT (auth.uid() = ANY (blocked)))",
        "true",
    ],
)
def test_rows_do_not_pass_because_nobody_is_signed_in(text):
    assert not passes_by_nothing(parse(text), Truth(ANON, FILLED))


def test_a_claim_with_a_default_is_intended():
    lacking = Truth(Caller("authenticated", signed_in=True, missing_claims=True), FILLED)
    plan = "(COALESCE(((auth.jwt() -> 'app_metadata'::text) ->> 'plan'::text), 'free'::text) = 'free'::text)"
    org = "((auth.jwt() ->> 'org'::text) IS NULL) OR (org = (auth.jwt() ->> 'org'::text))"
    assert not passes_by_nothing(parse(plan), lacking)
    assert passes_by_nothing(parse(org), lacking)


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("(deleted_at IS NULL)", True),
        ("(NOT archived)", True),
        ("(status <> 'banned'::text)", True),
        ("((auth.jwt() ->> 'aal'::text) = 'aal2'::text)", True),
        ("(published_at IS NOT NULL)", False),
        ("is_public", False),
        ("(auth.uid() = user_id)", False),
        ("(EXISTS ( SELECT 1 FROM public.m WHERE (m.u = auth.uid())))", False),
    ],
)
def test_a_guard_only_takes_away(text, guard):
    assert is_guard(parse(text)) is guard
