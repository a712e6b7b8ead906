"""Killed at ten moments in each of four ways, the target is as it was, and a second run completes it."""

import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import create_engine

import models
from gatepost import transfer
from gatepost.local.account import give, unprivileged
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.transfer.mapping.read_toml import read_mapping
from gatepost.transfer.mapping.write_toml import write_mapping
from gatepost.transfer.source.sqlite import Source
from models.sample import write_sample
from tests.programs import programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.subprocess,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are limited and found as Linux does it"),
]

CLIENT = """
import sys
from dataclasses import replace
from pathlib import Path
import psycopg2
from gatepost import transfer
from gatepost.transfer.mapping.read_toml import read_mapping

class Announcing(psycopg2.extensions.cursor):
    def execute(self, *arguments):
        print("statement", flush=True)
        super().execute(*arguments)

    def copy_expert(self, *arguments, **named):
        print("statement", flush=True)
        super().copy_expert(*arguments, **named)

connection = psycopg2.connect(sys.argv[2], cursor_factory=Announcing)
print(connection.info.backend_pid, flush=True)
mapping = next((Path(word) for word in sys.argv[3:] if word.endswith(".toml")), None)
options = transfer.Options(resumable="resumable" in sys.argv, parallel=2 if "parallel" in sys.argv else 0,
                           mapping=mapping and read_mapping(mapping))
planned = transfer.plan(Path(sys.argv[1]), connection, options=options)
if options.parallel:  # what a mapping decides goes to every process
    planned = transfer.plan(planned.path, connection, options=replace(options, mapping=planned.mapping))
transfer.run(planned, connection)
"""
PHOTOGRAPH = """
SELECT 'index', pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT sequencename, coalesce(last_value, 0)::text FROM pg_sequences
UNION ALL SELECT nspname, '' FROM pg_namespace WHERE nspname NOT LIKE 'pg%'
ORDER BY 1, 2
"""
COUNTS = " UNION ALL ".join(f"SELECT count(*) FROM {table.name}" for table in models.metadata.sorted_tables)
MOMENTS = range(10)


@pytest.fixture(scope="module")
def cluster():
    """A server of our own: a backend that is killed takes every other connection of its server along."""
    directory = Path(tempfile.mkdtemp(prefix="gp-kill-"))
    give(directory, unprivileged())
    cluster = Cluster(directory, programs(), unprivileged(), (("fsync", "off"), ("restart_after_crash", "on")))
    cluster.initialise()
    cluster.launch()
    yield cluster
    cluster.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("killed") / "old.db"
    write_sample(path, scale=2)
    return path


@pytest.fixture
def target(cluster, request):
    """A database with the schema; gives its URL."""
    name = f"killed_{abs(hash(request.node.name))}"
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    url = cluster.url(name, SUPERUSER)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:", 1))
    models.metadata.create_all(engine)
    engine.dispose()
    return url


def ask(url, *queries):
    """Ask the server, which may just be recovering."""
    until = time.monotonic() + 60
    while True:
        try:
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                answers = []
                for query in queries:
                    cursor.execute(query)
                    answers.append(cursor.fetchall())
                return answers
        except psycopg2.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def begin(source, url, *options):
    """Start a client, which says a word before each of its statements; return it with the process of its backend."""
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(source), url, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return client, int(client.stdout.readline())


def wait_for(client, statements):
    """Wait until the client has begun so many statements, or has ended."""
    for _ in range(statements):
        if not client.stdout.readline():
            break


def end(client):
    client.communicate(timeout=120)
    return client.returncode


def gone(url):
    """Wait until no other backend is in the database."""
    until = time.monotonic() + 60
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while ask(url, query) != [[(0,)]]:
        assert time.monotonic() < until
        time.sleep(0.02)


