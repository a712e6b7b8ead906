"""What `--gatepost-coverage` counts: the command, the table and the role of each statement of a persona."""

import asyncio
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from gatepost import acting_as
from gatepost.testing import (
    assert_can_insert,
    assert_can_select,
    assert_cannot_insert,
    assert_cannot_select,
    engine_statements,
)
from gatepost.testing.acting import Acting, open_connection
from gatepost.testing.coverage import Line, Recorder, joined, lines, percent, recording, table, used
from gatepost.testing.engine_statements import EngineStatements

ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SAVEPOINT s; SELECT * FROM notes JOIN app.teams ON true", {("notes", "select"), ("app.teams", "select")}),
        ('INSERT INTO "Big Notes" (id) VALUES (1)', {('"Big Notes"', "insert")}),
        (
            "INSERT INTO notes SELECT * FROM old RETURNING id",
            {("notes", "insert"), ("notes", "select"), ("old", "select")},
        ),
        (
            "INSERT INTO notes VALUES (1) ON CONFLICT (id) DO UPDATE SET body = 'x'",
            {("notes", "insert"), ("notes", "update")},
        ),
        ("UPDATE notes SET body = 'x'", {("notes", "update")}),
        ("UPDATE notes SET body = 'x' WHERE id = 1", {("notes", "update"), ("notes", "select")}),
        (
            "DELETE FROM notes WHERE id IN (SELECT id FROM old)",
            {("notes", "delete"), ("notes", "select"), ("old", "select")},
        ),
        ("WITH mine AS (SELECT * FROM notes) SELECT * FROM mine", {("notes", "select")}),
        ("SET LOCAL ROLE anon", set()),
        ("SELECT FROM WHERE", set()),
    ],
)
def test_a_statement_uses_commands_on_relations(statement, expected):
    assert set(used(statement)) == expected


@pytest.fixture
def recorded(gatepost_database):
    """A connection that records, and what it has recorded as lines by policy and command."""
    recorder = Recorder()
    with closing(open_connection(gatepost_database.url, recording(recorder))) as db:
        with db.cursor() as cursor:
            cursor.execute("INSERT INTO notes (user_id) VALUES (%s), (%s)", [ANN, BOB])
            cursor.execute("CREATE VIEW mine_too WITH (security_invoker) AS SELECT * FROM notes")
            cursor.execute("GRANT SELECT ON mine_too TO authenticated")
        yield db, lambda: {(one.policy, one.command): one for one in lines(db, recorder.seen)}


def test_each_command_of_a_policy_is_exercised_by_itself(recorded):
    db, found = recorded
    with Acting(db).user(ANN):
        assert_can_select(db, "notes", rows=1)
        assert_cannot_insert(db, "notes", user_id=BOB)
    notes = {command: one for (policy, command), one in found().items() if policy == "Own notes"}
    assert notes == {
        "insert": Line("public.notes", "Own notes", "insert", reached=False, refused=True),
        "select": Line("public.notes", "Own notes", "select", reached=True, refused=False),
        "update": Line("public.notes", "Own notes", "update", reached=False, refused=False),
    }, "nobody may delete notes, so no test can exercise that"
    assert not any(one.exercised for one in found().values() if one.table != "public.notes")


def test_what_the_owner_or_another_role_does_exercises_nothing(recorded):
    db, found = recorded
    with db.cursor() as cursor:
        cursor.execute("SELECT * FROM notes")
    with Acting(db).anon():
        assert_cannot_select(db, "notes")
    assert not any(one.exercised for one in found().values())


def test_a_view_that_runs_as_its_caller_counts_for_its_tables(recorded):
    db, found = recorded
    with Acting(db).user(ANN):
        assert_can_select(db, "mine_too")
        assert_can_insert(db, "notes", user_id=ANN)
    assert found()["Own notes", "select"].reached
    assert found()["Own notes", "insert"].reached


