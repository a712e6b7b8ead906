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
        "  id     the id\n  email  the address\n"
        "  no column says whether an address was verified: every address is created as confirmed\n"
        "1 of 1 user can be created (1 without a password). 0 already exist: 0 to be repaired, 0 differences.\n",
    )
    done = gatepost("push", old, "--url", database_url)
    assert (done.exit_code, done.stdout) == (
        0,
        "1 user created, 0 already existed; as the source has them: 1 without a password\n",
    )
    assert "0 of 1 user can be created (1 without a password). 1 already exist:" in gatepost(
        "plan", old, "--url", database_url
    ).stdout  # fmt: skip


def test_problems_are_findings_of_the_plan_and_stop_a_push(gatepost, old, database_url):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("INSERT INTO users VALUES ('seven', 'b@example.org')")
    done = gatepost("plan", old)
    assert done.exit_code == 1
    assert done.stderr == "  user 'seven': id 'seven' is not a UUID, which every id of Auth is\n"
    assert "1 of 2 users can be created (1 problem). Pass --url to see which users already exist." in done.stdout
    done = gatepost("push", old, "--url", database_url)
    assert done.exit_code == 2
    assert "1 problem must be fixed before the users of" in done.stderr
    assert "nothing was sent" in done.stderr


def test_an_account_that_is_disabled_needs_a_decision(gatepost, old, database_url):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("ALTER TABLE users ADD is_active BOOLEAN")
        connection.execute("ALTER TABLE users ADD status TEXT")
    done = gatepost("push", old, "--url", database_url)
    assert (done.exit_code, "2 problems must be fixed" in done.stderr) == (2, True)
    assert 'column "status" can decide who may sign in\n    --column PART=status' in done.stderr
    assert "is_active NULL may not sign in: --inactive ban, or --inactive skip" in done.stderr
    done = gatepost("push", old, "--url", database_url, "--ignore-column", "status", "--inactive", "ban")
    assert (done.exit_code, "1 without a password, 1 banned" in done.stdout) == (0, True)


def test_a_difference_that_was_left_exits_1(gatepost, old, database_url):
    gatepost("push", old, "--url", database_url)
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("ALTER TABLE users ADD email_verified BOOLEAN")
    for command in ("plan", "push"):
        done = gatepost(command, old, "--url", database_url)
        assert (done.exit_code, "verified there, and not verified here" in done.stderr) == (1, True)
    assert "--overwrite takes the values of the source" in done.stderr
    assert gatepost("push", old, "--url", database_url, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--column", "active"), "names no column"), (("--inactive", "no"), "is neither ban nor skip")],
)
def test_an_option_that_says_nothing_is_refused(gatepost, old, words, said):
    done = gatepost("plan", old, *words)
    assert (done.exit_code, said in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["plan", "push"])
def test_an_address_that_is_empty_is_no_address(gatepost, old, command):
    done = gatepost(command, old, "--url", "")
    assert (done.exit_code, "the address of the database is empty" in done.stderr) == (2, True), done.output


def test_the_api_needs_its_settings(gatepost, old):
    done = gatepost("push", old)
    assert (done.exit_code, '"SUPABASE_URL" is not set' in done.stderr) == (2, True)
    done = gatepost("push", old, SUPABASE_URL="http://127.0.0.1:1")
    assert '"SUPABASE_SECRET_KEY" is not set' in done.stderr


def test_help_has_examples(gatepost):
    assert "gatepost users plan app.db" in gatepost("plan", "--help").stdout
    assert "gatepost users push app.db --url $DATABASE_URL" in gatepost("push", "--help").stdout


def test_numbers_become_the_ids_that_the_transfer_gives_them(gatepost, tmp_path, database_url, connection, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, file = tmp_path / "numbered.db", tmp_path / "mapping.toml"
    with closing(sqlite3.connect(path)) as source, source:
        source.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
        source.execute("INSERT INTO users VALUES (7, 'a@example.org')")
        source.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users)")
        source.execute("INSERT INTO note VALUES (1, 7)")
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (id int PRIMARY KEY, user_id uuid REFERENCES auth.users)")
    assert "is not a UUID, which every id of Auth is; --mapping FILE makes" in gatepost("plan", path).stderr
    ours = CliRunner().invoke(app, ["transfer", str(path), database_url, "--write-mapping", str(file)])
    assert ours.exit_code == 1, ours.output
    file.write_text(file.read_text().replace('to = "?"', "drop = true"))
    done = gatepost("push", path, "--url", database_url, "--mapping", file)
    assert done.exit_code == 0, done.output
    moved = CliRunner().invoke(app, ["transfer", str(path), database_url, "--mapping", str(file)])
    assert moved.exit_code == 0, moved.output
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT u.email FROM note n JOIN auth.users u ON u.id = n.user_id")
        assert cursor.fetchall() == [("a@example.org",)]


def test_problems_are_put_aside_and_the_other_users_created(gatepost, old, database_url, tmp_path):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("INSERT INTO users VALUES ('seven', 'b@example.org')")
    file = tmp_path / "problems.jsonl"
    done = gatepost("push", old, "--url", database_url, "--rejects", file)
    assert (done.exit_code, '1 user left out; the problems are in "' in done.stdout) == (1, True), done.output
    assert "1 user created" in done.stdout
    assert '"user": "\'seven\'", "column": "id"' in file.read_text()
    again = gatepost("push", old, "--url", database_url, "--rejects", file)
    assert (again.exit_code, "cannot be written: File exists" in again.stderr) == (2, True)


def test_many_problems_are_counted_by_their_kind(gatepost, old, database_url):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.executemany("INSERT INTO users VALUES (?, NULL)", [(f"{n:08}{ONE[8:]}",) for n in range(30)])
        connection.execute("INSERT INTO users VALUES ('seven', 'b@example.org')")
    done = gatepost("push", old, "--url", database_url)
    assert done.exit_code == 2
    assert "  … and 11 more; in all:\n  30 users: email is empty, and Auth creates nobody" in done.stderr
    assert "  1 user: id is not a UUID, which every id of Auth is\n" in done.stderr
    assert "or create the others with --rejects FILE" in done.stderr


def test_metadata_is_what_somebody_says_and_the_rest_is_counted(gatepost, old, database_url, connection):
    with closing(sqlite3.connect(old)) as source, source:
        source.execute("ALTER TABLE users ADD locale TEXT")
        source.execute("ALTER TABLE users ADD points INTEGER")
        source.execute("ALTER TABLE users ADD bio TEXT")
        source.execute("UPDATE users SET locale = 'de', points = 3, bio = 'x'")
    assert "  locale  not moved: 1 value" in gatepost("plan", old).stdout
    words = ("--url", database_url, "--column", "metadata=locale", "--column", "metadata=points")
    gatepost("push", old, "--url", database_url)
    done = gatepost("push", old, *words)
    assert (done.exit_code, "1 already existed, 1 of them repaired" in done.stdout) == (0, True), done.output
    assert "1 already existed;" in gatepost("push", old, *words).stdout
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT raw_user_meta_data::text FROM auth.users")
        assert cursor.fetchall() == [('{"locale": "de", "points": 3}',)]
    with closing(sqlite3.connect(old)) as source, source:
        source.execute("UPDATE users SET points = 4")
    done = gatepost("push", old, *words)
    assert (done.exit_code, "has another points there" in done.stderr) == (1, True)
