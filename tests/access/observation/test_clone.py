"""A schema clone is protected as its source is, holds no rows, and goes away however its maker ends."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from gatepost.access.observation.clone import PREFIX, schema_clone
from gatepost.access.observation.running import run
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.errors import LocalServerError
from gatepost.local import template
from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.embedded import LocalServer

SOURCE = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    user_id uuid NOT NULL REFERENCES auth.users (id), mood mood, body text);
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'real@example.org');
INSERT INTO notes (user_id, body) VALUES ('00000000-0000-4000-8000-000000000001', 'a real row');
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION me() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
CREATE POLICY "Own notes" ON notes TO authenticated USING (user_id = (SELECT me()));
REVOKE ALL ON notes FROM service_role;
GRANT SELECT, INSERT ON notes TO authenticated;
GRANT SELECT (id, mood) ON notes TO anon;
CREATE POLICY own ON storage.objects FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid())::text);
CREATE FUNCTION on_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS 'BEGIN RETURN new; END';
"""


@dataclass(frozen=True)
class RunServer:
    """The server of the test run, as a clone asks for one: no second server has to be started."""

    server: object
    template: str

    def url(self, database="postgres", user="postgres"):
        return self.server.url(database, user)

    def clone(self, name):
        with closing(psycopg2.connect(self.url(user="supabase_admin"))) as connection:
            connection.autocommit = True
            template.clone(connection, self.template, name)

    def drop(self, name):
        with closing(psycopg2.connect(self.url(user="supabase_admin"))) as connection:
            connection.autocommit = True
            template.drop(connection, name)


@pytest.fixture
def local_server(server, new_database):
    with new_database() as url:
        yield RunServer(server, parse_url(url).database)


