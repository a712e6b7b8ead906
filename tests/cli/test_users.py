"""`gatepost users` as a person types it."""

import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

ONE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def gatepost():
    def run(*arguments, **environment):
        empty = {"SUPABASE_URL": "", "SUPABASE_SECRET_KEY": ""}
        return CliRunner().invoke(app, ["users", *map(str, arguments)], env=empty | environment)

    return run


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE users (id TEXT, email TEXT)")
        connection.execute("INSERT INTO users VALUES (?, 'a@example.org')", (ONE,))
    return path


def test_plan_push_plan(gatepost, old, database_url):
    done = gatepost("plan", old, "--url", database_url)
    assert (done.exit_code, done.stdout) == (
        0,
        "1 users can be pushed, 1 of them without a password; 0 are there already; 0 problems\n",
    )
    done = gatepost("push", old, "--url", database_url)
    assert (done.exit_code, done.stdout) == (0, "1 users created, 0 were there already\n")
    assert "1 are there already" in gatepost("plan", old, "--url", database_url).stdout


def test_problems_are_findings_of_the_plan_and_stop_a_push(gatepost, old, database_url):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("INSERT INTO users VALUES ('seven', 'b@example.org')")
    done = gatepost("plan", old)
    assert done.exit_code == 1
    assert done.stderr == "  user 'seven': id 'seven' is not a UUID, which every id of Auth is\n"
    done = gatepost("push", old, "--url", database_url)
    assert done.exit_code == 2
    assert "1 problems stand against the users" in done.stderr
    assert "nothing was sent" in done.stderr


def test_the_api_needs_its_settings(gatepost, old):
    done = gatepost("push", old)
    assert (done.exit_code, '"SUPABASE_URL" is not set' in done.stderr) == (2, True)
    done = gatepost("push", old, SUPABASE_URL="http://127.0.0.1:1")
    assert '"SUPABASE_SECRET_KEY" is not set' in done.stderr


def test_help_has_examples(gatepost):
    assert "gatepost users plan app.db" in gatepost("plan", "--help").stdout
    assert "gatepost users push app.db --url $DATABASE_URL" in gatepost("push", "--help").stdout
