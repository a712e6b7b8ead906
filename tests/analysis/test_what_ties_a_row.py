"""Whose rows a condition lets through: the columns that it ties to the caller, and what it is like where it ties none."""

# ruff: noqa: E501  (a condition is read in one line)

import pytest

from gatepost.analysis.loose_conditions import is_guard, passes_by_nothing, shape
from gatepost.analysis.policy_questions import marked
from tests.analysis.schemas import API, note, policy, project

ME = "( SELECT auth.uid() AS uid)"
TABLE = """
owner = ME | * | owner | row | -
ME = owner | * | owner | row | -
(owner)::text = (ME)::text | * | owner | row | -
NOT (owner <> ME) | * | owner | row | -
owner IS NOT DISTINCT FROM ME | * | owner | row | nothing
owner = ME OR public | - | - | row | marked
owner = ME OR owner IS NULL | * | owner | row | -
owner = ME AND (deleted_at IS NULL) | * | owner | row | -
(owner = ME) OR (ME IS NOT NULL) | * | - | session | -
COALESCE(owner = ME, false) | * | owner | row | -
COALESCE(owner = ME, true) | - | owner | row | nothing
owner = COALESCE(ME, owner) | owner | owner | row | nothing
CASE WHEN (owner = ME) THEN true ELSE false END | * | owner | row | -
CASE WHEN (owner = ME) THEN true ELSE public END | - | - | row | marked
ME IS NOT NULL | * | - | session | -
ME IS NULL | - | * | session | nothing
ME IS NULL OR owner = ME | - | owner | row | nothing
auth.role() = 'authenticated'::text | * | - | session | -
true | - | - | plain | -
public | - | - | row | marked
NOT public | - | - | row | guard
state = 'done'::text | - | - | row | -
state <> 'draft'::text | - | - | row | guard
deleted_at IS NULL | - | - | row | guard
id = id | - | - | always true | -
body IS NOT NULL | - | - | always true | -
owner <> ME | * | - | row | -
team IN (SELECT m.team FROM public.member m WHERE m.person = ME) | * | team | row | -
team = ANY (ARRAY(SELECT m.team FROM public.member m WHERE m.person = ME)) | * | team | row | -
EXISTS (SELECT 1 FROM public.member m WHERE m.team = note.team AND m.person = ME) | * | team | row | -
EXISTS (SELECT 1 FROM public.member m WHERE m.person = ME) | * | * | row | -
NOT EXISTS (SELECT 1 FROM public.member m WHERE m.team = note.team AND m.person = ME) | - | - | row | -
EXISTS (SELECT 1 FROM public.admin a WHERE a.person = ME) | * | * | row | -
EXISTS (SELECT 1 FROM public.plan p WHERE p.id = note.team) | - | - | row | -
EXISTS (SELECT 1 FROM public.profile p WHERE p.id = ME) | * | - | everybody | -
team IN (SELECT m.team FROM public.member m WHERE m.person = ME UNION SELECT 7) | - | - | row | -
team IN (SELECT m.team FROM public.member m WHERE m.person = ME OR m.role = 'open'::text) | team | team | row | -
(SELECT m.role FROM public.member m WHERE m.team = note.team AND m.person = ME) = 'admin'::text | * | team | row | -
public.is_member(team) | * | team | row | -
NOT public.is_member(team) | - | - | row | -
team IN (SELECT public.my_teams() AS my_teams) | * | team | row | -
public.is_admin() | * | * | row | -
public.is_admin() OR owner = ME | * | owner | row | -
public.helper(team) | team | team | row | -
email = (auth.jwt() ->> 'email'::text) | * | email | row | -
(auth.jwt() -> 'app_metadata'::text ->> 'team'::text) = (team)::text | * | team | row | -
(auth.jwt() -> 'app_metadata'::text ->> 'role'::text) = 'admin'::text | * | * | session | -
(auth.jwt() ->> 'aal'::text) = 'aal2'::text | * | - | session | guard
token = (auth.jwt() ->> 'token'::text) | * | token | row | -
token = current_setting('app.token'::text, true) | token | token | row | -
ME = ANY ((tags)::uuid[]) | * | tags | row | -
owner IN (SELECT m.person FROM public.member m WHERE m.person = ME) | * | owner | row | -
owner = ANY (SELECT m.person FROM public.member m) | owner | owner | row | -
1 = 2 | * | * | plain | -
NULL::boolean | * | * | plain | -
(owner = ME) IS TRUE | * | owner | row | -
(owner = ME) IS NOT FALSE | - | - | row | nothing
((owner = ME) AND public) OR ((owner = ME) AND (state = 'x'::text)) | * | owner | row | marked
(owner = ME) OR (team IN (SELECT m.team FROM public.member m WHERE m.person = ME)) | * | owner+team | row | -
(state = 'published'::text) AND (deleted_at IS NULL) | - | - | row | marked
COALESCE((auth.jwt() ->> 'plan'::text), 'x'::text) = 'x'::text | * | * | session | -
COALESCE(((auth.jwt() ->> 'ok'::text))::boolean, true) | - | * | session | nothing
((auth.jwt() ->> 'team'::text) IS NULL) OR ((team)::text = (auth.jwt() ->> 'team'::text)) | - | team | row | nothing
(owner = ME) OR (NOT (state = (auth.jwt() ->> 'plan'::text))) | * | - | row | -
(team)::text = COALESCE((auth.jwt() ->> 'team'::text), (team)::text) | team | team | row | nothing
(auth.role() = 'anon'::text) OR (owner = ME) | - | owner | row | -
(owner = ME) OR (auth.role() = 'service_role'::text) | * | owner | row | -
((auth.jwt() ->> 'is_anonymous'::text))::boolean IS NOT TRUE | - | - | session | guard
(auth.jwt() -> 'user_metadata'::text ->> 'role'::text) = 'admin'::text | * | * | session | -
email = ANY (ARRAY['a'::text, 'b'::text]) | - | - | row | -
(deleted_at IS NULL) AND (NOT (state = 'private'::text)) | - | - | row | guard
CASE WHEN public.is_admin() THEN true WHEN (owner = ME) THEN true ELSE false END | * | owner | row | -
(public AND (owner = ME)) OR (team IN (SELECT public.my_teams() AS my_teams)) | * | owner+team | row | marked
EXISTS (SELECT 1 FROM public.member m WHERE m.team = note.team AND m.person = note.owner) | owner+team | owner+team | row | -
(ME)::text = split_part(body, '/'::text, 1) | * | body | row | -
length((ME)::text) = 36 | * | * | session | -
"""
"""A condition, the columns that it ties for anon and for authenticated (`*` where only an authority passes), its shape,
and whether it is a mere restriction, marks a row as public, or lets rows through because nobody is signed in."""
CASES = [tuple(cell.strip() for cell in line.rsplit("|", 4)) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("condition", "anon", "authenticated", "like", "marks"), CASES, ids=[one[0] for one in CASES])
def test_what_a_condition_ties(condition, anon, authenticated, like, marks):
    text = f"({condition.replace('ME', ME)})"
    context = project(note(policy("note", "p", "select", text, roles=API)))
    analysis, table = context.analysis, context.live.table("public", "note")
    (one,) = analysis.by_table[table.key]
    for role, expected in (("anon", anon), ("authenticated", authenticated)):
        assert "+".join(sorted(context.ownership.columns_tied(one.old, table, role))) == expected.replace("-", "")
    assert shape(one.old, analysis.truth(table, "authenticated"), context.ownership) == like
    assert is_guard(one.old) == ("guard" in marks)
    assert marked(one.old) == ("marked" in marks)
    if "UNION" not in condition and "OR m.role" not in condition:
        assert passes_by_nothing(one.old, analysis.truth(table, "anon", owned=False)) == ("nothing" in marks)
