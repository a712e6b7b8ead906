"""What is asked of a condition: what it reads, in which ways it holds, which sub-selects it stands on."""

# ruff: noqa: E501  (cases are read in one line)

import pytest

from gatepost.analysis import parse
from gatepost.analysis.conditions import term_queries as queries
from gatepost.analysis.conditions.terms import Compare, Exists, IsNull, Scalar, Select

ME = "(SELECT auth.uid() AS uid)"
MINE = f"SELECT m.team FROM public.member m WHERE (m.person = {ME})"


def select(text):
    return next(iter(parse(text).all_of_type(Select)))


def test_what_a_condition_reads():
    term = parse(f"(owner = {ME}) AND (team IN ({MINE}))")
    assert queries.row_columns(term) == {"owner", "team"}
    assert queries.relations(term) == {("public", "member")}
    assert queries.read_by(term) == {(("public", "member"), "")}
    assert {one.kind for one in queries.sessions(term)} == {"uid"}
    assert {(one.source, one.name) for one in queries.columns_of(term)} == {("", "owner"), ("", "team"), ("m", "team"), ("m", "person")}  # fmt: skip


@pytest.mark.parametrize(("text", "kinds"), [
    (f"(owner = {ME}) AND (name IS NULL)", [Compare, IsNull]),
    (f"EXISTS ({MINE})", [Exists, Compare]),
    (f"({MINE}) > 5", [Compare, Scalar, Compare]),
    ("flag", []),
])  # fmt: skip
def test_its_comparisons_and_sub_selects(text, kinds):
    assert [type(one) for one in queries.conditions(parse(text))] == kinds


@pytest.mark.parametrize("text", [
    f"team IN ({MINE})", f"team = ANY (ARRAY({MINE}))", f"EXISTS ({MINE} AND (m.team = note.team))", f"({MINE}) = team",
    f"(SELECT count(*) AS c FROM public.member m WHERE ((m.person = {ME}) AND (m.team = note.team))) > 0",
    f"NOT ((SELECT count(*) AS c FROM public.member m WHERE ((m.person = {ME}) AND (m.team = note.team))) = 0)",
    f"({MINE}) IS NOT NULL", f"COALESCE((SELECT m.ok FROM public.member m WHERE (m.person = {ME})), false)",
    f"(SELECT m.role FROM public.member m WHERE (m.person = {ME})) = ANY (ARRAY['a'::text, 'b'::text])",
])  # fmt: skip
def test_what_finds_rows_is_an_exists(text):
    found = queries.as_exists(parse(text))
    assert isinstance(found, Exists)
    assert [source.relation for source in found.select.sources] == [("public", "member")]


@pytest.mark.parametrize("text", [
    f"(SELECT count(*) AS c FROM public.member m WHERE (m.person = {ME})) < 5", f"NOT (team IN ({MINE}))", "owner = id",
    f"COALESCE((SELECT m.ok FROM public.member m WHERE (m.person = {ME})), true)", f"({MINE}) IS NULL",
])  # fmt: skip
def test_what_does_not_need_rows_is_none(text):
    assert queries.as_exists(parse(text)) is None


def test_the_ways_in_which_it_holds():
    ways = queries.alternatives(parse("(a AND (b OR c)) OR d"))
    assert [[one.name for one in way] for way in ways] == [["a", "b"], ["a", "c"], ["d"]]
    many = " AND ".join(f"(a{at} OR b{at})" for at in range(5))
    assert len(queries.alternatives(parse(f"({many})"))) <= 16
    assert [one.name for one in queries.conjuncts(parse("(a AND b AND c)"))] == ["a", "b", "c"]


@pytest.mark.parametrize(("text", "when"), [
    ("a AND b", "((NOT (a IS TRUE)) OR (NOT (b IS TRUE)))"), ("a OR b", "((NOT (a IS TRUE)) AND (NOT (b IS TRUE)))"),
    ("a IS NULL", "(NOT (a IS NULL))"), ("NOT (a IS NULL)", "(a IS NULL)"), ("NOT a", "(a OR (a IS NULL))"),
    ("a IS TRUE", "(NOT (a IS TRUE))"), (f"EXISTS ({MINE})", f"(NOT EXISTS ({MINE}))"),
])  # fmt: skip
def test_when_it_is_false_or_null(text, when):
    assert queries.not_true(parse(f"({text})")) == parse(when)


def test_the_sides_of_a_union():
    assert len(queries.branches(select(f"team IN ({MINE} UNION SELECT p.id FROM public.plan p UNION SELECT 5)"))) == 3
    inside = f"EXISTS (SELECT 1 FROM ({MINE} UNION SELECT p.id FROM public.plan p) u WHERE (u.team = note.team))"
    sides = queries.branches(parse(inside).select)
    assert [[source.relation for source in side.sources] for side in sides] == [[("public", "member")], [("public", "plan")]]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), [
    ("a = a", 1), ("a >= a", 1), ("a <> a", 1), ("(a)::text = (a)::text", 1), ("a = b", 0), ("1 = 1", 0),
])  # fmt: skip
def test_a_column_that_is_compared_with_itself(text, found):
    assert len(list(queries.same_sides(parse(f"({text})")))) == found


@pytest.mark.parametrize(("where", "found"), [
    ("(m.team = m.id)", 1), ("(m.team = note.team)", 0), ("(m.id = split_part(m.name, '/'::text, 1))", 1), ("(m.id = 5)", 0),
    ("(m.id > m.team)", 0), ("(m.team = m.id) AND (m.role = note.body)", 0),
])  # fmt: skip
def test_a_comparison_within_one_table_that_never_mentions_the_row(where, found):
    assert len(list(queries.captured(parse(f"EXISTS (SELECT 1 FROM public.member m WHERE ({where}))")))) == found


@pytest.mark.parametrize(("text", "depends"), [(f"owner = {ME}", True), ("auth.role() = 'anon'::text", False), ("a = b", False), ("(auth.jwt() ->> 'plan'::text) = 'x'::text", True)])  # fmt: skip
def test_whether_it_depends_on_the_caller(text, depends):
    assert queries.depends_on_caller(parse(text)) == depends
