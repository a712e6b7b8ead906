"""The solver and the reader of conditions are two ways to one answer: neither may exclude what the other can show."""

# ruff: noqa: E501  (conditions are read in one line)

from random import Random

import pytest

from gatepost.analysis import NotUnderstood, parse
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.terms import TRUE, Error, IsNull, Not, Unknown
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


KINDS = """
n IN (SELECT m.org FROM public.law_member m WHERE false UNION SELECT 5) | n IN (SELECT m.org FROM public.law_member m WHERE false)
NOT (n IN (SELECT m.org FROM public.law_member m WHERE false)) | (SELECT count(*) FROM public.law_member m WHERE false) = 0
EXISTS (SELECT 1 FROM public.law_member m WHERE m.org = n) | NOT EXISTS (SELECT 1 FROM public.law_member m WHERE false)
CASE WHEN flag THEN true END | CASE WHEN flag THEN true ELSE n = 0 END | CASE n WHEN 5 THEN flag ELSE false END
(n > 5) = (flag IS TRUE) | (n > 5) IS DISTINCT FROM flag | flag = false | flag <> (n = 0) | (n = 5) IS NOT DISTINCT FROM (n = 5)
NULLIF(name, 'a') IS NULL | COALESCE(flag, n > 0, true) | COALESCE(flag, NULL::boolean) | COALESCE(n, 5) = 5 | 1 <> 1 OR n IS NULL
name ILIKE '%' | n NOT IN (5, NULL) | n IN (NULL::integer) | n > ALL (SELECT m.org FROM public.law_member m WHERE false)
n > ANY (SELECT m.org FROM public.law_member m WHERE m.org > 0) | user_id >= user_id | owner < owner | owner IS NOT DISTINCT FROM owner
auth.email() IS NOT NULL | auth.role() = 'anon' | SESSION_USER = 'authenticator' | CURRENT_USER = 'anon' | auth.uid() IS NULL
auth.jwt() ->> 'plan' IS NULL | auth.jwt() IS NULL | (auth.jwt() ->> 'aal') IS NULL | current_setting('app.x', true) IS NULL
(SELECT m.role FROM public.law_member m WHERE m.user_id = auth.uid()) = 'admin' | (SELECT bool_or(m.role = 'a') FROM public.law_member m)
name = ANY (tags) | NOT (name = ANY (tags)) | (user_id, n) = (owner, n) | (owner, n) IN (SELECT m.user_id, m.org FROM public.law_member m)
data ->> 'role' = 'a' | data -> 'a' ->> 'b' IS NULL | data #>> '{a,b}' = 'x' | data -> 'a' IS NULL | tags[1] = 'a' | data ? 'a'
5 IN (SELECT 6) | n IN (SELECT NULL::integer UNION SELECT m.org FROM public.law_member m WHERE false) | n = ANY (tags::integer[])
n BETWEEN 0 AND 5 | NOT (n BETWEEN 0 AND 5) | name LIKE 'a%' | name SIMILAR TO 'a' | lower(name) = 'a' | -n > 0 | n + 1 > 0
1 < 2 | 2 < 1 | 2 <= 1 | 1 >= 2 | 5 > 5 | 5 >= 5 | 5 <= 5 | 'a' = 'b' | NOT ('a' = 'a') | true = true | true <> true | NULL::text = 'a'
'2021-01-01 00:00:00+00'::timestamptz > '2020-01-01 00:00:00+00'::timestamptz | now() > '2020-01-01 00:00:00+00'::timestamptz
"""
"""Conditions of every kind that the reader tells apart, beside the random ones."""


def conditions(seed, count):
    maker = Conditions(Random(seed))
    return [maker.condition() for _ in range(count)]


def differences(texts):
    """Yield what one of the two shows and the other excludes."""
    for at, text in enumerate(texts):
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
    assert list(differences(conditions(seed, 100))) == []


def test_neither_excludes_what_the_other_shows_of_every_kind():
    texts = [f"({one.strip()})" for line in KINDS.strip().splitlines() for one in line.split("|")]
    assert list(differences([text for text in texts for _ in range(2)])) == []


def test_the_reader_is_as_exact_as_the_solver_where_it_can_be():
    inexact = {}
    for text in (one.strip() for line in KINDS.strip().splitlines() for one in line.split("|")):
        term = parse(f"({text})")
        possible = Truth(SIGNED_IN, FILLED).possible_outcomes(term)
        frame = Frame(LAW, LIVE, SIGNED_IN)
        shown = sum(outcome for outcome, way in WAYS if isinstance(can_pass(way(term), frame), Candidate))
        inexact |= {text: possible} if shown != possible else {}
    assert inexact == BEYOND_THE_READER


BEYOND_THE_READER = {
    "(SELECT count(*) FROM public.law_member m WHERE false) = 0": Outcome.ANY,
    "COALESCE(n, 5) = 5": Outcome.ANY,
    "name ILIKE '%'": Outcome.TRUE | Outcome.NULL,
    "5 IN (SELECT 6)": Outcome.FALSE | Outcome.NULL,
    "n IN (SELECT NULL::integer UNION SELECT m.org FROM public.law_member m WHERE false)": Outcome.FALSE | Outcome.NULL,
}
"""What takes more than a set of outcomes for each piece, with what the reader says; the pattern only it knows."""


ALWAYS = (
    "n IS NULL OR n IS NOT NULL", "1 < 2", "5 >= 5", "COALESCE(flag, true) OR COALESCE(NOT flag, true)", "user_id = user_id",
    "EXISTS (SELECT count(*) FROM public.law_member m)", "(NOT flag) OR flag OR (flag IS NULL)", "SESSION_USER = 'authenticator'",
)  # fmt: skip
NEVER = (
    "n > 5 AND n < 3", "name = 'a' AND name = 'b'", "flag AND NOT flag", "owner <> owner", "NULL::boolean", "n = NULL",
    "EXISTS (SELECT 1 FROM public.law_member m WHERE m.org > m.org)", "auth.uid() IS NULL AND auth.uid() IS NOT NULL",
)  # fmt: skip


@pytest.mark.parametrize("text", ALWAYS)
def test_what_is_always_true(text):
    assert isinstance(can_pass(TRUE, Frame(LAW, LIVE), beyond=parse(f"({text})")), RuledOut)


@pytest.mark.parametrize("text", NEVER)
def test_what_is_never_true(text):
    assert isinstance(can_pass(parse(f"({text})"), Frame(LAW, LIVE)), RuledOut)
