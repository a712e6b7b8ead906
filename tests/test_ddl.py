"""The statements of each step, read as text."""

import pytest

from gatepost import ddl
from gatepost.diff import Change, TableGrants, TableRowSecurity
from gatepost.schema import Grant, Policy, RowSecurity


def policy(using):
    return Policy("public", "my table", 'a "name"', "select", ("anon", "public"), using=using)


def test_a_policy_is_quoted_and_says_everything():
    assert ddl.create_sql(policy("true")) == [
        'CREATE POLICY "a ""name""" ON "public"."my table" AS PERMISSIVE FOR SELECT TO "anon", PUBLIC USING (true)'
    ]


@pytest.mark.parametrize(
    ("written", "without"),
    [
        ("a = 'x\ty'", "a = E'x\\ty'"),
        ("a = 'it''s\t\\'", "a = E'it''s\\t\\\\'"),
        ("a = E'\\\\\t'", "a = E'\\\\\\t'"),
        ("a = $$it's\t\\$$", "a = E'it''s\\t\\\\'"),
        ("a = $q$\t$q$", "a = E'\\t'"),
        ("a\t= 'b'", "a\t= 'b'"),
    ],
)
def test_a_tab_in_a_literal_is_escaped(written, without):
    """Alembic's scripts have four spaces in the place of a tab."""
    [statement] = ddl.create_sql(policy(written))
    assert statement.endswith(f"USING ({without})")


def test_a_comment_does_not_swallow_the_bracket():
    [statement] = ddl.create_sql(policy("true -- for now"))
    assert statement.endswith("USING (true -- for now\n)")


def test_grants_begin_by_taking_everything_away():
    grants = TableGrants("public", "t", (Grant("anon", "SELECT", "a"), Grant("anon", "SELECT", "b")))
    assert ddl.create_sql(grants) == [
        'REVOKE ALL ON TABLE "public"."t" FROM "anon", "authenticated", PUBLIC, "service_role"',
        'GRANT SELECT ("a", "b") ON TABLE "public"."t" TO "anon"',
    ]


def test_a_schema_is_left_as_it_was_entered():
    grants = TableGrants("app", "t", (Grant("anon", "SELECT"),), usage=("anon",))
    assert 'GRANT USAGE ON SCHEMA "app" TO "anon"' in ddl.create_sql(grants)
    assert ddl.drop_sql(grants)[-1] == 'REVOKE USAGE ON SCHEMA "app" FROM "anon"'


def test_a_step_and_its_way_back():
    on = TableRowSecurity("public", "t", RowSecurity(enabled=True, forced=True))
    step = Change("create", None, on)
    assert ddl.change_sql(step) == [
        'ALTER TABLE "public"."t" ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE "public"."t" FORCE ROW LEVEL SECURITY',
    ]
    assert ddl.change_sql(step.reversed())[-1] == 'ALTER TABLE "public"."t" DISABLE ROW LEVEL SECURITY'
