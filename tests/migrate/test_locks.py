"""What a deploy does while others use its tables, deploy too, or end it."""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import psycopg2
import pytest
from alembic.util import CommandError
from sqlalchemy import Column, Text

from gatepost import owner
from gatepost.database.pooler_mode import lends_by_transaction
from gatepost.database.url import parse_url
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, spare_server  # noqa: F401  a fixture

ENVIRONMENT = """
import os, signal
from alembic import context
from sqlalchemy import Engine, MetaData, event
from gatepost.declare.declaration import Declaration
from gatepost.migrate import run

left = int(context.get_x_argument(as_dictionary=True).get("kill", 0))

def count(*_what):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", count)
event.listen(Engine, "commit", count)
run(context, MetaData(), policies=Declaration())
"""
SESSIONS = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'gatepost migrate' AND datname = current_database()"
)
LOCKS = (
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database() AND l.granted"
)
WAITING = SESSIONS + " AND wait_event_type = 'Lock'"
PATIENT_ONLY_A_MOMENT = {"lock_timeout": 0.02, "lock_attempts": 3}


@pytest.fixture
def changed(project, notes):
    """A project whose next revision changes a table and its policies."""
    project.starts(notes(rules=lambda t: [owner(t.c.user_id)]))
    project.say(notes(Column("title", Text), rules=lambda t: [owner(t.c.user_id, "select")]))
    project.revise()
    return project


@contextmanager
def reader(project, query="SELECT * FROM notes"):
    """A session that has read a table and forgot to end its transaction."""
    with closing(psycopg2.connect(project.url, application_name="app")) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        yield connection
        connection.rollback()  # answered when its locks are gone; a closed session lets go of them some time later


def until(condition, why):
    """Wait for an event on the server; a deadline only ends a test that has failed."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)


def deploy(project, *arguments):
    """Start the `alembic` command on the revisions of a project."""
    folder = project.folder.with_name("deploy")
    folder.mkdir(exist_ok=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = {folder}\npath_separator = os\nversion_locations = {project.folder}/versions\n"
    )
    words = [sys.executable, "-m", "alembic", "-c", str(folder / "alembic.ini"), "-x", f"url={project.url}"]
    return subprocess.Popen(
        [*words, *arguments, "upgrade", "head"],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": os.environ},
    )


def test_a_deploy_behind_an_open_reader_gives_up_and_names_it(changed, caplog):
    before = changed.state()
    changed.options |= PATIENT_ONLY_A_MOMENT
    with reader(changed) as other, caplog.at_level(logging.WARNING, "gatepost"):
        who = rf'process {other.info.backend_pid} \("postgres", "app"\) has used "public\.notes" for \d+ s'
        with pytest.raises(CommandError, match=who + r": idle in its transaction after SELECT…; nothing was changed"):
            changed.upgrade()
        assert changed.rows("SELECT count(*) FROM notes") == [(0,)]
    assert changed.state() == before
    assert [message.rpartition("; ")[2] for message in caplog.messages] == [
        f"everything is released, and attempt {attempt} begins in {pause} s"
        for attempt, pause in [(2, 0.02), (3, 0.04)]
    ]
    changed.upgrade()
    changed.check()


def test_a_deploy_goes_on_when_the_reader_is_done(changed):
    changed.options |= PATIENT_ONLY_A_MOMENT
    with reader(changed) as other:

        class Done(logging.Handler):
            def emit(self, _record):
                other.rollback()

        handler = Done()
        logging.getLogger("gatepost.migrate").addHandler(handler)
        try:
            changed.upgrade()
        finally:
            logging.getLogger("gatepost.migrate").removeHandler(handler)
    changed.check()


def test_no_lock_is_held_while_a_deploy_pauses(project, notes, both):
    """The table that came first is free again while the run waits to try the second one."""
    project.starts(both(notes(name="another"), notes()))
    project.say(both(notes(Column("title", Text), name="another"), notes(Column("title", Text))))
    project.revise()
    project.options |= PATIENT_ONLY_A_MOMENT
    seen = []

    class Looking(logging.Handler):
        def emit(self, _record):
            seen.append(project.rows(LOCKS + " AND l.mode = 'AccessExclusiveLock'"))

    handler = Looking()
    logging.getLogger("gatepost.migrate").addHandler(handler)
    try:
        with reader(project), pytest.raises(CommandError):
            project.upgrade()
    finally:
        logging.getLogger("gatepost.migrate").removeHandler(handler)
    assert seen == [[(0,)]] * 2


def test_a_check_behind_a_locked_table_gives_up_too(changed):
    changed.upgrade()
    changed.options |= PATIENT_ONLY_A_MOMENT
    with reader(changed, "LOCK TABLE notes IN ACCESS EXCLUSIVE MODE"), pytest.raises(CommandError, match="LOCK TABLE…"):
        changed.revise()


@pytest.mark.parametrize(("given", "said"), [("lock_timeout=soon", "is not a number"), ("lock_attempts=0", "from 1")])
def test_a_limit_that_is_no_number_is_a_sentence(project, notes, given, said):
    from argparse import Namespace

    project.say(notes())
    config = project.config(cmd_opts=Namespace(x=[given], raiseerr=True))
    from alembic import command

    with pytest.raises(CommandError, match=said):
        command.upgrade(config, "head")


IN_BLOCKS = """
from alembic import op

