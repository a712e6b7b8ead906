"""`--sql`, SQLite, the `alembic` command, and two deploys at once."""

import logging
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Column, Text

from gatepost import allow, authenticated, owner

ROOT = Path(__file__).parents[2]
ODD = "tab\there  100% 'q' \\ :x\nbreak"


def build(notes):
    def rules(table):
        return [
            owner(table.c.user_id, "delete"),
            allow("select", to=authenticated, where=table.c.title == ODD, name="odd % name: it's"),
        ]

    return notes(Column("title", Text, index=True), Column("secret", Text), rules=rules, hide=["secret"])


def test_a_script_runs_through_psql_and_does_the_same(project, notes, new_database, capsys, pytestconfig):
    project.starts(build(notes))
    capsys.readouterr()
    project.upgrade("head", sql=True)
    script = capsys.readouterr().out
    with new_database() as url:
        psql(url, script, pytestconfig)
        assert "\t" not in script
        before = project.state()
        project.url = url
        assert project.state() == before
        project.check()
        capsys.readouterr()
        project.downgrade("r1:base", sql=True)
        psql(url, capsys.readouterr().out, pytestconfig)
        assert project.table("notes") is None


def psql(url, script, config):
    """Run a script: through psql where there is one, or else as one message."""
    program = next(Path("/usr/lib/postgresql").glob("*/bin/psql"), None)
    if program is None:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(script)
        return
    subprocess.run([program, "-v", "ON_ERROR_STOP=1", "-q", url], input=script, text=True, check=True)


def test_sqlite_gets_the_tables_and_a_warning_for_what_it_cannot_hold(new_project, notes, tmp_path, caplog):
    project = new_project("sqlite:///" + str(tmp_path / "notes.db"))
    project.say(notes(Column("title", Text)))
    with caplog.at_level(logging.WARNING, "gatepost"):
        project.revise()
        project.upgrade()
    assert "SQLite has no row security: policies and grants are not compared" in caplog.messages
    project.check()
    project.downgrade("base")
    project.upgrade()


def test_row_security_is_skipped_on_sqlite_with_a_warning(project, notes, tmp_path, caplog):
    project.starts(build(notes))
    project.url = "sqlite:///" + str(tmp_path / "notes.db")
    with caplog.at_level(logging.WARNING, "gatepost"):
        project.upgrade()
        project.check()
        project.downgrade("base")
    skipped = [message for message in caplog.messages if "skipped" in message]
    assert any("CREATE POLICY" in message for message in skipped)


def alembic(*arguments, url):
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.subprocess
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:hunter22@127.0.0.1:1/postgres",
        "postgresql://postgres:hunter22@no-such-host.invalid/postgres",
        "nonsense://postgres:hunter22@host/db",
        "postgresql://postgres.abc:hunter22@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
    ],
    ids=["unreachable", "no such host", "wrong", "transaction pooler"],
)
def test_a_database_that_cannot_be_migrated_is_reported_in_a_sentence(url):
    done = alembic("upgrade", "head", url=url)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "hunter22" not in said
    assert said.startswith("FAILED: ") or "\nFAILED: " in said
    assert len(said.strip().splitlines()) <= 3


def test_two_upgrades_at_once_do_the_work_once(project, notes, caplog):
    project.say(notes(rules=lambda t: [owner(t.c.user_id)]))
    project.revise()
    with closing(psycopg2.connect(project.url)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gatepost: migrate'))")
        with caplog.at_level(logging.WARNING, "gatepost"):
            deploy = threading.Thread(target=project.upgrade)
            deploy.start()
            deploy.join(1.5)
            assert deploy.is_alive()
            assert project.table("notes") is None
            other.commit()
            deploy.join(30)
    assert caplog.messages[0].startswith(
        "another migration of this database is running; waiting for it to end (process "
    )
    assert project.table("notes") is not None
    project.upgrade()


def test_comparing_takes_no_lock_that_a_reader_or_writer_waits_for(project, notes, both):
    from gatepost.canonical import live_shapes, print_policies
    from gatepost.reflect import read

    project.starts(both(notes(rules=lambda t: [owner(t.c.user_id)]), notes(name="remarks")))
    policies = [policy for table in project.declaration for policy in table.policies]
    held = "SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.pid = %s"
    with closing(psycopg2.connect(project.url)) as connection, connection.cursor() as cursor:
        live = read(cursor)
        print_policies(cursor, policies, live_shapes(live), live.search_path)
        found = [
            mode for name, mode in project.rows(held % connection.info.backend_pid) if name in {"notes", "remarks"}
        ]
        assert set(found) <= {"AccessShareLock"}


def test_round_trips_do_not_grow_with_unchanged_policies(project, notes, both):
    import sqlalchemy as sa

    trips = []

    class Counting(psycopg2.extensions.cursor):
        def execute(self, *arguments):
            trips[-1] += 1
            return super().execute(*arguments)

    def count(connection, _record):
        connection.cursor_factory = Counting

    sa.event.listen(sa.Engine, "connect", count)
    try:
        for tables in (2, 12):
            trips.append(0)
            project.starts(both(*(notes(name=f"n{at}", rules=lambda t: [owner(t.c.user_id)]) for at in range(tables))))
            trips.append(0)
            project.check()
    finally:
        sa.event.remove(sa.Engine, "connect", count)
    assert trips[1] == trips[3]
