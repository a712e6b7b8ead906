"""A schema clone is protected as its source is, holds no rows, and goes away however its maker ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest

import gatepost
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.declare.declaration import Declaration
from gatepost.errors import LocalServerError
from gatepost.finding import NotChecked
from gatepost.local.account import unprivileged
from gatepost.local.binaries import find
from gatepost.local.bootstrap import bootstrap
from gatepost.local.cluster import SUPERUSER
from gatepost.local.process import is_server_of
from gatepost.local.server_directory import cache
from gatepost.observation.clone import schema_clone
from gatepost.observation.run import run
from gatepost.personas import Persona

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


@pytest.fixture
def source(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(SOURCE)
            cursor.execute("CREATE TRIGGER on_user AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION on_user()")
        yield parse_url(superuser_url)


def servers(pid=None):
    """The servers that one process has running for clones, or had, by their directories."""
    return list((cache(unprivileged()) / "throwaway").glob(f"server-{pid or os.getpid()}-*"))


def contents(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n::text, xmin::text, ctid::text FROM notes n")
        notes = cursor.fetchall()
        cursor.execute("SELECT relname, relfilenode, relacl::text FROM pg_class ORDER BY oid")
        return notes, cursor.fetchall()


def test_it_holds_the_protection_and_no_rows(source, superuser_url):
    before = contents(superuser_url)
    with schema_clone(source) as clone, closing(connect(clone.url)) as connection:
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
    assert servers() == []
    assert contents(superuser_url) == before


def test_an_error_leaves_nothing(source):
    with pytest.raises(RuntimeError), schema_clone(source):
        raise RuntimeError
    assert servers() == []


@pytest.mark.subprocess
@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_killed_maker_leaves_nothing(source, superuser_url):
    program = f"""
import time
from gatepost.observation.clone import schema_clone
from gatepost.database.url import parse_url
with schema_clone(parse_url({superuser_url!r})):
    print("made", flush=True)
    time.sleep(600)
"""
    maker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert maker.stdout.readline() == "made\n"
    (directory,) = servers(maker.pid)
    number = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert is_server_of(number, directory / "data")
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    maker.stdout.close()
    until = time.monotonic() + 60
    while servers(maker.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert servers(maker.pid) == []
    assert not is_server_of(number, directory / "data")


@pytest.mark.subprocess
@pytest.mark.skipif(os.name == "nt", reason="a process cannot be asked after there")
def test_what_a_dead_machine_left_is_swept(source):
    """Where the guard was ended too, the next run removes what is left; what a living process made stays."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    home = cache(unprivileged()) / "throwaway"
    home.mkdir(exist_ok=True)
    for pid in (gone.pid, os.getpid()):
        (home / f"server-{pid}-left" / "data").mkdir(parents=True)
    try:
        with schema_clone(source):
            assert servers(gone.pid) == []
            assert home / f"server-{os.getpid()}-left" in servers()
    finally:
        shutil.rmtree(home / f"server-{os.getpid()}-left")


def test_programs_without_those_of_a_client(source, ground, monkeypatch):
    """As Debian's server without its client, and as some packages of the server alone."""
    there = find()
    for program in ("postgres", "initdb", "pg_ctl"):
        (ground / program).symlink_to(there.tool(program))
    monkeypatch.setenv("GATEPOST_PG_BIN", str(ground))
    with pytest.raises(LocalServerError, match="there is no pg_dump in") as refusal, schema_clone(source):
        pass
    assert refusal.value.hint == "set GATEPOST_PG_BIN to a directory that also holds pg_dump, or unset it"
    assert servers() == []


def test_a_role_that_may_not_read_a_table(source, server, superuser_url):
    def execute(statements):
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statements)

    execute("CREATE ROLE gatepost_test_auditor LOGIN PASSWORD 'gatepost-tests'; CREATE TABLE public.unread (id int)")
    execute("REVOKE ALL ON public.unread FROM PUBLIC")
    try:
        url = parse_url(server.url(source.database, "gatepost_test_auditor"))
        with pytest.raises(LocalServerError, match="permission denied") as refusal, schema_clone(url):
            pass
    finally:
        execute("DROP ROLE gatepost_test_auditor")
    assert refusal.value.hint == 'GRANT pg_read_all_data TO "gatepost_test_auditor"'