revision, down_revision = "blocks", {before!r}
branch_labels = depends_on = None


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS seen (locks int)")
    with op.get_context().autocommit_block():
        op.create_index("ix_seen", "seen", ["locks"], postgresql_concurrently=True, if_not_exists=True)
    op.execute(
        "INSERT INTO seen SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND pid = pg_backend_pid()"
    )
    {more}


def downgrade():
    pass
"""


def revision_with_blocks(project, before, more="pass"):
    (project.folder / "versions" / "blocks.py").write_text(IN_BLOCKS.format(before=before, more=more))


def test_the_lock_of_a_deploy_outlives_an_autocommit_block(project, notes):
    project.starts(notes())
    revision_with_blocks(project, "r1")
    project.upgrade()
    assert project.rows("SELECT locks FROM seen") == [(1,)]
    until(lambda: project.rows(LOCKS + " AND locktype = 'advisory'") == [(0,)], "the lock is still held")


def test_a_revision_that_was_committed_half_way_is_not_tried_again(project, notes):
    project.starts(notes())
    with_data = 'op.execute("ALTER TABLE notes ADD COLUMN more text")'
    revision_with_blocks(project, "r1", with_data)
    project.options |= PATIENT_ONLY_A_MOMENT
    with reader(project), pytest.raises(CommandError, match="what the last revision did up to its autocommit_block"):
        project.upgrade()
    project.upgrade()
    assert project.rows("SELECT locks FROM seen") == [(1,)]


@pytest.mark.subprocess
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_deploy_that_is_ended_while_it_waits_leaves_nothing_queued(changed, sent):
    before = changed.state()
    with reader(changed):
        process = deploy(changed, "-x", "lock_timeout=0")
        until(lambda: changed.rows(WAITING), "the deploy did not wait")
        process.send_signal(sent)
        said, _ = process.communicate(timeout=60)
        until(lambda: not changed.rows(SESSIONS), "the session is still there")
        assert changed.rows("SELECT count(*) FROM notes") == [(0,)]
    assert changed.state() == before
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted: nothing was changed" in said
        assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.parametrize("count", [2, 3])
def test_deploys_at_once_do_the_work_once(changed, count):
    revision_with_blocks(changed, "r2")
    deploys = [deploy(changed) for _ in range(count)]
    outputs = [one.communicate(timeout=120)[0] for one in deploys]
    assert [one.returncode for one in deploys] == [0] * count, outputs
    assert changed.rows("SELECT locks FROM seen") == [(1,)]
    assert changed.table("notes").column("title") is not None


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_deploy_that_is_killed_at_any_moment_changes_nothing_or_everything(changed):
    before = changed.state()
    for moment in range(1, 40, 4):
        process = deploy(changed, "-x", f"kill={moment}")
        said = process.communicate(timeout=120)[0]
        until(lambda: not changed.rows(SESSIONS), "the session is still there")
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, said
        assert changed.state() == before, moment
        assert changed.rows(LOCKS + " AND locktype = 'advisory'") == [(0,)]
    assert moment > 4
    changed.upgrade()
    changed.check()


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pooler_shows_whether_it_lends_by_transaction(spare_server, mode):  # noqa: F811
    pooler = SparePooler(spare_server.directory / "deploy", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
    with spare_server.running(), pooler.running(mode):
        url = parse_url(pooler.url())
        with closing(psycopg2.connect(pooler.url())) as connection:
            assert lends_by_transaction(connection, url) is (mode == "transaction")
        with closing(psycopg2.connect(spare_server.url())) as connection:
            assert lends_by_transaction(connection, parse_url(spare_server.url())) is False


def test_what_locks_readers_out_is_together_and_last(project, notes, both):
    """An index may take long, so no reader is locked out before it is there."""
    project.starts(notes(Column("open", Text), rules=lambda t: [owner(t.c.user_id)]))
    opened = notes(Column("open", Text, index=True), rules=lambda t: [owner(t.c.user_id, "select")])
    revision = project.lands(both(opened, notes(name="remarks")))
    assert [name for name, _ in revision.ops][:4] == ["CreateTableOp", "CreateIndexOp", "CreateIndexOp", "DropOp"]
