"""A fix is shown after its own trial alone: of every finding, of those shown first, or of none."""

import json

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

DESIGN = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY see ON notes FOR SELECT TO authenticated USING (true);
CREATE POLICY remove ON notes FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE TABLE invites (id int PRIMARY KEY, email text NOT NULL);
ALTER TABLE invites ENABLE ROW LEVEL SECURITY; ALTER TABLE invites FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON invites FOR SELECT TO authenticated
    USING (email = (SELECT u.email FROM auth.users u WHERE u.id = (SELECT auth.uid())));
"""
TEAMS = """
CREATE TABLE teams (id int PRIMARY KEY, name text);
CREATE TABLE members (team_id int REFERENCES teams, user_id uuid REFERENCES auth.users (id),
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')), PRIMARY KEY (team_id, user_id));
CREATE FUNCTION within(team int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (SELECT FROM public.members WHERE team_id = team AND user_id = auth.uid());
CREATE TABLE boards (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams, name text);
CREATE POLICY see ON boards FOR SELECT TO authenticated USING (within(team_id));
CREATE TABLE diaries (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
CREATE POLICY own ON diaries TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY whole ON diaries FOR SELECT TO authenticated USING (true);
ALTER TABLE teams ENABLE ROW LEVEL SECURITY; ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE diaries ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON teams FOR SELECT TO authenticated USING (within(id));
CREATE POLICY see ON members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE TABLE lists (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
CREATE POLICY own ON lists TO authenticated USING (user_id = (SELECT auth.uid()));
"""


@pytest.fixture
def findings(tmp_path, monkeypatch):
    """The findings of `gatepost check`, by their rules."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.sql").write_text(DESIGN)

    def found(*options, every=False):
        done = CliRunner().invoke(app, ["check", "schema.sql", "--format", "json", *options])
        assert done.exit_code == 1, done.output
        listed = json.loads(done.stdout)["findings"]
        return listed if every else {one["rule"]: one for one in listed}

    return found


@pytest.mark.parametrize(
    ("options", "trials"),
    [
        ((), {"always-true-read": "passed", "policy-column-without-index": "not tried"}),
        (("--fixes",), {"always-true-read": "passed", "policy-column-without-index": "passed"}),
        (("--no-fixes",), {"always-true-read": "not tried", "policy-column-without-index": "not tried"}),
    ],
    ids=["usual", "all", "none"],
)
def test_a_fix_is_shown_where_it_was_tried(findings, options, trials):
    found = findings(*options)
    assert {rule: found[rule].get("fix_trial") for rule in trials} == trials
    assert {rule: bool(found[rule]["fix"]) for rule in trials} == {
        rule: how == "passed" for rule, how in trials.items()
    }


def test_a_grant_on_the_accounts_is_never_offered(findings):
    found = findings("--fixes")["policy-reads-unreadable-table"]
    assert found["fix"] == ""
    assert "GRANT" not in json.dumps(found)
    assert "auth.jwt() ->> 'email'" in found["decide"]


def test_a_colleagues_row_is_ones_own_only_where_policies_look_at_the_team(tmp_path, findings):
    (tmp_path / "schema.sql").write_text(TEAMS)
    found = {one["object"]: one for one in findings("--fixes", every=True) if one["severity"] == "error"}
    assert "public.diaries" in found["public.diaries.whole"]["fix"].replace('"', "")
    assert "ENABLE ROW LEVEL SECURITY" in found["public.lists"]["fix"]
    assert "takes insert on rows of their own" in found["public.boards"]["decide"]