def attacked(source, target, attack, options=()):
    """Attack ten runs; after each the target must be as before, and in the end a run must complete it."""
    empty, structure = ask(target, COUNTS, PHOTOGRAPH)
    client, _ = begin(source, target, *options)
    statements = len(client.stdout.readlines())
    assert end(client) == 0
    full = ask(target, COUNTS)[0]
    stopped = 0
    names = ", ".join(table.name for table in models.metadata.sorted_tables)
    for moment in MOMENTS:
        ask(target, f"TRUNCATE {names} RESTART IDENTITY; SELECT 1", "COMMIT; SELECT 1")
        attack(moment, statements * moment // len(MOMENTS))
        gone(target)
        counts, after = ask(target, COUNTS, PHOTOGRAPH)
        if counts == full:
            continue  # the blow came after the commit
        stopped += 1
        assert counts == empty
        assert after == structure
    ask(target, f"TRUNCATE {names} RESTART IDENTITY; SELECT 1", "COMMIT; SELECT 1")
    with closing(psycopg2.connect(target)) as connection:
        transfer.run(transfer.plan(source, connection), connection)
        assert transfer.check(source, connection).mismatches == ()
    assert ask(target, COUNTS)[0] == full
    return stopped


@pytest.mark.parametrize("options", [(), ("parallel",)], ids=["alone", "parallel"])
def test_the_client_is_killed(source, target, options):
    def attack(_, statements):
        client, _ = begin(source, target, *options)
        wait_for(client, statements)
        client.kill()
        assert end(client) in (-signal.SIGKILL, 0)

    assert attacked(source, target, attack, options) >= 5


@pytest.mark.parametrize("options", [(), ("parallel",)], ids=["alone", "parallel"])
def test_the_backend_is_killed(source, target, options):
    def attack(_, statements):
        client, backend = begin(source, target, *options)
        wait_for(client, statements)
        with suppress(ProcessLookupError):
            os.kill(backend, signal.SIGKILL)
        end(client)

    assert attacked(source, target, attack, options) >= 5


@pytest.mark.parametrize("form", ["file", "directory"])
def test_a_resumable_client_is_killed_until_it_is_done(source, target, tmp_path, form):
    """Every table is whole or empty at every moment, and what was done is not done again."""
    moved = source
    if form == "directory":
        moved = tmp_path / "written"
        transfer.write(source, moved, models.metadata)
    for moment in range(30):
        client, _ = begin(moved, target, "resumable")
        if moment < 10:
            wait_for(client, 20 + 8 * moment)
            client.kill()
        done = end(client) == 0
        gone(target)
        if done:
            break
        counts = ask(target, COUNTS)[0]
        with Source(source) as opened:
            whole = [(opened.table(table.name).rows,) for table in models.metadata.sorted_tables]
        assert all(count in ((0,), rows) for count, rows in zip(counts, whole, strict=True))
    with closing(psycopg2.connect(target)) as connection:
        assert transfer.check(source, connection).mismatches == ()
        assert transfer.check(moved, connection).mismatches == ()
    assert moment >= 3
    assert ask(target, "SELECT to_regnamespace('gatepost_transfer')") == [[(None,)]]


CIRCLE = (
    "CREATE TABLE z (id uuid PRIMARY KEY)",
    "CREATE TABLE a (id uuid PRIMARY KEY, b_id uuid NOT NULL, z_id uuid NOT NULL REFERENCES z, note text)",
    "CREATE TABLE b (id uuid PRIMARY KEY, a_id uuid NOT NULL REFERENCES a, b_id uuid NOT NULL REFERENCES b)",
    "CREATE TABLE c (id uuid PRIMARY KEY, b_id uuid NOT NULL REFERENCES b)",
    "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b",
)


def test_a_resumable_client_is_killed_in_a_circle_with_a_mapping(target, tmp_path):
    """Killed before each fourth statement: what refers to each other is there together or not at all."""
    path, file = tmp_path / "app.db", tmp_path / "mapping.toml"
    with closing(sqlite3.connect(path)) as app, app:
        app.execute("CREATE TABLE z (id INTEGER PRIMARY KEY)")
        app.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, b_id REFERENCES b, z_id REFERENCES z, body TEXT)")
        app.execute("CREATE TABLE b (id INTEGER PRIMARY KEY, a_id REFERENCES a, b_id REFERENCES b)")
        app.execute("CREATE TABLE c (id INTEGER PRIMARY KEY, b_id REFERENCES b)")
        app.executemany("INSERT INTO z VALUES (?)", ((n,) for n in range(2000)))
        app.executemany("INSERT INTO a VALUES (?, ?, ?, 'x')", ((n, 1999 - n, n) for n in range(2000)))
        app.executemany("INSERT INTO b VALUES (?, ?, ?)", ((n, n, 1999 - n) for n in range(2000)))
        app.executemany("INSERT INTO c VALUES (?, ?)", ((n, n) for n in range(2000)))
    ask(target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT 1", "COMMIT; SELECT 1")
    ask(target, *(f"{statement}; SELECT 1" for statement in CIRCLE), "COMMIT; SELECT 1")
    with closing(psycopg2.connect(target)) as connection:
        options = transfer.Options(renames=(("a.body", "note"),))
        write_mapping(transfer.plan(path, connection, options=options).mapping, file, path.name)
        mapped = transfer.Options(mapping=read_mapping(file))
    statements = "SELECT (SELECT count(*) FROM z), (SELECT count(*) FROM a), (SELECT count(*) FROM b), count(*) FROM c"
    seen = set()
    for moment in range(60):
        client, _ = begin(path, target, "resumable", str(file))
        wait_for(client, 4 * moment)
        client.kill()
        done = end(client) == 0
        gone(target)
        z, a, b, c = ask(target, statements)[0][0]
        seen.add((z, a, b, c))
        assert a == b
        assert {z, a, b, c} <= {0, 2000}
        assert z >= a >= c
        if done:
            break
    assert len(seen) >= 3
    with closing(psycopg2.connect(target)) as connection:
        assert transfer.check(path, connection, options=mapped).mismatches == ()
    assert ask(target, "SELECT count(*) FROM a JOIN b ON b.id = a.b_id AND b.b_id <> b.id") == [[(2000,)]]


@pytest.fixture
def limited(cluster):
    """Restart the server as one whose files may only grow so much; what a full disk or a quota does to it."""
    account, binaries = unprivileged(), programs()
    command = [str(binaries.tool("pg_resetwal")), "--wal-segsize=1", "-D", str(cluster.data)]
    cluster.stop()
    subprocess.run(
        command, check=True, capture_output=True, user=account and account.uid, group=account and account.gid
    )
    cluster.launch()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    def restart(limit):
        cluster.stop()
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit or unlimited[0], unlimited[1]))
        try:
            cluster.launch()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    yield restart
    restart(None)


