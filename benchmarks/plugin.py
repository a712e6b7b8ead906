"""What one pytest test costs through the plugin, against a plain connection that is rolled back, in the same run.

    python benchmarks/plugin.py [--tests 300] [--url SERVER]

Three kinds of tests take turns in one pytest: a fixture of three lines around psycopg2, `gatepost_db`, and `as_user`
with one assertion. Each reads the same table once. What is timed is all that pytest does for the test: setting up,
calling, and tearing down; the median of each kind is printed, with what it costs more than the plain one. Then a run of
its own has only the tests with an assertion: how long it takes from start to end, with the server and the migration.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFTEST = """
import json, time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
import psycopg2, pytest

times = defaultdict(list)

@pytest.fixture(scope="session")
def gatepost_migrate():
    def migrate(url, revision="head"):
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL);"
                           "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON notes TO authenticated;"
                           "CREATE POLICY own ON notes USING (user_id = (SELECT auth.uid()));"
                           "INSERT INTO notes VALUES (1, gen_random_uuid())")
    return migrate

@pytest.fixture(scope="session")
def opened(gatepost_database):
    with closing(psycopg2.connect(gatepost_database.url)) as connection:
        yield connection

@pytest.fixture
def plain(opened):
    yield opened
    opened.rollback()

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    began = time.perf_counter()
    try:
        return (yield)
    finally:
        times[item.originalname].append(time.perf_counter() - began)

def pytest_sessionfinish():
    Path("times.json").write_text(json.dumps(times))
"""
TESTS = """
import pytest
from gatepost.testing import assert_cannot_select

def read(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notes")

def pytest_generate_tests(metafunc):
    metafunc.parametrize("turn", range(COUNT), scope="module")

def test_plain(plain, turn):
    read(plain)

def test_gatepost_db(gatepost_db, turn):
    read(gatepost_db)

def test_as_user(as_user, turn):
    with as_user("00000000-0000-4000-8000-00000000000a") as db:
        read(db)

def test_assertion(as_user, turn):
    with as_user("00000000-0000-4000-8000-00000000000a") as db:
        assert_cannot_select(db, "notes")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--url", help="a server, instead of the embedded one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        (place / "conftest.py").write_text(CONFTEST)
        (place / "test_it.py").write_text(TESTS.replace("COUNT", str(options.tests)))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += [f"--gatepost-url={options.url}"] if options.url else []
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
        times = json.loads((place / "times.json").read_text())
        started = time.perf_counter()
        subprocess.run([*command, "-k", "test_assertion"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        whole = time.perf_counter() - started
    base = statistics.median(times["test_plain"])
    print(f"{'test':<12} {'median':>9} {'more':>9}")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name.removeprefix('test_'):<12} {1000 * median:>7.2f}ms {1000 * (median - base):>7.2f}ms")
    print(f"{options.tests} tests with an assertion, in a run of their own: {whole:.1f} s")


if __name__ == "__main__":
    main()