@pytest.fixture
def source(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(SOURCE)
            cursor.execute("CREATE TRIGGER on_user AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION on_user()")
        yield parse_url(superuser_url)


def clones(server, pid=None):
    """The clones of one process: the other workers of a test run have theirs on the same server."""
    with closing(connect(server.url(user="supabase_admin"))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{PREFIX}{pid or os.getpid()}_"]
        )
        return [name for (name,) in cursor.fetchall()]


def contents(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n::text, xmin::text, ctid::text FROM notes n")
        notes = cursor.fetchall()
        cursor.execute("SELECT relname, relfilenode, relacl::text FROM pg_class ORDER BY oid")
        return notes, cursor.fetchall()


def test_it_holds_the_protection_and_no_rows(source, local_server, superuser_url):
    before = contents(superuser_url)
    with schema_clone(source, local_server) as clone, closing(connect(clone.url)) as connection:
        assert clone.missing == ()
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM auth.users)")
            assert cursor.fetchone() == (0, 0)
            cursor.execute("SELECT count(*) FROM pg_policies WHERE tablename IN ('notes', 'objects')")
            assert cursor.fetchone() == (2,)
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'on_user'")
            assert cursor.fetchone() == (1,)
        connection.rollback()
        result = run(connection)
        assert result.findings == ()
        table = next(t for t in result.sections["matrix"]["tables"] if t["table"] == "public.notes")
        assert table["cells"]["ann"]["select"]["reach"] == "own"
        assert table["cells"]["service_role"]["select"]["reach"] == "none"  # nobody granted it anything
    assert clones(local_server) == []
    assert contents(superuser_url) == before


def test_an_error_leaves_nothing(source, local_server):
    with pytest.raises(RuntimeError), schema_clone(source, local_server):
        raise RuntimeError
    assert clones(local_server) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_killed_maker_leaves_nothing(source, local_server, superuser_url):
    program = f"""
import sys, time
from pathlib import Path
from gatepost.access.observation.clone import schema_clone
from gatepost.database.url import parse_url
from gatepost.errors import LocalServerError
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_clone import RunServer
from urllib.parse import urlsplit

class Server:
    def url(self, database, user):
        return urlsplit({superuser_url!r})._replace(path="/" + database).geturl()

server = RunServer(Server(), {local_server.template!r})
with schema_clone(parse_url({superuser_url!r}), server):
    print("made", flush=True)
    time.sleep(60)
"""
    maker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert maker.stdout.readline() == "made\n"
    assert len(clones(local_server, maker.pid)) == 1
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    maker.stdout.close()
    until = time.monotonic() + 20
    while clones(local_server, maker.pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert clones(local_server, maker.pid) == []


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be asked after there")
def test_what_a_dead_machine_left_is_swept(source, local_server):
    """Where the watchdog was ended too, the next run drops what is left; what a living process made stays."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    alive = clones(local_server)
    for pid in (gone.pid, os.getpid()):
        local_server.clone(f"{PREFIX}{pid}_left")
    try:
        with schema_clone(source, local_server):
            assert clones(local_server, gone.pid) == []
            assert f"{PREFIX}{os.getpid()}_left" in clones(local_server)
    finally:
        local_server.drop(f"{PREFIX}{os.getpid()}_left")
    assert clones(local_server) == alive == []


@pytest.mark.parametrize("missing", ["pg_dump", "psql"])
def test_programs_without_those_of_a_client(missing, source, local_server, ground, monkeypatch):
    """As Debian's server without its client, and as some packages of the server alone."""
    there = find()
    for program in {"postgres", "initdb", "pg_ctl", "pg_dump", "psql"} - {missing}:
        (ground / program).symlink_to(there.tool(program))
    monkeypatch.setenv("GATEPOST_PG_BIN", str(ground))
    with (
        pytest.raises(LocalServerError, match=f"there is no {missing} in") as refusal,
        schema_clone(source, local_server),
    ):
        pass
    assert refusal.value.mend == f"set GATEPOST_PG_BIN to a directory that holds {missing} too, or unset it"
    assert clones(local_server) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals")
@pytest.mark.parametrize("killed", [False, True])
def test_a_server_that_ran_for_the_clone_alone_stops(killed, source, ground, superuser_url):
    program = f"""
import sys
from gatepost.access.observation.clone import schema_clone
from gatepost.database.url import parse_url
with schema_clone(parse_url({superuser_url!r})):
    print("made", flush=True)
    sys.stdin.read()
"""
    give(ground, unprivileged())
    own = LocalServer(ground / "server", unprivileged())
    maker = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"GATEPOST_LOCAL_DIR": str(own.directory)},
    )  # fmt: skip
    try:
        assert maker.stdout.readline() == "made\n"
        assert own.status().running
        if killed:
            maker.send_signal(signal.SIGKILL)
        maker.communicate()
        until = time.monotonic() + 60
        while own.status().running and time.monotonic() < until:
            time.sleep(0.1)
        assert not own.status().running
        own.start()
        assert clones(own, maker.pid) == []
    finally:
        own.remove()


def test_a_role_that_the_server_lacks_is_made_and_dropped(source, ground, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE gatepost_test_clerk NOLOGIN; GRANT gatepost_test_clerk TO authenticator")
        cursor.execute("CREATE POLICY clerks ON notes FOR SELECT TO gatepost_test_clerk USING (true)")
        cursor.execute("GRANT SELECT (id, mood) ON notes TO gatepost_test_clerk")
    own = LocalServer(ground / "server", unprivileged())
    own.directory.mkdir()
    give(own.directory, unprivileged())
    known = "SELECT count(*) FROM pg_roles WHERE rolname = 'gatepost_test_clerk'"
    try:
        own.start()
        with schema_clone(source, own) as clone, closing(connect(clone.url)) as connection:
            assert clone.missing == ()
            with connection.cursor() as cursor:
                cursor.execute(known)
                assert cursor.fetchone() == (1,)
        with closing(connect(own.url())) as connection, connection.cursor() as cursor:
            cursor.execute(known)
            assert cursor.fetchone() == (0,)
    finally:
        own.remove()
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY gatepost_test_clerk; DROP ROLE gatepost_test_clerk")


def test_what_cannot_be_cloned_is_said(source, local_server, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION auth.broken() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        cursor.execute("CREATE SCHEMA vault2; CREATE TABLE vault.kept (id int); CREATE TABLE vault2.t (id int)")
        cursor.execute("CREATE VIEW vault2.v AS SELECT id FROM vault.kept")
    with schema_clone(source, local_server) as clone:
        assert [missing for missing in clone.missing if "vault.kept" in missing.why], clone.missing
