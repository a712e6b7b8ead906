"""From PostgreSQL's printing to terms; no database needed."""

import pytest

from gatepost.analysis import NotUnderstood
from gatepost.analysis.conditions.parse import _parsed, parse
from gatepost.analysis.conditions.term_queries import as_exists, captured, relations, row_columns, same_sides, sessions
from gatepost.analysis.conditions.terms import (
    TRUE,
    And,
    Column,
    Compare,
    CompareMany,
    Const,
    Exists,
    Items,
    OncePerStatement,
    Select,
    Session,
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("(auth.uid() = user_id)", Session("uid")),
        ("((auth.jwt() ->> 'sub'::text) = id)", Session("uid")),
        ("(((current_setting('request.jwt.claims'::text, true))::json ->> 'sub'::text) = id)", Session("uid")),
        (
            "((NULLIF(current_setting('request.jwt.claim.sub'::text, true), ''::text))::uuid = id)",
            Session("uid"),
        ),
        ("((auth.jwt() ->> 'email'::text) = mail)", Session("email")),
        ("(((auth.jwt() -> 'app_metadata'::text) ->> 'org'::text) = org)", Session("claim", ("app_metadata", "org"))),
        ("((auth.jwt() #>> '{app_metadata,org}'::text[]) = org)", Session("claim", ("app_metadata", "org"))),
        (
            "(((current_setting('request.headers'::text, true))::json ->> 'x-t'::text) = t)",
            Session("request", ("headers", "x-t")),
        ),
        ("(tenant = current_setting('app.tenant'::text, true))", Session("setting", ("app.tenant",))),
        ("(owner = (CURRENT_USER)::text)", Session("current_user")),
        ("(owner = (CURRENT_ROLE)::text)", Session("current_user")),
    ],
)
def test_every_way_to_read_the_session_is_one_value(text, read):
    assert sessions(parse(text)) == {read}


def test_a_column_belongs_to_the_row_or_to_a_source():
    term = parse(
        "(EXISTS ( SELECT 1\n   FROM public.member m\n  WHERE ((m.org_id = plan.org_id) AND (m.user_id = auth.uid()))))"
    )
    assert row_columns(term) == {"org_id"}
    assert relations(term) == {("public", "member")}


def test_names_keep_their_case_and_spaces():
    term = parse('("My Table"."user id" = auth.uid())')
    assert term == Compare("=", Column("", "user id"), Session("uid"))


@pytest.mark.parametrize("text", ["true", "(true)"])
def test_true_needs_no_parser(text):
    assert parse(text) is TRUE


def test_one_shape_is_parsed_once_whatever_its_tables_and_columns_are_called():
    _parsed.cache_clear()
    for number in range(20):
        name = f"shape_{number}"
        parse(f"(key_{number} IN ( SELECT {name}.id\n   FROM public.{name}\n  WHERE ({name}.a = auth.uid())))")
    assert _parsed.cache_info().misses == 1


def test_pieces_that_come_out_the_same_are_shared():
    first, second = (parse(f"((shared_owner = auth.uid()) AND (state_{number} <> 'gone'::text))") for number in (1, 2))
    assert isinstance(first, And)
    assert isinstance(second, And)
    assert first != second
    assert first.terms[0] is second.terms[0]


@pytest.mark.parametrize(
    "text",
    [
        "(EXISTS ( SELECT 1 FROM public.m x WHERE ((x.org = notes.org) AND (x.role = 'a.b'::public.app_role))))",
        "(public.f(m.id) AND ((m.x)::public.t[] = 'm.x'))",
        "(m.date = (m.x)::date)",
        "(EXISTS ( SELECT 1 FROM (public.a q(x, y) JOIN public.b USING (id)) WHERE (q.x > '2020-01-01'::date)))",
        "((m.zone)::timestamp with time zone > now())",
        "(((zone AT TIME ZONE 'utc'::text))::date = date)",
        "(EXTRACT(year FROM seen) = (year)::numeric)",
        "((text = ((iv)::interval year to month)::text) AND ((year > 1) OR (month)))",
        "(((p).l = year) AND is_open AND (NOT true))",
        "CASE kind WHEN 'kind'::text THEN true WHEN name THEN flag ELSE NULL::boolean END",
        "(EXISTS ( SELECT 1 FROM json_to_recordset('[]'::json) j(a integer, b text) WHERE (j.b = notes.b)))",
        "(id IN ( WITH w AS ( SELECT o.id FROM public.o WHERE (o.org = auth.uid()) ) SELECT w.id FROM w))",
        "((\"User\" = \"select\") AND (note = 'it''s (id) ::x'::text))",
        "(value @> '{\"id\": 1}'::jsonb)",
        "(gp_0_ = auth.uid())",
    ],
)
def test_the_shape_filled_with_names_is_the_text_parsed_whole(text):
    assert parse(text) == _parsed(text)


def test_what_is_no_sql_is_not_understood():
    with pytest.raises(NotUnderstood):
        parse("(a b c = = 1")


def test_a_sub_select_without_from_is_its_value():
    assert parse("( SELECT auth.uid() AS uid)") == OncePerStatement(Session("uid"))


@pytest.mark.parametrize(
    "text",
    [
        "(org IN ( SELECT m.org FROM public.m WHERE (m.u = auth.uid())))",
        "(org = ANY (ARRAY( SELECT m.org FROM public.m WHERE (m.u = auth.uid()))))",
        "(org = ( SELECT m.org FROM public.m WHERE (m.u = auth.uid())))",
        "(EXISTS ( SELECT 1 FROM public.m WHERE ((m.u = auth.uid()) AND (m.org = t.org))))",
    ],
)
def test_every_way_to_look_in_a_table_is_an_exists(text):
    found = as_exists(parse(text))
    assert isinstance(found, Exists)
    assert isinstance(found.select, Select)
    assert {Column("m", "org"), Column("", "org"), Column("m", "u")} <= set(found.select.where.walk())


def test_a_list_is_written_out():
    term = parse("(role = ANY (ARRAY['a'::text, 'b'::text]))")
    assert term == CompareMany("=", Column("", "role"), Items((Const("a", "text"), Const("b", "text"))))


def test_a_captured_name_is_seen():
    term = parse("(EXISTS ( SELECT 1 FROM public.m WHERE ((m.org_id = m.org_id) AND (m.u = auth.uid()))))")
    assert len(list(captured(term))) == 1
    assert len(list(same_sides(term))) == 1
