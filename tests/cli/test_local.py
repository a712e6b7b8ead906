"""`gatepost local`, as typed."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from typer.testing import CliRunner

from gatepost.cli import app
from gatepost.errors import LocalServerError
from gatepost.local import server
from tests.programs import programs


@pytest.fixture
def gatepost(ground, pytestconfig, monkeypatch):
    """Run the command line on a server of the test's own."""
    try:
        binaries = programs(pytestconfig.getoption("--gatepost-pg-bin"))
    except LocalServerError:
        pytest.skip("there is no PostgreSQL on this machine to start")
    monkeypatch.setenv("GATEPOST_PG_BIN", str(binaries.directory))
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(ground / "server"))
    return lambda *arguments: CliRunner().invoke(app, ["local", *arguments])


def test_a_session_from_start_to_removal(gatepost, ground):
    assert gatepost("status").exit_code == 1
    assert "not created yet" in gatepost("status").stdout

    started = gatepost("start")
    assert (started.exit_code, started.stderr) == (0, "")
    url = started.stdout.strip()
    assert gatepost("url").stdout.strip() == url
    with closing(psycopg2.connect(url)) as connection:
        assert connection.info.user == "postgres"
    assert "/other?" in gatepost("url", "--database", "other", "--user", "supabase_admin").stdout

    status = gatepost("status")
    assert status.exit_code == 0
    assert f"directory  {ground}/server" in status.stdout
    assert "profile    new" in status.stdout

    assert gatepost("reset", "--profile", "old").stdout.strip() == url
    refused = gatepost("start", "--profile", "new")
    assert refused.exit_code == 2
    assert "gatepost local reset --profile new" in refused.stderr

    assert gatepost("stop").exit_code == 0
    assert "stopped" in gatepost("status").stdout
    assert gatepost("stop", "--remove").exit_code == 0
    assert not Path(server().directory).exists()


def test_url_of_a_server_that_does_not_run(gatepost):
    result = gatepost("url")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("is not running\n  gatepost local start\n")


@pytest.mark.subprocess
def test_psql_takes_the_place_of_the_command(gatepost):
    gatepost("start")
    command = [sys.executable, "-m", "gatepost.cli", "local", "psql", "--user", "supabase_admin"]
    done = subprocess.run([*command, "-Atc", "SELECT current_user"], capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "supabase_admin\n", "")
    done = subprocess.run([*command, "-c", "SELECT 1 / 0"], capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_wrong_directory_of_programs(gatepost, monkeypatch):
    monkeypatch.setenv("GATEPOST_PG_BIN", "/nonsense")
    result = gatepost("start")
    assert result.exit_code == 2
    assert result.stderr.startswith('error: "/nonsense" does not contain the programs')


def test_bootstrap_says_what_it_made_and_what_it_kept(superuser_url):
    """On a database that has everything: nothing is made, and said so."""
    result = CliRunner().invoke(app, ["local", "bootstrap", "--url", superuser_url])
    assert result.exit_code == 0
    assert "kept     role anon" in result.stdout
    assert "created" not in result.stdout
    assert result.stdout.endswith("nothing was missing\n")


def test_bootstrap_makes_what_is_missing(new_database, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection:
        connection.cursor().execute("DROP SCHEMA storage CASCADE")
    result = CliRunner().invoke(app, ["local", "bootstrap", "--url", superuser_url])
    assert result.exit_code == 0
    assert "created  table storage.objects" in result.stdout


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "no scheme"),
        ("postgresql://me:s3cr3t@127.0.0.1:1/db", "127.0.0.1"),
        ("postgresql://me:s3cr3t@aws-0-eu.pooler.supabase.com:6543/postgres", "6543"),
    ],
)
def test_bootstrap_of_a_wrong_url_is_a_sentence_without_the_password(url, said):
    result = CliRunner().invoke(app, ["local", "bootstrap", "--url", url])
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert "s3cr3t" not in result.stderr
    assert "Traceback" not in result.output


def test_every_command_has_an_example():
    for command in ("start", "stop", "status", "url", "psql", "reset", "bootstrap"):
        shown = CliRunner().invoke(app, ["local", command, "--help"]).stdout
        assert f"gatepost local {command}" in shown.partition("Example:")[2]
