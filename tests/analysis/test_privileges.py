"""Who may do what: memberships, ownership, forced row security, predefined roles."""

import pytest

from gatepost.analysis.privileges import Privileges
from gatepost.reflect import read


@pytest.fixture
def after(rolled_back_as_superuser):
    """Run SQL as a superuser in a transaction that is rolled back, and give the privileges: `after("GRANT …")`."""

    def run(*statements):
        with rolled_back_as_superuser.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return Privileges(read(cursor))

    return run


NOTE = "CREATE TABLE public.note (id int PRIMARY KEY, body text); REVOKE ALL ON public.note FROM anon, authenticated"


def test_the_roles_of_a_fresh_project(after):
    privileges = after("SELECT 1")
    assert privileges.on_platform
    assert privileges.api_roles == ("anon", "authenticated")
    assert privileges.exposed == ("public",)
    assert not privileges.bypass_attribute("authenticated")
    assert privileges.bypass_attribute("service_role")


def test_a_role_that_a_token_can_name_is_one_of_them(after):
    privileges = after("CREATE ROLE gp_editor; GRANT gp_editor TO authenticator")
    assert privileges.api_roles == ("anon", "authenticated", "gp_editor")


def test_a_role_that_bypasses_row_security_is_none_of_them(after):
    privileges = after("CREATE ROLE gp_robot BYPASSRLS; GRANT gp_robot TO authenticator")
    assert privileges.api_roles == ("anon", "authenticated")
    assert "gp_robot" in privileges.token_roles


def test_a_privilege_comes_through_memberships_and_public(after):
    privileges = after(
        NOTE,
        "CREATE ROLE gp_a; CREATE ROLE gp_b; GRANT gp_a TO gp_b; GRANT gp_b TO authenticated",
        "GRANT SELECT ON public.note TO gp_a; GRANT INSERT ON public.note TO PUBLIC",
    )
    note = privileges.live.table("public", "note")
    assert privileges.reaches("authenticated", note, "SELECT")
    assert not privileges.reaches("anon", note, "SELECT")
    assert {"anon", "authenticated", "gp_a"} <= set(privileges.who(note, "INSERT"))  # a token can name gp_a, too


def test_a_membership_without_inherit_gives_no_privilege_and_lets_become(after):
    privileges = after(NOTE, "CREATE ROLE gp_a", "GRANT SELECT ON public.note TO gp_a")
    if privileges.live.server_version < 160000:
        pytest.skip("the option came with PostgreSQL 16")
    privileges = after("GRANT gp_a TO authenticated WITH INHERIT FALSE")
    assert not privileges.holds("authenticated", privileges.live.table("public", "note"), "SELECT")
    assert "gp_a" in privileges.becomes("authenticated")


def test_columns(after):
    privileges = after(NOTE, "GRANT SELECT (id) ON public.note TO anon")
    note = privileges.live.table("public", "note")
    assert privileges.holds("anon", note, "SELECT")
    assert privileges.holds("anon", note, "SELECT", ["id"])
    assert not privileges.holds("anon", note, "SELECT", ["id", "body"])


def test_reading_all_data_is_a_membership_like_another(after):
    privileges = after(NOTE, "GRANT pg_read_all_data TO anon", "CREATE SCHEMA hidden")
    assert privileges.reaches("anon", privileges.live.table("public", "note"), "SELECT")
    assert privileges.uses("anon", "hidden")
    assert not privileges.holds("anon", privileges.live.table("public", "note"), "INSERT")


def test_an_owner_is_past_row_security_until_it_is_forced(after):
    made = (NOTE, "CREATE ROLE gp_owner; ALTER TABLE public.note OWNER TO gp_owner")
    privileges = after(*made, "GRANT gp_owner TO anon; ALTER TABLE public.note ENABLE ROW LEVEL SECURITY")
    assert privileges.bypasses("anon", privileges.live.table("public", "note"))
    assert not privileges.bypasses("authenticated", privileges.live.table("public", "note"))
    privileges = after("ALTER TABLE public.note FORCE ROW LEVEL SECURITY")
    assert not privileges.bypasses("anon", privileges.live.table("public", "note"))
    assert privileges.bypasses("service_role", privileges.live.table("public", "note"))


def test_seeing_all_takes_a_policy_that_is_always_true_and_no_restriction(after):
    privileges = after(
        NOTE,
        "ALTER TABLE public.note ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.note TO anon, authenticated",
        "CREATE POLICY a ON public.note FOR SELECT TO anon USING (true)",
        "CREATE POLICY b ON public.note FOR SELECT TO authenticated USING (id > 0)",
    )
    note = privileges.live.table("public", "note")
    assert privileges.sees_all("anon", note)
    assert not privileges.sees_all("authenticated", note)
    privileges = after("CREATE POLICY c ON public.note AS RESTRICTIVE TO anon USING (id > 1)")
    assert not privileges.sees_all("anon", privileges.live.table("public", "note"))


def test_a_schema_that_an_api_role_may_use_is_exposed(after):
    privileges = after("CREATE SCHEMA a; CREATE SCHEMA b; GRANT USAGE ON SCHEMA a TO anon")
    assert privileges.exposed == ("a", "public")
    assert privileges.creates("postgres", "b") is False


def test_without_the_platforms_roles_those_that_hold_something_are_looked_at(after):
    privileges = after(
        "ALTER ROLE anon RENAME TO gp_was_anon; ALTER ROLE authenticated RENAME TO gp_was_authenticated",
        "CREATE TABLE public.note (id int)",
        "REVOKE ALL ON public.note FROM gp_was_anon, gp_was_authenticated",
        "CREATE ROLE gp_app; CREATE ROLE gp_idle; GRANT SELECT ON public.note TO gp_app",
    )
    assert not privileges.on_platform
    assert "gp_app" in privileges.api_roles
    assert not {"gp_idle", "postgres", "service_role", "supabase_admin"} & set(privileges.api_roles)
