"""Questions with known answers: which of two conditions lets more rows through."""

# ruff: noqa: E501  (two conditions are read side by side)

import pytest

from gatepost.analysis import parse
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.terms import TRUE
from gatepost.analysis.solver import Candidate, Frame, NotKnown, RuledOut, can_pass, compare, questions
from gatepost.schema import Column, Constraint, RowSecurity, Schema, Table

ME = "(SELECT auth.uid() AS uid)"
MINE = f"SELECT m.team FROM public.member m WHERE (m.person = {ME})"


def table(name, columns, *keys):
    made = tuple(Column(column, *rest) for column, *rest in columns)
    constraints = tuple(Constraint("key", "primary key", key, "") for key in keys)
    return Table("public", name, "table", "postgres", RowSecurity(True, False), columns=made, constraints=constraints)


NOTE = table(
    "note",
    [
        ("id", "uuid", True),
        ("owner", "uuid"),
        ("team", "uuid"),
        ("public", "boolean"),
        ("n", "integer"),
        ("name", "character varying(40)"),
        ("price", "numeric"),
    ],
    ("id",),
)
MEMBER = table("member", [("team", "uuid"), ("person", "uuid", True), ("role", "text")], ("person",))
LIVE = Schema("d", 170000, "postgres", (), tables=(NOTE, MEMBER))
FRAME = Frame(NOTE, LIVE)

PAIRS = {
    "a negated difference": (f"owner = {ME}", f"NOT (owner <> {ME})", "equal"),
    "one more way in": (f"owner = {ME}", f"(owner = {ME}) OR public", "left implies right"),
    "a guard": (f"(owner = {ME}) OR public", f"((owner = {ME}) OR public) AND ({ME} IS NOT NULL)", "right implies left"),
    "IN and EXISTS": (f"team IN ({MINE})", f"EXISTS ({MINE} AND m.team = note.team)".replace("note.team", "team"), "equal"),
    "a captured column": (f"team IN ({MINE})", f"EXISTS ({MINE} AND (m.team = m.team))", "left implies right"),
    "a NULL among what is not in": (f"NOT (team IN ({MINE}))", f"NOT EXISTS ({MINE} AND (m.team = note.team))", "left implies right"),
    "an array of rows": (f"team = ANY (ARRAY({MINE}))", f"EXISTS ({MINE} AND (note.team = m.team))", "equal"),
    "another role": (f"EXISTS ({MINE} AND m.role = 'a'::text)", f"EXISTS ({MINE} AND m.role = ANY (ARRAY['a'::text, 'b'::text]))", "left implies right"),
    "a count": (f"(SELECT count(*) AS count FROM public.member m WHERE (m.person = {ME})) > 0", f"EXISTS ({MINE})", "equal"),
    "one row by its key": (f"(SELECT m.role FROM public.member m WHERE (m.person = {ME})) = 'a'::text", f"EXISTS ({MINE} AND m.role = 'a'::text)", "equal"),
    "two UNION sides": (f"team IN ({MINE} UNION SELECT m.team FROM public.member m WHERE (m.role = 'a'::text))", f"(team IN ({MINE})) OR (team IN (SELECT x.team FROM public.member x WHERE (x.role = 'a'::text)))", "equal"),
    "a text of an id": (f"(owner)::text = ({ME})::text", f"owner = {ME}", "equal"),
    "whole numbers": ("n > 5", "n >= 6", "equal"),
    "numbers that are not whole": ("price > (5)::numeric", "price >= (6)::numeric", "right implies left"),
    "a range": ("(n >= 6) AND (n <= 7)", "n > 5", "left implies right"),
    "one of two texts": ("(name)::text = 'a'::text", "(name)::text = ANY (ARRAY['a'::text, 'b'::text])", "left implies right"),
    "a missing claim": ("COALESCE((auth.jwt() ->> 'plan'::text), 'free'::text) = 'free'::text", "(auth.jwt() ->> 'plan'::text) = 'free'::text", "right implies left"),
    "a function of the same value": ("lower((name)::text) = 'a'::text", "(lower((name)::text) = 'a'::text) AND (name IS NOT NULL)", "equal"),
    "numbers that look different": ("(price)::text = '1'::text", "((price)::text = '1'::text) AND (price = 1.0)", "right implies left"),
    "two rows by chance": ("(random() > 0.5)", "(NOT (random() <= 0.5))", "apart"),
    "truths that are compared": ("(n > 5) = (public IS TRUE)", "((n > 5) AND (public IS TRUE)) OR ((n <= 5) AND (public IS NOT TRUE))", "equal"),
    "truths that are told apart": ("(n > 5) IS DISTINCT FROM public", "NOT ((n > 5) IS NOT DISTINCT FROM public)", "equal"),
    "a truth that is NULL": ("(n > 5) IS NOT DISTINCT FROM public", "((n > 5) = public) OR ((n IS NULL) AND (public IS NULL))", "equal"),
    "a row of values": ("(owner, team) IN (SELECT m.person, m.team FROM public.member m)", "EXISTS (SELECT 1 FROM public.member m WHERE ((m.person = owner) AND (m.team = note.team)))", "equal"),
    "a CASE": ("CASE WHEN public THEN (n > 5) ELSE false END", "public AND (n > 5)", "equal"),
    "a value of a CASE": ("CASE WHEN public THEN 'a'::text ELSE (name)::text END = 'a'::text", "public OR ((name)::text = 'a'::text)", "equal"),
    "a NULLIF": ("NULLIF((name)::text, 'a'::text) IS NULL", "(name IS NULL) OR ((name)::text = 'a'::text)", "equal"),
    "nothing of what is listed": ("(n <> 1) AND (n <> 2)", "n <> ALL (ARRAY[1, 2])", "equal"),
    "a way that is never taken": ("(1 = 2) OR public", "public", "equal"),
}  # fmt: skip


