"""What a body reads, writes and calls, and what SQL it puts together."""

import pytest

from gatepost.analysis.function_effects import Bodies, reads_identity
from gatepost.schema import Column, Function, Policy, Reference, RowSecurity, Schema, Table

NOTE, MEMBER = ("public", "note"), ("public", "member")


def function(body, name="f", **given):
    told = {"language": "plpgsql", "definer": True, "returns": "void", "owner": "postgres", "kind": "function"}
    told |= {"schema": "public", "arguments": "", "volatility": "volatile", "settings": ('search_path=""',)}
    return Function(name=name, body=body, **(told | given))


def bodies(*functions, policies=()):
    tables = tuple(
        Table(*key, "table", "postgres", RowSecurity(True, False), (Column("id", "int"),), policies if n == 0 else ())
        for n, key in enumerate((NOTE, MEMBER, ("private", "secret")))
    )
    return Bodies(Schema("db", 170000, "postgres", ("public",), tables, functions=functions))


@pytest.mark.parametrize(
    ("body", "reads", "writes"),
    [
        ("SELECT * FROM public.note", {NOTE}, set()),
        ("SELECT * FROM public.note n, public.member m WHERE true", {NOTE, MEMBER}, set()),
        ("SELECT 1 FROM public.note n LEFT JOIN LATERAL (SELECT FROM public.member) x ON true", {NOTE, MEMBER}, set()),
        ("DELETE FROM public.note USING public.member m WHERE true", {MEMBER}, {("delete", NOTE)}),
        ("INSERT INTO public.note (id) SELECT id FROM public.member", {MEMBER}, {("insert", NOTE)}),
        ("INSERT INTO public.note VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2", set(), {("insert", NOTE)}),
        ("UPDATE public.note SET id = 1 FROM public.member", {MEMBER}, {("update", NOTE)}),
        ('UPDATE ONLY "public"."note" SET id = 1', set(), {("update", NOTE)}),
        ("MERGE INTO public.note USING public.member ON true WHEN MATCHED THEN DELETE", {MEMBER}, {("update", NOTE)}),
        ("TRUNCATE public.note", set(), {("delete", NOTE)}),
        ("SELECT id INTO note FROM public.member FOR UPDATE", {MEMBER}, set()),
        ("-- FROM public.note\nSELECT 'FROM public.note' /* FROM public.note */", set(), set()),
        ("SELECT extract(year FROM public.today())", set(), set()),
        ("SELECT public.note.id FROM public.member", {MEMBER}, set()),
        ("DECLARE r public.note%rowtype; BEGIN RETURN; END", set(), set()),
        ("FOR r IN SELECT * FROM public.note LOOP NULL; END LOOP", {NOTE}, set()),
        ("SELECT * FROM note", set(), set()),
    ],
)
def test_names_count_where_a_relation_stands(body, reads, writes):
    one = function(body)
    found = bodies(one).alone(one)
    assert found.reads == reads
    assert found.writes == writes


def test_an_unqualified_name_is_looked_up_in_the_search_path():
    one = function("SELECT * FROM note", settings=("search_path=private, public",))
    found = bodies(one).alone(one)
    assert found.reads == {NOTE}
    assert found.unqualified == ("note",)
    callers = function("SELECT * FROM note", settings=())
    assert bodies(callers).alone(callers).reads == {NOTE}


def test_what_is_called_counts_as_its_own():
    inner = function("SELECT * FROM private.secret", "inner", definer=False)
    middle = function("PERFORM public.inner()", "middle")
    outer = function("BEGIN PERFORM public.middle(); END", "outer")
    found = bodies(inner, middle, outer).follow(outer)
    assert found.reads == {("private", "secret")}
    assert not found.identity
    asks = function("SELECT auth.uid()", "inner")
    assert bodies(asks, middle, outer).follow(outer).identity


def test_functions_that_call_each_other_end():
    one, two = function("PERFORM public.two()", "one"), function("PERFORM public.one()", "two")
    assert bodies(one, two).follow(one).reads == set()


