"""Sources are tried in a clone as a request finds it: who logs in, the roles that a token names, the lookup rows."""

import json

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

LOOKUP = """
CREATE TABLE role_permissions (role text NOT NULL, permission text NOT NULL, PRIMARY KEY (role, permission));
ALTER TABLE role_permissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON role_permissions FOR SELECT TO authenticated USING (true);
CREATE TABLE members (org_id uuid NOT NULL, user_id uuid NOT NULL REFERENCES auth.users (id), role text NOT NULL,
                      PRIMARY KEY (org_id, user_id));
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE TABLE invoices (id int PRIMARY KEY, org_id uuid NOT NULL);
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION can(org uuid, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.members m JOIN public.role_permissions p ON p.role = m.role
                    WHERE m.org_id = org AND m.user_id = auth.uid() AND p.permission = what) $$;
CREATE POLICY see ON invoices FOR SELECT TO authenticated USING (can(org_id, 'invoices.read'));
INSERT INTO role_permissions VALUES ('clerk', 'invoices.read'), ('guest', 'nothing');
"""
LOGIN = """
CREATE TABLE staff (id int PRIMARY KEY, pay int);
ALTER TABLE staff ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF session_user = 'authenticator' THEN RETURN (auth.jwt() -> 'app_metadata' ->> 'claims_admin')::boolean; END IF;
    RETURN true;
END $$;
CREATE POLICY admins ON staff USING (is_admin());
"""


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """The reach of each persona in each table, for SELECT, as `command` on a file finds it."""
    monkeypatch.chdir(tmp_path)

    def found(command, text, *options):
        (tmp_path / "schema.sql").write_text(text)
        done = CliRunner().invoke(app, [command, "schema.sql", "--format", "json", *options])
        assert done.exit_code in (0, 1), done.output
        tables = json.loads(done.stdout)["matrix"]["tables"]
        return {
            one["table"]: {persona: commands["select"]["reach"] for persona, commands in one["cells"].items()}
            for one in tables
        }

    return found


@pytest.mark.parametrize("command", ["observe", "check"])
def test_policies_turn_on_the_rows_that_the_project_inserted(cells, command):
    found = cells(command, LOOKUP)
    assert found["public.invoices"]["ann"] == "own"
    assert found["public.invoices"]["anon"] == "none"
    assert found["public.role_permissions"]["ann"] == "all"


def test_code_that_asks_who_logged_in_takes_the_way_of_a_request(cells):
    assert set(cells("check", LOGIN)["public.staff"].values()) == {"none", "all"}
    assert cells("check", LOGIN)["public.staff"]["anon"] == "none"


def test_rows_of_a_live_database_are_copied_where_they_are_named(tmp_path, monkeypatch, new_database):
    from contextlib import closing

    from gatepost.database.connect import connect

    monkeypatch.chdir(tmp_path)
    with new_database("old") as url:
        with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
            # The permission is computed, so that no row that is planted has it.
            cursor.execute(LOOKUP.replace("'invoices.read'", "md5('invoices')"))
        reach = {}
        for options in ((), ("--copy-rows", "public.role_permissions")):
            done = CliRunner().invoke(app, ["observe", url, "--persona", "ann", "--format", "json", *options])
            tables = {one["table"]: one["cells"] for one in json.loads(done.stdout)["matrix"]["tables"]}
            reach[options] = tables["public.invoices"]["ann"]["select"]["reach"]
        refused = CliRunner().invoke(app, ["observe", url, "--copy-rows", "public.absent"])
    assert list(reach.values()) == ["none", "own"]
    assert refused.exit_code == 2
    assert '"public.absent" is not a table of the database' in refused.stderr