@pytest.mark.parametrize(("left", "right", "relation"), PAIRS.values(), ids=PAIRS)
def test_which_lets_more_rows_through(left, right, relation):
    found = compare(parse(left), parse(right), FRAME)
    assert found.relation == relation
    if relation in ("left implies right", "right implies left"):
        assert isinstance(found.gains if relation == "left implies right" else found.loses, Candidate)


def test_a_cast_of_one_side_alone_keeps_a_difference_from_being_ruled_out():
    cast = "((name)::uuid IS NOT DISTINCT FROM owner) OR ((name)::uuid IS DISTINCT FROM owner)"
    found = compare(parse("public"), parse(f"public AND ({cast})"), FRAME)
    assert isinstance(found.gains, RuledOut)
    assert isinstance(found.loses, NotKnown)
    assert compare(parse(f"public AND ({cast})"), parse(f"({cast}) AND public"), FRAME).relation == "equal"


CALLERS = {
    "nobody has an id to compare": (f"owner = {ME}", ANON, RuledOut),
    "whoever is signed in has one": (f"owner = {ME}", SIGNED_IN, Candidate),
    "nobody passes by having no id": (f"{ME} IS NULL", SIGNED_IN, RuledOut),
    "the role of a token": ("(auth.role() = 'service_role'::text)", SIGNED_IN, RuledOut),
    "what the login role is called": ("(SESSION_USER = 'authenticated'::name)", SIGNED_IN, RuledOut),
}


@pytest.mark.parametrize(("text", "caller", "answer"), CALLERS.values(), ids=CALLERS)
def test_who_passes(text, caller, answer):
    assert isinstance(can_pass(parse(text), Frame(NOTE, LIVE, caller)), answer)


def test_a_candidate_has_values_that_can_be_tried():
    found = can_pass(parse(f"(public AND (name)::text = 'x'::text) OR EXISTS ({MINE} AND m.team = team)"), Frame(NOTE, LIVE, SIGNED_IN), beyond=parse(f"owner = {ME}"))  # fmt: skip
    assert isinstance(found, Candidate)
    row, session = dict(found.row), dict(found.session)
    assert session["auth.uid()"] != row["owner"] or row["owner"] is None
    assert (row["public"], row["name"]) == (True, "x") or found.others[0][0] == "public.member"


def test_columns_that_are_filled_are_not_null():
    assert isinstance(can_pass(parse("owner IS NULL"), FRAME), Candidate)
    assert isinstance(can_pass(parse("owner IS NULL"), Frame(NOTE, LIVE, filled=frozenset({"owner"}))), RuledOut)


def test_without_a_solver_nothing_is_proved_and_that_is_said(monkeypatch):
    monkeypatch.setattr(questions, "available", lambda: False)
    found = compare(parse("n = 77"), parse("n > 76"), FRAME)
    assert found.relation == "not known"
    assert isinstance(found.loses, NotKnown)
    assert "pip install cvc5" in found.loses.why
    assert compare(parse("n = 77"), parse("n = 77"), FRAME).relation == "equal"
    assert isinstance(can_pass(TRUE, FRAME, beyond=parse("n > 76")), NotKnown)


def test_a_question_that_differs_in_names_alone_is_put_once_and_answered_in_its_own_names():
    questions._answered.cache_clear()
    answers = []
    for mine, theirs in (("boss", "crew"), ("chief", "staff")):
        row = table("work", [(mine, "uuid"), ("done", "boolean")])
        live = Schema("d", 170000, "postgres", (), tables=(row, table(theirs, [(mine, "uuid"), ("rank", "text")])))
        text = (
            f"done AND EXISTS (SELECT 1 FROM public.{theirs} x WHERE (x.{mine} = work.{mine}) AND (x.rank = 'a'::text))"
        )
        answers.append(can_pass(parse(text.replace("work.", "")), Frame(row, live)))
    assert questions._answered.cache_info().misses == 1
    assert [dict(one.row)["done"] for one in answers] == [True, True]
    assert [one.others[0][0] for one in answers] == ["public.crew", "public.staff"]
    assert [set(dict(one.others[0][1])) for one in answers] == [{"boss", "rank"}, {"chief", "rank"}]