def test_roles_are_what_they_are_in_the_source(source, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE gatepost_test_clerk NOLOGIN; GRANT gatepost_test_clerk TO authenticator")
        cursor.execute("CREATE ROLE gatepost_test_boss SUPERUSER; CREATE ROLE gatepost_test_past BYPASSRLS NOINHERIT")
        cursor.execute("GRANT gatepost_test_past TO gatepost_test_clerk; ALTER ROLE gatepost_test_clerk CREATEROLE")
        cursor.execute("CREATE POLICY clerks ON notes FOR SELECT TO gatepost_test_clerk USING (true)")
        cursor.execute("GRANT SELECT (id, mood) ON notes TO gatepost_test_clerk")
        cursor.execute("GRANT SELECT (provider) ON auth.identities TO gatepost_test_clerk")
    try:
        with schema_clone(source) as clone, closing(connect(clone.url)) as connection, connection.cursor() as cursor:
            assert clone.missing == ()
            cursor.execute(
                "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, rolinherit FROM pg_roles"
                " WHERE starts_with(rolname, 'gatepost_test_') ORDER BY 1"
            )
            assert cursor.fetchall() == [
                ("gatepost_test_boss", False, False, True, True),
                ("gatepost_test_clerk", False, False, False, True),
                ("gatepost_test_past", False, False, True, False),
            ]
            cursor.execute(
                "SELECT pg_has_role('authenticator', 'gatepost_test_past', 'MEMBER'),"
                " has_column_privilege('gatepost_test_clerk', 'auth.identities', 'provider', 'SELECT')"
            )
            assert cursor.fetchone() == (True, True)
    finally:
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY gatepost_test_clerk")
            cursor.execute("DROP ROLE gatepost_test_clerk, gatepost_test_boss, gatepost_test_past")


def test_what_cannot_be_cloned_is_said(source, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION auth.broken() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        cursor.execute("CREATE SCHEMA vault2; CREATE TABLE vault.kept (id int); CREATE TABLE vault2.t (id int)")
        cursor.execute("CREATE VIEW vault2.v AS SELECT id FROM vault.kept")
    with schema_clone(source) as clone:
        assert [missing for missing in clone.missing if "vault.kept" in missing.why], clone.missing


def available(cursor, *names):
    cursor.execute("SELECT name::text FROM pg_available_extensions WHERE name = ANY (%s) ORDER BY 1", [list(names)])
    return [name for (name,) in cursor.fetchall()]


def test_a_sound_database_is_clean_whatever_its_version(source, superuser_url):
    """GRANT ALL holds MAINTAIN on some versions only, and every project has extensions and triggers of the platform."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE lines (id bigint PRIMARY KEY, note_id bigint NOT NULL REFERENCES notes (id), body text);"
            "ALTER TABLE lines ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY own ON lines FOR SELECT TO authenticated USING (note_id IN (SELECT id FROM notes));"
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO anon, authenticated, service_role"
        )
        cursor.execute("CREATE SCHEMA net; CREATE FUNCTION net.on_ddl() RETURNS event_trigger LANGUAGE plpgsql"
                       " AS 'BEGIN END'; CREATE EVENT TRIGGER issue_pg_net_access ON ddl_command_end"
                       " EXECUTE FUNCTION net.on_ddl()")  # fmt: skip
        extensions = available(cursor, "dblink", "pg_stat_statements", "citext")
        cursor.execute("CREATE SCHEMA words")
        for name in extensions:
            cursor.execute(f"CREATE EXTENSION {name} SCHEMA {'words' if name == 'citext' else 'extensions'}")
        if "citext" in extensions:
            cursor.execute("ALTER TABLE lines ADD COLUMN title words.citext")
    with schema_clone(source) as clone, closing(connect(clone.url)) as connection:
        assert not [one for one in clone.missing if one.fails]
        assert {one.what for one in clone.missing} == {"extension dblink"} & {f"extension {one}" for one in extensions}
        result = run(connection, not_cloned=clone.missing)
        assert (result.findings, result.fails()) == ((), False)


def test_what_needs_a_missing_extension_is_named(source, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        if not available(cursor, "pageinspect"):
            pytest.skip("this PostgreSQL has no pageinspect")
        cursor.execute("CREATE EXTENSION pageinspect SCHEMA extensions")
        cursor.execute("CREATE VIEW far AS SELECT extensions.get_raw_page('pg_class', 0) AS page")
        cursor.execute("CREATE TABLE pages (id int, page bytea DEFAULT extensions.get_raw_page('pg_class', 0))")
    with schema_clone(source) as clone:
        why = 'it needs the extension "pageinspect", and it can access things outside the database'
        assert set(clone.missing) == {
            NotChecked("public.far", f"view is not in the clone: {why}", ours=True),
            NotChecked("public.pages", f"table is not in the clone: {why}", ours=True),
            NotChecked(
                "extension pageinspect",
                "is not in the clone: it can access things outside the database",
                ours=True,
                covered_by="what needs it is reported itself",
            ),
        }


def test_a_role_that_bypasses_row_security_does_so_in_the_clone(source, superuser_url):
    """A member of such a role does not, but the role itself, as a caller of the API, does."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE gatepost_test_seer BYPASSRLS")
        cursor.execute("GRANT SELECT ON notes TO gatepost_test_seer")
        cursor.execute("CREATE POLICY seers ON notes TO gatepost_test_seer USING (false)")
    try:
        seer = Persona("seer", "gatepost_test_seer", '{"role": "gatepost_test_seer"}')
        with schema_clone(source) as clone, closing(connect(clone.url)) as connection:
            result = run(connection, personas=[seer])
        table = next(t for t in result.sections["matrix"]["tables"] if t["table"] == "public.notes")
        assert table["cells"]["seer"]["select"]["reach"] == "all"
    finally:
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY gatepost_test_seer; DROP ROLE gatepost_test_seer")


def test_the_platforms_tables_keep_what_their_owners_may_do(server, superuser_url):
    """A foreign key is checked as the owner of the table that it refers to, who is another where we made the shape."""
    name = f"{psycopg2.extensions.parse_dsn(superuser_url)['dbname']}_plain"
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            url = server.url(name, SUPERUSER)
            with closing(psycopg2.connect(url)) as plain:
                bootstrap(plain)
                with plain, plain.cursor() as cursor:
                    cursor.execute(
                        "CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id));"
                        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"
                        "CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));"
                        "GRANT ALL ON notes TO authenticated"
                    )
            with schema_clone(parse_url(url)) as clone, closing(connect(clone.url)) as there:
                result = run(there, not_cloned=clone.missing)
                assert (result.findings, result.fails()) == ((), False)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def test_code_finds_the_session_of_the_api(source, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE staff (id uuid PRIMARY KEY, pay int); ALTER TABLE staff ENABLE ROW LEVEL SECURITY;"
            "GRANT ALL ON staff TO anon, authenticated;"
            "CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN"
            " IF session_user = 'authenticator' THEN"
            "  RETURN coalesce((auth.jwt() -> 'app_metadata' ->> 'claims_admin')::boolean, false);"
            " END IF; RETURN true; END $$;"
            "CREATE POLICY admins ON staff USING (is_admin())"
        )
    with schema_clone(source) as clone, closing(connect(clone.url)) as connection:
        assert run(connection, not_cloned=clone.missing).findings == ()


def test_a_role_that_a_token_can_name_is_observed(source, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE ROLE gatepost_test_partner NOLOGIN NOINHERIT; GRANT gatepost_test_partner TO authenticator"
        )
        cursor.execute("GRANT SELECT ON notes TO gatepost_test_partner; CREATE POLICY partners ON notes FOR SELECT"
                       " TO gatepost_test_partner USING (true)")  # fmt: skip
        cursor.execute("GRANT USAGE ON SCHEMA public TO gatepost_test_partner")
    try:
        result = gatepost.observe(source, declaration=Declaration())
        table = next(t for t in result.sections["matrix"]["tables"] if t["table"] == "public.notes")
        assert table["cells"]["gatepost_test_partner"]["select"]["reach"] == "all"
        [found] = result.findings
        assert (found.rule, found.severity) == ("foreign-row-read", "warning")
        assert "gatepost_test_partner can read" in found.message
    finally:
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY gatepost_test_partner; DROP ROLE gatepost_test_partner")
