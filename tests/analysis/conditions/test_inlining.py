"""Calls followed into bodies; no database needed."""

import pytest

from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.term_queries import as_exists, relations, row_columns, sessions, unknown
from gatepost.analysis.conditions.terms import Column, Const, Session
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.schema import Column as TableColumn
from gatepost.schema import Function, RowSecurity, Schema, Table

MEMBER = Table(
    "public",
    "member",
    "table",
    "postgres",
    RowSecurity(True, False),
    (TableColumn("org_id", "bigint"), TableColumn("user_id", "uuid"), TableColumn("role", "text")),
)
COUNTS = "UPDATE member SET role = 'a'; GET DIAGNOSTICS n = ROW_COUNT;"


def followed(call, body, arguments="", parameters=(), language="sql", **more):
    """A call of `public.f`, followed."""
    function = Function(
        "public", "f", arguments, "function", language, "boolean", "postgres", more.pop("definer", False), "stable",
        body, parameters=parameters, **more,
    )  # fmt: skip
    live = Schema("db", 170000, "postgres", ("public",), tables=(MEMBER,), functions=(function,))
    return Follower(live).follow(parse(call))


def test_an_argument_takes_the_place_of_its_parameter():
    body = "SELECT EXISTS (SELECT 1 FROM member WHERE org_id = org AND user_id = auth.uid())"
    term = followed("public.f(org_id)", body, "bigint", ("org",))
    assert relations(term) == {("public", "member")}
    assert row_columns(term) == {"org_id"}
    assert sessions(term) == {Session("uid")}


@pytest.mark.parametrize("name", ["$1", "f.org", "org"])
def test_a_parameter_is_known_by_number_and_by_name(name):
    assert row_columns(followed("public.f(org_id)", f"SELECT {name} = 1", "bigint", ("org",))) == {"org_id"}


def test_a_column_of_a_table_comes_before_a_parameter():
    body = "SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.org_id = org_id)"
    term = followed("public.f(id)", body, "bigint", ("org_id",))
    assert row_columns(term) == set()


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN RETURN auth.uid() = who; END",
        "BEGIN IF auth.uid() = who THEN RETURN true; END IF; RETURN false; END",
        "BEGIN IF auth.uid() IS NULL THEN RETURN false; ELSIF auth.uid() = who THEN RETURN true; ELSE RETURN false;"
        " END IF; END",
        "DECLARE me uuid := auth.uid(); BEGIN RETURN me = who; END",
        "DECLARE me uuid; BEGIN me := auth.uid(); -- who asks\n RETURN me = who; END;",
        "DECLARE me uuid; BEGIN SELECT auth.uid() INTO me; RETURN me = who; END",
    ],
)
def test_plpgsql_is_what_it_decides(body):
    term = followed("public.f(user_id)", body, "uuid", ("who",), "plpgsql")
    assert not unknown(term)
    assert Truth(SIGNED_IN).possible_outcomes(term) & Outcome.TRUE
    assert not Truth(ANON).possible_outcomes(term) & Outcome.TRUE
    assert row_columns(term) == {"user_id"}


def test_a_value_that_is_selected_into_a_variable_reads_its_table():
    body = (
        "DECLARE r text; BEGIN SELECT m.role INTO r FROM public.member m WHERE m.user_id = auth.uid();"
        " RETURN r = 'admin'; END"
    )
    found = as_exists(followed("public.f()", body, language="plpgsql"))
    assert found is not None
    assert {Column("f:m", "role"), Const("admin")} <= set(found.walk())


def test_a_definer_function_runs_as_its_owner():
    term = followed("public.f()", "SELECT current_user = 'postgres'", definer=True)
    assert Truth(SIGNED_IN).always(term)
    assert not Truth(SIGNED_IN).always(followed("public.f()", "SELECT current_user = 'postgres'"))


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("plpgsql", "BEGIN EXECUTE 'SELECT 1'; RETURN true; END"),
        ("plpgsql", "BEGIN FOR i IN 1..3 LOOP RETURN i = 2; END LOOP; RETURN true; END"),
        ("plpgsql", f"DECLARE n int; BEGIN {COUNTS} RETURN n IS NULL; END"),
        ("plpgsql", f"DECLARE n int; BEGIN FOR i IN 1..3 LOOP {COUNTS} END LOOP; RETURN n IS NULL; END"),
        ("sql", "DELETE FROM member; SELECT true"),
        ("c", "some_symbol"),
        ("sql", "SELECT ((("),
    ],
)
def test_what_is_not_followed_is_said_to_be_unknown(language, body):
    assert unknown(followed("public.f()", body, language=language))


def test_a_function_that_calls_itself_ends():
    assert followed("public.f()", "SELECT public.f()") is not None


def test_a_parsed_body_is_followed():
    body = "BEGIN ATOMIC\n SELECT (EXISTS ( SELECT 1\n FROM public.member m WHERE (m.user_id = auth.uid()))) AS e;\nEND"
    assert relations(followed("public.f()", body, parsed=True)) == {("public", "member")}
    assert sessions(followed("public.f()", "RETURN auth.uid()", parsed=True)) == {Session("uid")}


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("INSERT INTO log VALUES (';'); /* ; */ SELECT org_id = 1 FROM public.member", False),
        ("BEGIN ATOMIC\n INSERT INTO public.log VALUES (1);\n SELECT org_id = 1 FROM public.member;\nEND", True),
        ("DELETE FROM log WHERE id IN (SELECT org_id FROM public.member); SELECT true", False),
    ],
)
def test_of_several_statements_the_tables_that_they_read_are_known(body, parsed):
    term = followed("public.f()", body, parsed=parsed)
    assert unknown(term)
    assert relations(term) == {("public", "member")}


@pytest.mark.parametrize("language", ["sql", "plpgsql"])
def test_without_the_grammar_no_body_is_followed(monkeypatch, language):
    monkeypatch.setattr(grammar, "available", lambda: False)
    body = "SELECT auth.uid() IS NOT NULL" if language == "sql" else "BEGIN RETURN auth.uid() IS NOT NULL; END"
    assert unknown(followed("public.f()", body, language=language))
