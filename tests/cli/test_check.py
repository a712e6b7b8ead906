"""`gatepost check` as a person types it."""

import json

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

SOUND = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
CREATE INDEX ON notes (user_id);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
"""
LEAKING = SOUND + "CREATE POLICY everybody ON notes FOR SELECT TO authenticated USING (true);"


@pytest.fixture
def gatepost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, ["check", *map(str, arguments)], input=stdin, env={"NO_COLOR": "1"})

    return run


def test_a_leak_of_migrations_exits_1_until_it_is_accepted(gatepost, tmp_path):
    (tmp_path / "schema.sql").write_text(LEAKING)
    done = gatepost("schema.sql", "--grants", "closed", "--format", "json", "--output", "out.json")
    assert done.exit_code == 1, done.output
    found = json.loads((tmp_path / "out.json").read_text())
    assert (found["version"], found["command"]) == (1, "check")
    assert {one["verdict"] for one in found["findings"]} <= {"proved", "witnessed", "suspected"}
    (error,) = [one for one in found["findings"] if one["severity"] == "error"]
    assert error["object"] == "public.notes.everybody"
    assert [table["table"] for table in found["matrix"]["tables"]] == ["public.notes"]
    assert found["refuted"] == []

    keys = [one["key"] for one in found["findings"] if one["severity"] != "info"]
    accepted = ", ".join(f'"{key}" = "public by design"' for key in keys)
    (tmp_path / "pyproject.toml").write_text(f"[tool.gatepost]\nignore = {{ {accepted} }}\n")
    done = gatepost("schema.sql", "--grants", "closed")
    assert done.exit_code == 0, done.output
    assert "1 table: 1 fine" in done.stdout


def test_a_sound_database_exits_0(gatepost, connection, database_url):
    with connection, connection.cursor() as cursor:
        cursor.execute(SOUND)
    done = gatepost(database_url)
    assert done.exit_code == 0, done.output
    assert "1 table: 1 fine" in done.stdout


def test_what_cannot_be_opened_exits_2(gatepost):
    done = gatepost("absent/migrations")
    assert done.exit_code == 2
    assert 'there is no file or folder "absent/migrations"' in done.stderr


def test_only_one_rule_of_a_pipe(gatepost):
    done = gatepost("-", "--grants", "closed", "--rule", "row-security-off", stdin=LEAKING)
    assert done.exit_code == 0, done.output
    assert "everybody" not in done.stdout
