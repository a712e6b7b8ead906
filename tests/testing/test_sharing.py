"""One migration for a whole run: the workers of xdist copy what the first of them has migrated."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress

import psycopg2
import pytest

from gatepost.local.account import give, unprivileged
from gatepost.local.cluster import SUPERUSER
from gatepost.local.embedded import LocalServer
from gatepost.testing.databases import PREFIX

pytestmark = [pytest.mark.slow, pytest.mark.subprocess]

CONFTEST = """
import os, time
from pathlib import Path
import psycopg2, pytest

HERE = Path(__file__).parent
kept = []

@pytest.fixture(scope="session")
def gatepost_migrate():
    def migrate(url, revision="head"):
        with (HERE / "migrations").open("a") as file:
            file.write(f"{os.getpid()}\\n")
        DIES
        connection = psycopg2.connect(url)
        kept.append(connection)  # as a pool does that nobody has closed
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE notes (id int); INSERT INTO notes VALUES (1)")
            cursor.execute(f'ALTER DATABASE "{connection.info.dbname}" SET search_path = "a b", public')
            of_anon = f'ALTER ROLE anon IN DATABASE "{connection.info.dbname}"'
            cursor.execute(of_anon + " SET application_name = 'it''s, " + '"so"' + "'")
    return migrate
"""
DIES = """
        if not (HERE / "died").exists():
            (HERE / "died").touch()
            os.kill(os.getpid(), 9)
"""
TESTS = """
import json, os, time
from pathlib import Path
import pytest

@pytest.mark.parametrize("turn", range(4))
def test_notes(gatepost_database, gatepost_db, turn):
    with gatepost_db.cursor() as cursor:
        cursor.execute("DELETE FROM notes RETURNING id")
        assert cursor.fetchall() == [(1,)]
        cursor.execute("SELECT s.setrole::bigint <> 0, s.setconfig FROM pg_db_role_setting s"
                       " JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database() ORDER BY 1")
        assert cursor.fetchall() == [(False, ['search_path="a b", public']), (True, ['application_name=it\\'s, "so"'])]
        cursor.execute("SELECT current_database()")
        told = {"pid": os.getpid(), "database": cursor.fetchone()[0]}
    (Path(__file__).parent / f"ran-{turn}-{os.getpid()}").write_text(json.dumps(told))
    while len({file.name.rpartition("-")[2] for file in Path(__file__).parent.glob("ran-*")}) < WORKERS:
        time.sleep(0.01)  # until each worker has asked
    WAITS
"""
WAITS = """
    if turn == 0 and not (Path(__file__).parent / "waited").exists():
        (Path(__file__).parent / "waited").touch()
        time.sleep(120)
"""


@pytest.fixture
def project(tmp_path):
    def make(workers=1, dies="pass", waits=""):
        (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        (tmp_path / "conftest.py").write_text(CONFTEST.replace("DIES", dies.strip()))
        (tmp_path / "test_it.py").write_text(TESTS.replace("WAITS", waits.strip()).replace("WORKERS", str(workers)))
        return tmp_path

    return make


@pytest.fixture
def url(server):
    return server.url("postgres", "supabase_admin")


def started(project, *options, **more):
    """Start a run as a user does: nothing of the run that we are in may reach it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GATEPOST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={project / 'temp'}"]
    return subprocess.Popen(
        [*command, *options], cwd=project, env=clean | more, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def ran(project):
    return [json.loads(file.read_text()) for file in project.glob("ran-*")]


def migrated(project):
    return [int(line) for line in (project / "migrations").read_text().split()]


def left(url, pids):
    """The databases of some processes, when their watchdogs have had the time to drop them."""
    until = time.monotonic() + 60
    while True:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            names = [f"{PREFIX}{pid}_" for pid in pids]
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
            found = [name for (name,) in cursor.fetchall() if name.startswith(tuple(names))]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


@pytest.mark.parametrize("options", [["-n", "2"], ["-n", "2", "--dist", "each"], ["-n", "0"], []])
def test_it_is_migrated_once(options, project, url):
    place = project(workers=2 if "2" in options else 1)
    run = started(place, f"--gatepost-url={url}", *options)
    said = run.communicate()[0]
    assert run.returncode == 0, said
    assert len(migrated(place)) == 1
    assert len({told["database"] for told in ran(place)}) == len({told["pid"] for told in ran(place)})
    assert left(url, {told["pid"] for told in ran(place)} | set(migrated(place))) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_worker_that_dies_while_it_migrates(project, url):
    """Another migrates; the half of a database that it left is dropped. Who takes its place may be too late to copy."""
    place = project(dies=DIES)
    run = started(place, f"--gatepost-url={url}", "-n", "2")
    said = run.communicate()[0]
    assert "crashed" in said
    assert len(migrated(place)) in (2, 3)
    assert ran(place), said
    assert left(url, set(migrated(place)) | {told["pid"] for told in ran(place)}) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals")
@pytest.mark.parametrize("options", [["-n", "2"], []])
def test_a_run_that_is_killed(options, project, url):
    place = project(waits=WAITS)
    run = started(place, f"--gatepost-url={url}", *options)
    while not (place / "waited").exists():
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.01)
    pids = {told["pid"] for told in ran(place)} | set(migrated(place))
    for pid in {run.pid, *pids}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.communicate()
    assert left(url, pids) == []


def test_the_embedded_server(project, ground):
    """The same in a server of one's own, whose owner is no superuser."""
    give(ground, unprivileged())
    own, place = LocalServer(ground / "local", unprivileged()), project(workers=2)
    try:
        run = started(place, "-n", "2", GATEPOST_LOCAL_DIR=str(own.directory))
        said = run.communicate()[0]
        assert run.returncode == 0, said
        assert len(migrated(place)) == 1
        assert not own.status().running  # nobody had started it before
        own.start()
        assert left(own.url(user=SUPERUSER), {told["pid"] for told in ran(place)}) == []
    finally:
        own.remove()
