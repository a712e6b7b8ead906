"""`gatepost verify` and `gatepost rules` as a person and a script meet them."""

import json
import os
import subprocess
import sys

import psycopg2
import pytest
from typer.testing import CliRunner

from gatepost.cli import app


def gatepost(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """An empty folder, in which nothing is declared."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def open_table(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (id int PRIMARY KEY, body text); GRANT SELECT ON note TO anon")


@pytest.fixture
def closed_table(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (id int PRIMARY KEY, body text); ALTER TABLE note ENABLE ROW LEVEL SECURITY")


def test_a_database_without_a_table_is_not_clean(outside, database_url):
    done = gatepost("verify", database_url)
    assert done.exit_code == 1
    assert "it holds no table of a project, so there was nothing to check" in done.stdout
    assert "clean" not in done.stdout


def test_a_sound_database_exits_0_and_says_that_nothing_was_declared(outside, database_url, closed_table):
    done = gatepost("verify", database_url)
    assert done.exit_code == 0, done.output
    assert "no policies declared in this folder" in done.stdout


def test_an_open_table_exits_1_and_is_named(outside, database_url, open_table):
    done = gatepost("verify", database_url)
    assert done.exit_code == 1
    assert "public.note" in done.stdout
    assert "ENABLE ROW LEVEL SECURITY" in done.stdout


def test_json_for_scripts(outside, database_url, open_table):
    told = json.loads(gatepost("verify", database_url, "--format", "json", "--rule", "row-security-off").stdout)
    assert [finding["key"] for finding in told["findings"]] == ["row-security-off:public.note"]
    assert told["summary"]["declared"] is False


def test_a_report_in_a_file(outside, database_url, open_table):
    assert gatepost("verify", database_url, "--format", "html", "--output", "report.html").exit_code == 1
    assert "public.note" in (outside / "report.html").read_text()


def test_a_baseline_is_adopted(outside, database_url, open_table, connection):
    assert gatepost("verify", database_url, "--write-baseline", "known.json").exit_code == 0
    assert gatepost("verify", database_url, "--baseline", "known.json").exit_code == 0
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other (id int)")
    done = gatepost("verify", database_url, "--baseline", "known.json")
    assert done.exit_code == 1
    assert "public.other" in done.stdout
    assert "public.note" not in done.stdout


def test_a_suppression_with_a_reason(outside, database_url, open_table):
    (outside / "pyproject.toml").write_text(
        '[tool.gatepost]\nignore = { "row-security-off:public.note" = "reference data" }\n'
    )
    done = gatepost("verify", database_url, "--rule", "row-security-off")
    assert done.exit_code == 0, done.output


def test_only_one_schema(outside, database_url, open_table):
    assert gatepost("verify", database_url, "--schema", "auth").exit_code == 0
    assert gatepost("verify", database_url, "--schema", "public").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rule", "row-security-of"], '"row-security-of" is not a rule'),
        (["--schema", "nowhere"], '"nowhere" is not a schema of this database'),
        (["--format", "yaml"], '"yaml" is not a format'),
        (["--fail-on", "doubt"], '"doubt" is not a severity'),
        (["--baseline", "none.json"], '"none.json" cannot be read'),
        (["--output", "no/such/folder"], '"no/such/folder" cannot be written'),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(outside, database_url, arguments, sentence):
    done = gatepost("verify", database_url, *arguments)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.output


def test_a_database_that_is_not_there_is_one_sentence_without_a_password(outside):
    done = gatepost("verify", "postgresql://postgres:hunter2@127.0.0.1:1/postgres")
    assert done.exit_code == 2
    assert "hunter2" not in done.output
    assert done.stderr.count("\n") <= 2


def test_fail_on_decides_the_exit_code(outside, database_url, connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (id int PRIMARY KEY)")
        cursor.execute("REVOKE ALL ON note FROM anon, authenticated, service_role")
    chosen = ("verify", database_url, "--rule", "row-security-off", "--fail-on")
    severity = json.loads(gatepost(*chosen, "error", "--format", "json").stdout)["findings"][0]["severity"]
    assert gatepost(*chosen, severity).exit_code == 1
    assert gatepost(*chosen, "error").exit_code == int(severity == "error")


def test_it_only_reads(outside, database_url, superuser_url, closed_table):
    """A role that can write nothing, in sessions that are READ ONLY by default."""
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
    with psycopg2.connect(superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute(f'ALTER ROLE postgres IN DATABASE "{name}" SET default_transaction_read_only = on')
    assert gatepost("verify", database_url).exit_code == 0


def test_the_rules_are_listed_and_explained():
    listed = gatepost("rules").stdout
    assert "row-security-off" in listed
    explained = gatepost("rules", "row-security-off").stdout
    assert "## Why is this bad?" in explained
    assert gatepost("rules", "no-such-rule").exit_code == 2


@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_it_says_at_once_what_it_reads_and_takes_that_away(outside, database_url, closed_table):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gatepost.cli", "verify", database_url, "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    said = os.read(ours, 4096).decode()
    os.close(ours)
    assert json.loads(done.stdout)["summary"]["error"] == 0
    assert said.startswith("reading postgresql://")
    assert not said.rpartition("\r")[0].rpartition("\r")[2].strip()
    assert said.endswith("\r")
