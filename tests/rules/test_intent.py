"""What is declared is meant, and what cannot be read is said."""

import pytest

from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.finding import Finding
from gatepost.reflect import read
from gatepost.rules import Context, all_rules, named_rule, rule
from gatepost.rules._checking import check
from gatepost.schema import Column, Function, Policy, RowSecurity, Schema, Table
from gatepost.verification import verify

OPEN = """
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid NOT NULL);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.notes TO anon;
CREATE POLICY everybody ON public.notes FOR SELECT TO anon USING (true);
"""


def declaration(*policies):
    made = tuple(Policy("public", "notes", name, "select", ("anon",), True, "true") for name in policies)
    return Declaration((ProtectedTable("public", "notes", (), made, (), (), ("id", "user_id"), (), "policies/x.py:1"),))


@pytest.mark.parametrize(
    ("declared", "found"),
    [(None, True), (declaration("everybody"), False), (declaration("another"), True), (declaration(), True)],
)
def test_a_declared_policy_is_intended(told, declared, found):
    assert bool(told("always-true-read", OPEN, declared)) is found


@pytest.mark.parametrize(
    ("table", "more", "found"),
    [
        ("shop_settings", "", False),
        ("shop_settings", ", api_secret text", True),
        ("shop_settings", ", owner_id uuid", True),
        ("customers", "", True),
    ],
    ids=["of a shop", "beside a secret", "of somebody", "of people"],
)
def test_the_number_of_a_shop_is_for_everybody(told, table, more, found):
    reported = told(
        "always-true-read",
        f"""
        CREATE TABLE public.{table} (id int PRIMARY KEY, phone text, shop_email text {more});
        ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON public.{table} TO anon;
        CREATE POLICY everybody ON public.{table} FOR SELECT TO anon USING (true);""",
        None,
    )
    assert bool(reported) is found


WRITTEN = """
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid NOT NULL, book bigint);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON public.notes TO authenticated;
CREATE POLICY everybody ON public.notes FOR {command} TO authenticated {half} (book > 0);
"""


@pytest.mark.parametrize(("command", "half", "found"), [("UPDATE", "USING", True), ("INSERT", "WITH CHECK", False)])
def test_a_write_to_the_rows_of_others_stays_a_finding_though_it_was_declared(told, command, half, found):
    text = WRITTEN.format(command=command, half=half)
    assert bool(told("always-true-write", text, declaration("everybody"))) is found


def unreadable():
    policies = (
        Policy("public", "t", "odd", "select", ("public",), True, "(a <<<>>> = = b"),
        Policy("public", "t", "even", "select", ("public",), True, "true"),
    )
    table = Table("public", "t", "table", "postgres", RowSecurity(True, True), policies=policies)
    return Context(Schema("db", 170000, "postgres", ("public",), tables=(table,)))


def test_an_expression_that_the_parser_does_not_know_is_reported():
    context = unreadable()
    for one in all_rules():
        list(one.check(context))
    (told,) = context.not_analysed()
    assert (told.what, told.ours) == ("public.t.odd: its condition", True)


DEEP = {
    "case": "CASE WHEN (a = 1) THEN b ELSE {} END",
    "not": "(NOT ({} AND b))",
    "array": "(true = ANY (ARRAY[{}]))",
}


def nested(kind, depth):
    text = "b"
    for _ in range(depth):
        text = DEEP[kind].format(text)
    return text


@pytest.mark.parametrize("kind", DEEP)
def test_a_condition_that_is_nested_too_deeply_is_not_checked_alone(kind):
    """As deep as PostgreSQL takes it; one of a common depth is understood."""
    policies = tuple(
        Policy("public", "t", name, "select", ("public",), True, nested(kind, depth))
        for name, depth in (("deep", 300), ("common", 5))
    )
    columns = (Column("a", "integer"), Column("b", "boolean"))
    table = Table("public", "t", "table", "postgres", RowSecurity(True, True), columns=columns, policies=policies)
    context = Context(Schema("db", 170000, "postgres", ("public",), tables=(table,)))
    assert check(all_rules(), context)[1] == []
    assert [(one.what, one.why) for one in context.not_analysed()] == [
        ("public.t.deep: its condition", "the parser does not support it: it is nested too deeply")
    ]


def test_a_rule_that_fails_takes_nothing_away_from_the_others():
    @rule(severity="error", decided_by="catalog")
    def broken(context):
        yield Finding("broken", "error", "public", "found before it failed")
        raise KeyError("t")

    findings, failed = check([broken, *all_rules()], unreadable())
    assert {"broken", "no-api-roles"} <= {finding.rule for finding in findings}
    (one,) = failed
    assert one.what == "the database"
    assert one.why == "the rule \"broken\" failed, which is a bug in Gatepost: KeyError: 't'"
    assert one.fails


NAMES = ("a", "a_odd", "b", "b_odd", "c")


@pytest.mark.parametrize("kind", ["tables", "decisive", "functions"])
def test_a_rule_that_fails_on_some_looks_at_all_others(kind):
    @rule(severity="error", decided_by="catalog")
    def choosy(context):
        looked_at = context.live.functions if kind == "functions" else getattr(context, kind)
        for one in looked_at:
            name = str(getattr(one, "policy", one))
            if "odd" in name:
                raise KeyError(name)
            yield Finding("choosy", "error", name, "seen")

    policies = [(Policy("public", name, "p", "select", ("public",), True, "true"),) for name in NAMES]
    tables = [
        Table("public", name, "table", "postgres", RowSecurity(True, True), policies=one)
        for name, one in zip(NAMES, policies, strict=True)
    ]
    functions = [
        Function("public", name, "", "function", "sql", "integer", "postgres", False, "stable", "SELECT 1")
        for name in NAMES
    ]
    context = Context(Schema("db", 170000, "postgres", ("public",), tables=tuple(tables), functions=tuple(functions)))
    findings, failed = check([choosy], context)
    ending = {"tables": "", "decisive": ".p", "functions": "()"}[kind]
    assert [one.object for one in findings] == [f"public.{name}{ending}" for name in ("a", "b", "c")]
    assert [one.what for one in failed] == [f"public.{name}{ending}" for name in ("a_odd", "b_odd")]


def test_nothing_is_reported_that_nobody_analysed():
    assert unreadable().not_analysed() == ()


def test_a_verification_of_what_is_understood_is_whole(connection):
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        assert Context(read(cursor)).not_analysed() == ()
    assert verify(connection, declaration=Declaration()).not_checked == ()


def test_no_grant_on_the_platforms_users_is_offered(rolled_back):
    """Their row security shows nothing to anybody, whatever was granted."""
    with rolled_back.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE public.invite (id int PRIMARY KEY, email text NOT NULL);"
            "ALTER TABLE public.invite ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.invite TO authenticated;"
            "CREATE POLICY mine ON public.invite FOR SELECT TO authenticated USING"
            " (email IN (SELECT u.email FROM auth.users u WHERE u.id = auth.uid()))"
        )
        found = next(iter(named_rule("policy-reads-unreadable-table").check(Context(read(cursor)))))
    assert "GRANT" not in found.fix
    assert "auth.jwt() ->> 'email'" in found.fix
