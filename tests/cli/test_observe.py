"""`gatepost observe` as a person types it."""

import json

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

LEAKING = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
GRANT SELECT, UPDATE ON notes TO authenticated;
"""


@pytest.fixture
def gatepost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, ["observe", *map(str, arguments)], env={"COLUMNS": "120", "NO_COLOR": "1"})

    return run


@pytest.fixture
def disposable(connection):
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.info.dbname} IS 'gatepost: disposable'")
        cursor.execute(LEAKING)


def test_a_leak_is_a_line_and_exit_1(gatepost, disposable, lent_url):
    done = gatepost(lent_url, "--in-place")
    assert done.exit_code == 1, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    first = next(number for number, line in enumerate(lines) if line[:2] == ["table", "anon"])
    assert lines[first - 1] == "anonymous_ self_ service_".split()
    assert lines[first] == "table anon ann bob sign_in admin claiming role".split()
    row = next(line for line in lines if line[:1] == ["public.notes"])
    assert row[1:] == ["no", "row", "security", "····", *["A·A·"] * 5, "····"]
    assert (
        "foreign-row-written  ann, bob, anonymous_sign_in, self_claiming can change other users' rows in public.notes"
        in done.stdout
    )
    assert "reproduce: as ann: " in done.stdout
    assert done.stdout.count("as ann: SELECT pg_catalog.set_config(") == 1


def test_json_holds_the_matrix_and_the_doors(gatepost, disposable, lent_url, tmp_path):
    done = gatepost(lent_url, "--in-place", "--format", "json", "--output", tmp_path / "out.json")
    assert (done.exit_code, done.stdout) == (1, "")
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["version"], told["command"]) == (1, "observe")
    assert [table["table"] for table in told["matrix"]["tables"]] == ["public.notes"]
    cell = told["matrix"]["tables"][0]["cells"]["ann"]["update"]
    assert (cell["reach"], cell["rows"]) == ("all", 6)
    assert cell["statement"].startswith('UPDATE "public"."notes" SET ')
    assert told["doors"] == []
    assert all(finding["witness"] for finding in told["findings"])


def test_in_place_needs_the_database_s_word(gatepost, lent_url):
    done = gatepost(lent_url, "--in-place")
    assert done.exit_code == 2
    assert "is not marked as disposable" in done.output
    assert "COMMENT ON DATABASE" in done.output


def test_in_place_lends_no_superuser(gatepost, disposable, superuser_url):
    done = gatepost(superuser_url, "--in-place")
    assert done.exit_code == 2
    assert '"supabase_admin" is a superuser, which that code could use' in done.output
    assert "leave --in-place out" in done.output


def test_help_has_an_example(gatepost):
    done = gatepost("--help")
    assert done.exit_code == 0
    assert "gatepost observe postgresql://" in done.stdout


def test_only_one_persona(gatepost, disposable, lent_url):
    done = gatepost(lent_url, "--in-place", "--persona", "bob")
    assert next(line for line in done.stdout.splitlines() if line.split()[:1] == ["table"]).split() == ["table", "bob"]
    assert "bob can change other users' rows in public.notes" in done.stdout


def test_a_persona_of_the_project(gatepost, disposable, lent_url, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.gatepost.personas]\nsupport = { role = "authenticated" }\n')
    done = gatepost(lent_url, "--in-place", "--persona", "suport")
    assert done.exit_code == 2
    assert 'there is no persona "suport"' in done.output
    done = gatepost(lent_url, "--in-place", "--persona", "support")
    assert next(line for line in done.stdout.splitlines() if line.split()[:1] == ["table"]).split()[1:] == ["support"]


def test_help_shows_how_a_persona_is_configured(gatepost):
    done = gatepost("--help")
    assert "--persona" in done.stdout
    assert "[tool.gatepost.personas]" in done.stdout
    assert 'support = { role = "authenticated"' in done.stdout


def test_a_sound_database_is_clean_on_a_clone(gatepost, connection, database_url):
    with connection, connection.cursor() as cursor:
        cursor.execute("""
            CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
            ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
            GRANT ALL ON notes TO anon, authenticated, service_role;
        """)
    done = gatepost(database_url)
    assert (done.exit_code, "clean (1 table, 1 policy" in done.stdout) == (0, True), done.output


def test_code_that_does_not_end_is_one_sentence(gatepost, connection, database_url, monkeypatch):
    monkeypatch.setenv("GATEPOST_CLONE_SECONDS", "1")
    with connection, connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION sleep_on() RETURNS boolean LANGUAGE sql VOLATILE
            AS 'SELECT set_config(''statement_timeout'', ''0'', false) IS NOT NULL AND pg_sleep(600) IS NOT NULL';
            CREATE TABLE t (id int PRIMARY KEY, user_id uuid, CHECK (sleep_on()));
        """)
    done = gatepost(database_url)
    assert done.exit_code == 2, done.output
    assert "was stopped: it ran for more than 1 seconds" in " ".join(done.output.split())