def test_the_disk_is_full(tmp_path, target, limited):
    source = tmp_path / "old.db"
    write_sample(source, scale=10)

    def attack(moment, _):
        limited((1 << 20) + moment * (200 << 10))
        client, _ = begin(source, target)
        code = end(client)
        limited(None)
        assert code != 0

    assert attacked(source, target, attack) == 10


def test_the_connection_is_cut(source, target, cluster, tmp_path):
    """A stand-in for the network passes bytes on until it has passed so many."""
    total = source.stat().st_size

    def attack(moment, _):
        with Wire(cluster, total * moment // 12) as url:
            client, _ = begin(source, url(target))
            end(client)

    assert attacked(source, target, attack) >= 5


class Wire:
    """Passes bytes between a port of this machine and the server's socket, and hangs up after `limit` bytes."""

    def __init__(self, cluster, limit):
        self.cluster = cluster
        self.left = limit + 4000  # the greeting and the plan come first

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        port = self.listener.getsockname()[1]
        return lambda url: f"postgresql://{SUPERUSER}@127.0.0.1:{port}/{psycopg2.extensions.parse_dsn(url)['dbname']}"

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()

    def _serve(self):
        near, _ = self.listener.accept()
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(str(self.cluster.directory / ".s.PGSQL.5432"))
            back = threading.Thread(target=self._pass, args=(far, near, False))
            back.start()
            self._pass(near, far, True)
            back.join()

    def _pass(self, one, other, counted):
        with suppress(OSError):
            while data := one.recv(4096):
                if counted:
                    self.left -= len(data)
                    if self.left < 0:
                        break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