def sync_engine_of_the_application(url):
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, acting_as(session, user_id=ANN):
        session.execute(text("SELECT * FROM notes WHERE user_id = :user"), {"user": ANN})
        with pytest.raises(DBAPIError):
            session.execute(text("INSERT INTO notes (user_id) VALUES (:user)"), {"user": BOB})
        session.rollback()
    with Session(engine) as session:  # as the owner, whose role the listener must have forgotten
        session.execute(text("INSERT INTO notes (user_id) VALUES (:user)"), {"user": ANN})
        session.rollback()
    with engine.begin() as connection:  # a listener that somebody wrote, with a role in the text
        connection.execute(text("SET LOCAL ROLE authenticated"))
        connection.execute(text("SELECT set_config('request.jwt.claims', '', true)"))
        connection.execute(text("UPDATE notes SET body = 'x' WHERE user_id IS NULL"))
    engine.dispose()


async def async_engine_of_the_application(url):
    engine = create_async_engine(url, poolclass=NullPool)
    async with AsyncSession(engine) as session, acting_as(session, user_id=ANN):
        await session.execute(text("SELECT * FROM notes WHERE user_id = :user"), {"user": ANN})
        with pytest.raises(DBAPIError):
            await session.execute(text("INSERT INTO notes (user_id) VALUES (:user)"), {"user": BOB})
        await session.rollback()
        await session.execute(text("UPDATE notes SET body = 'x' WHERE user_id IS NULL"))
        await session.rollback()
    await engine.dispose()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "asyncpg"])
def test_what_an_engine_of_the_application_does_counts(gatepost_database, driver):
    recorder = Recorder()
    url = make_url(gatepost_database.url).set(drivername=f"postgresql+{driver}")
    with EngineStatements(recorder).recording():
        if driver == "asyncpg":
            asyncio.run(async_engine_of_the_application(url))
        else:
            sync_engine_of_the_application(url)
    with closing(open_connection(gatepost_database.url)) as db:
        found = {one.command: one for one in lines(db, recorder.seen) if one.policy == "Own notes"}
        elsewhere = [replace(one, database="another") for one in recorder.seen]
        assert not any(one.exercised for one in lines(db, elsewhere))
    assert {command for command, one in found.items() if one.refused} == {"select", "insert", "update"}
    assert not any(one.reached for one in found.values())
    assert not event.contains(Engine, "commit", engine_statements._forget)


def test_the_report_names_what_no_test_exercised():
    one, other = Line("public.t", "p", "select", True, False), Line("public.t", "p", "update", False, False)
    assert joined([one, other, Line("public.t", "p", "select", False, True)]) == [
        Line("public.t", "p", "select", True, True),
        other,
    ]
    *_, last_line, total, unseen = table([one, other])
    assert unseen.startswith("not seen: ")
    assert last_line.split() == ["public.t", "p", "update", "no", "test"]
    assert total.startswith("1 of 2 commands of policies exercised (50 %)")
    assert percent([]) == 100


TESTS = """
from gatepost.testing import assert_can_insert, assert_cannot_insert
ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
def test_own(as_user):
    with as_user(ANN) as db:
        assert_can_insert(db, "notes", user_id=ANN)
def test_others(as_user):
    with as_user(ANN) as db:
        assert_cannot_insert(db, "notes", user_id=BOB)
"""
CONFTEST = """
from contextlib import closing
import psycopg2, pytest
@pytest.fixture(scope="session")
def gatepost_migrate():
    def migrate(url, revision="head"):
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute('''
                CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, user_id uuid);
                GRANT SELECT, INSERT ON notes TO authenticated;
                ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
                CREATE POLICY own ON notes FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
                CREATE POLICY look ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()))
            ''')
    return migrate
"""


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.server
@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_run_reports_and_fails_under_a_limit(tmp_path, server, workers):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers]
    command += [f"--gatepost-url={server.url('postgres', 'supabase_admin')}", "--gatepost-coverage-fail-under=60"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "public.notes own insert yes yes" in said
    assert "public.notes look select no test" in said
    assert "fewer than --gatepost-coverage-fail-under=60" in said
