"""The fixtures of tests/conftest.py: what a killed run leaves, and a server that somebody else runs."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.local.cluster import SUPERUSER

ROOT = Path(__file__).parents[2]
ONE_TEST = "tests/local/test_platform_sql.py::test_postgres_owns_the_database"


def pytest_command(*arguments):
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_next_run_sweeps_what_a_killed_one_left(open_ground, binaries):
    open_ground.chmod(0o1777)
    environment = os.environ | {"TMPDIR": str(open_ground)}
    bin_dir = ("--gatepost-pg-bin", str(binaries.directory))
    killed = subprocess.Popen(
        pytest_command(*bin_dir, "tests/local/test_platform_sql.py"),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not list(open_ground.glob("gatepost-tests-*/started")) and time.monotonic() < until:
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    assert list(open_ground.glob("gatepost-tests-*/data/postmaster.pid"))
    done = subprocess.run(pytest_command(*bin_dir, ONE_TEST), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert not list(open_ground.glob("gatepost-tests-*"))


@pytest.mark.slow
@pytest.mark.subprocess
def test_a_run_on_a_given_server_leaves_no_database_there(cluster):
    url = cluster.url("postgres", SUPERUSER)
    done = subprocess.run(pytest_command("--gatepost-url", url, ONE_TEST), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(datname ORDER BY datname) FROM pg_database")
        assert cursor.fetchone()[0] == ["postgres", "template0", "template1"]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_stays_in_the_database_that_is_shared(rolled_back, turn):
    with rolled_back.cursor() as cursor:
        cursor.execute("SET search_path = pg_catalog; CREATE TABLE public.stays (id int)")
    with pytest.raises(AssertionError, match="take the fixture `connection`"):
        rolled_back.commit()
    with pytest.raises(AssertionError, match="take `connection`"):
        rolled_back.autocommit = True
    with pytest.raises(AssertionError), rolled_back:  # whose end commits
        pass


def test_databases_of_two_profiles_stand_side_by_side(new_database):
    with new_database("old") as old, new_database("new") as new:
        seen = []
        for url in (old, new):
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE note (id int)")
                cursor.execute("SELECT has_table_privilege('anon', 'note', 'select')")
                seen.append(cursor.fetchone()[0])
    assert seen == [True, False]
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(old)