def test_another_language_is_not_followed():
    one = function("return 1", language="plpython3u")
    assert "plpython3u" in bodies(one).follow(one).not_followed
    caller = function("SELECT public.f()", "caller")
    assert "public.f()" in bodies(one, caller).follow(caller).not_followed


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("auth.uid() = owner", True),
        ('"auth"."uid"() = owner', False),
        ("auth.jwt() ->> 'org'", True),
        ("current_setting('request.jwt.claims', true)", True),
        ("current_setting('app.tenant'::text, true)", True),
        ("current_setting('request.headers', true)::json ->> 'x-user'", False),
        ("current_setting('work_mem')", False),
        ("true -- auth.uid()", False),
        ("current_user = 'x'", False),
        ("(SELECT auth.uid()) IS NOT NULL", False),
        ("( SELECT auth.uid() AS uid) IS NULL OR auth.role() <> 'authenticated'", False),
        ("auth.uid() IS NOT NULL AND owner = auth.uid()", True),
    ],
)
def test_asking_who_is_signed_in(text, asks):
    assert reads_identity(text) is asks or text.startswith('"')


@pytest.mark.parametrize(
    ("body", "arguments", "expected"),
    [
        ("EXECUTE 'SELECT 1'", "", "constant"),
        ("EXECUTE statement", "text", "open"),
        ("EXECUTE 'SELECT * FROM t WHERE x = ' || statement", "text", "open"),
        ("EXECUTE 'SELECT * FROM t WHERE x = ' || quote_literal(statement)", "text", "quoted"),
        ("EXECUTE 'SELECT * FROM ' || quote_ident(statement)", "text", "chosen"),
        ("EXECUTE format('SELECT * FROM t WHERE x = %L', statement)", "text", "quoted"),
        ("EXECUTE format('SELECT * FROM %I', statement)", "text", "chosen"),
        ("EXECUTE format('SELECT %s', statement)", "text", "open"),
        ("EXECUTE 'SELECT a FROM t ORDER BY ' || quote_ident(statement) || ' DESC'", "text", "quoted"),
        ("EXECUTE 'SELECT a FROM t ORDER BY ' || other || quote_ident(statement)", "text", "chosen"),
        ("EXECUTE 'SELECT a FROM t ORDER BY ' || statement", "text", "open"),
        ("EXECUTE format('SELECT a FROM t GROUP BY t.%1$I', statement)", "text", "quoted"),
        ("EXECUTE format('SELECT a FROM %I ORDER BY %I', statement, statement)", "text", "chosen"),
        ("EXECUTE format('SELECT a FROM t ORDER BY %s', statement)", "text", "open"),
        ("EXECUTE 'TABLE ' || CASE statement WHEN 'a' THEN 'a' ELSE 'b' END", "text", "quoted"),
        ("EXECUTE 'TABLE ' || CASE WHEN statement = 'a' THEN 'a' ELSE statement END", "text", "open"),
        ("q := 'SELECT ' || statement; EXECUTE q", "text", "open"),
        ("EXECUTE 'SELECT * FROM t WHERE x = $1' USING statement", "text", "constant"),
        ("EXECUTE 'SELECT ' || statement", "integer", "quoted"),
        ("CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()", "text", "none"),
    ],
)
def test_how_much_of_the_sql_is_the_callers(body, arguments, expected):
    one = function(body, arguments=arguments, parameters=("statement",))
    assert bodies(one).alone(one).dynamic == expected


def test_tables_that_policies_read_are_trusted():
    helper = function("SELECT EXISTS (SELECT FROM public.member)", "helper", language="sql")
    reads = (Reference("function", "public", "helper()"), Reference("relation", *NOTE, ("id",)))
    policy = Policy(*NOTE, "p", "select", ("public",), using="public.helper()", reads=reads)
    assert bodies(helper, policies=(policy,)).trusted == {MEMBER}
