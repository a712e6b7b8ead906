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


@pytest.fixture
def findings(tmp_path, monkeypatch):
    """The findings of `gatepost check`, by their rules."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.sql").write_text(DESIGN)

    def found(*options):
        done = CliRunner().invoke(app, ["check", "schema.sql", "--format", "json", *options])
        assert done.exit_code == 1, done.output
        return {one["rule"]: one for one in json.loads(done.stdout)["findings"]}

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
