"""Opening a database for reading: settings, locks that others hold, and a schema that changes meanwhile."""

import re
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import psycopg2
import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extras import RealDictCursor
from typer.testing import CliRunner

import gatepost
from gatepost import verify
from gatepost.cli import app
from gatepost.database import reading as module
from gatepost.database.reading import ChangedMeanwhile, open_for_reading, read_again, reading
from gatepost.declare.declaration import Declaration
from gatepost.errors import DatabaseUnreachable
from gatepost.local.cluster import SUPERUSER
from gatepost.observation.clone.schema import _read
from gatepost.reflect import read_all
from gatepost.verification import NO_TABLE
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer
from tests.transfer.conftest import sqlite_file

__all__ = ["sqlite_file"]

WANTED = {
    "search_path": "pg_catalog, pg_temp",
    "lock_timeout": "5s",
    "statement_timeout": "1min",
    "row_security": "off",
    "quote_all_identifiers": "off",
}


def shown(cursor, name):
    cursor.execute(f"SHOW {name}")
    return cursor.fetchone()[0]


def execute(url, *statements):
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        for statement in statements:
            connection.cursor().execute(statement)


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_reading_of_its_own(connection, autocommit):
    connection.autocommit = autocommit
    with reading(connection) as found:
        assert {name: shown(found.cursor, name) for name in WANTED} == WANTED
        assert shown(found.cursor, "transaction_read_only") == "on"
        assert shown(found.cursor, "transaction_isolation") == "repeatable read"
        assert (found.search_path, found.searched()) == ('"$user", public, extensions', ("public", "extensions"))
    assert connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    with connection.cursor() as cursor:
        assert shown(cursor, "search_path") == '"$user", public, extensions'
        assert shown(cursor, "lock_timeout") == "0"


def test_where_every_name_is_printed_in_quotes(connection, database_url):
    execute(database_url, f"ALTER DATABASE {connection.info.dbname} SET quote_all_identifiers = on")
    with open_for_reading(database_url, application_name="test") as found:
        assert {name: shown(found.cursor, name) for name in WANTED} == WANTED
        assert found.searched() == ("public", "extensions")


def test_a_transaction_of_the_callers_is_left_as_it_was(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE mine (); SET LOCAL search_path = public, \"no, such\", AUTH; SET lock_timeout = '7s'"
        )
        with reading(connection) as found:
            assert {name: shown(found.cursor, name) for name in WANTED} == WANTED
            assert (
                shown(found.cursor, "transaction_read_only") == "off"
            )  # it cannot be set any more, and is not claimed
            assert found.searched() == ("public", "auth")
        assert shown(cursor, "search_path") == 'public, "no, such", auth'
        assert shown(cursor, "lock_timeout") == "7s"
        cursor.execute("SELECT FROM mine")


def test_a_transaction_that_has_failed_is_refused(connection):
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT 1 / 0")
        with pytest.raises(DatabaseUnreachable, match="inside a transaction that has failed"), reading(connection):
            pass


def test_a_connection_with_rows_of_another_kind(database_url):
    with closing(psycopg2.connect(database_url, cursor_factory=RealDictCursor)) as connection:
        assert verify(connection, declaration=Declaration()).summary["declared"] is True


def test_a_policy_is_not_run_for_us(connection, server, new_reader):
    """What a policy would filter is an error, so that its function is never called as the role that reads."""
    url = new_reader("CREATE TABLE hidden (id int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY", "hidden")
    refused = pytest.raises(DatabaseUnreachable, match="cannot be read: query would be affected by row-level security")
    with refused, open_for_reading(url, application_name="test") as found:
        found.cursor.execute("SELECT FROM public.hidden")


def test_what_somebody_dropped_meanwhile(database_url):
    with (
        pytest.raises(ChangedMeanwhile, match="changes while it is read"),
        open_for_reading(database_url, application_name="test") as found,
    ):
        found.cursor.execute("SELECT FROM public.dropped")


def test_a_text_that_the_client_s_encoding_does_not_have(connection, database_url):
    execute(database_url, f"ALTER DATABASE {connection.info.dbname} SET client_encoding = 'LATIN1'")
    with open_for_reading(database_url, application_name="test") as found:
        found.cursor.execute("SELECT chr(8364)")
        assert found.cursor.fetchone() == ("€",)
    with (
        closing(psycopg2.connect(database_url)) as own,
        pytest.raises(DatabaseUnreachable, match="client_encoding") as told,
        reading(own) as found,
    ):
        found.cursor.execute("SELECT chr(8364)")
    assert told.value.hint == "connection.set_client_encoding('UTF8')"


def test_a_database_without_an_encoding(spare_server: SpareServer):
    with spare_server.running():
        spare_server.execute("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII'")
        url = spare_server.url(database="bytes")
        named = pytest.raises(DatabaseUnreachable, match=r'"bytes" holds text that is not UTF-8.+SQL_ASCII')
        with named, open_for_reading(url, application_name="test") as found:
            found.cursor.execute("SELECT chr(233)")
        named = pytest.raises(DatabaseUnreachable, match=r'"client_encoding" \(SQL_ASCII\) does not have')
        with closing(psycopg2.connect(url, client_encoding="SQL_ASCII")) as own, named, reading(own) as found:
            found.cursor.execute("SELECT chr(233)")
            found.cursor.fetchone()


def test_a_role_that_was_named_in_a_database_of_another_encoding(spare_server: SpareServer):
    """Its bytes are in a catalog of the whole cluster, and mean something else, or nothing, in every other encoding."""
    with spare_server.running():
        spare_server.execute(
            "CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", 'CREATE ROLE "ł"'
        )
        with open_for_reading(spare_server.url(database="western"), application_name="test") as found:
            found.cursor.execute("SELECT rolname::text FROM pg_roles WHERE rolname !~ '^[a-z_]+$'")
            assert found.cursor.fetchone() == ("Å\x82",)
        spare_server.execute('DROP ROLE "ł"')
        named = pytest.raises(DatabaseUnreachable, match=r'has a name that its "server_encoding" \(UTF8\) cannot hold')
        with closing(psycopg2.connect(spare_server.url(database="western"))) as own, own.cursor() as cursor:
            own.autocommit = True
            cursor.execute("CREATE ROLE jürgen")
            with named as told, open_for_reading(spare_server.url(), application_name="test") as found:
                found.cursor.execute("SELECT rolname::text FROM pg_roles")
                found.cursor.fetchall()
            cursor.execute("DROP ROLE jürgen")
        assert told.value.hint.startswith("ALTER ROLE … RENAME TO …")


def test_a_login_trigger_is_fired_before_us_except_where_the_address_says_no(spare_server: SpareServer):
    with spare_server.running():
        with closing(psycopg2.connect(spare_server.url())) as connection:
            if connection.server_version < 170000:
                pytest.skip("PostgreSQL 17 brought triggers on login")
        spare_server.execute("CREATE DATABASE guarded")
        url = spare_server.url(database="guarded")
        execute(
            url,
            "CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$",
            "CREATE EVENT TRIGGER stop ON login EXECUTE FUNCTION stop()",
        )
        with pytest.raises(DatabaseUnreachable, match="fired"), open_for_reading(url, application_name="test"):
            pass
        with open_for_reading(f"{url}?options=-c%20event_triggers%3Doff", application_name="test") as found:
            assert read_all(found).database == "guarded"


@pytest.fixture
def new_reader(superuser_url, server, connection):
    """Make a role that may read one table, after some statements."""
    name = "gp_reading_reader"

    def make(statements, table):
        execute(superuser_url, statements, f"CREATE ROLE {name} LOGIN PASSWORD 'gatepost-tests'")
        execute(superuser_url, f"GRANT SELECT ON {table} TO {name}")
        return server.url(connection.info.dbname, name)

    yield make
    execute(superuser_url, f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_behind_a_pooler(spare_server: SpareServer, mode: str):
    pooler = SparePooler(spare_server.directory / "reading", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
    with spare_server.running(), pooler.running(mode=mode, pool=1):
        with open_for_reading(pooler.url(), application_name="test") as found:
            assert {name: shown(found.cursor, name) for name in WANTED} == WANTED
            assert read_all(found).database == "postgres"
        with closing(psycopg2.connect(pooler.url())) as connection, connection.cursor() as cursor:
            assert shown(cursor, "search_path") == '"$user", public'
            assert shown(cursor, "transaction_read_only") == "off"
            connection.rollback()
            assert [one.why for one in verify(connection, declaration=Declaration()).not_checked] == [NO_TABLE]


def test_a_read_replica(spare_server: SpareServer):
    with spare_server.running():
        spare_server.execute("CREATE TABLE IF NOT EXISTS public.copied (id int)")
    signal = spare_server.data / "standby.signal"
    signal.touch()
    try:
        with spare_server.running(), closing(psycopg2.connect(spare_server.url())) as connection:
            with connection.cursor() as cursor:
                assert shown(cursor, "in_hot_standby") == "on"
            connection.rollback()
            assert verify(connection, declaration=Declaration()).summary["tables"] == 1
    finally:
        signal.unlink(missing_ok=True)


class TestLocks:
    """Every command that reads gives up after a while, and names who stands in the way."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch, tmp_path):
        monkeypatch.setattr(module, "LOCK_TIMEOUT", "100ms")
        monkeypatch.chdir(tmp_path)

    @pytest.fixture
    def locked(self, connection, database_url, server):
        """Lend the URL of a database whose tables somebody has locked."""
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE busy (id int PRIMARY KEY); CREATE VIEW seen AS SELECT * FROM busy;"
                "CREATE TABLE alembic_version (version_num text)"
            )
        with closing(psycopg2.connect(database_url, application_name="night job")) as other:
            other.cursor().execute("LOCK TABLE busy, alembic_version IN ACCESS EXCLUSIVE MODE")
            other.cursor().execute(
                "/* s3cret */ select 's3cret' AS \"s3cret\", 5353, s3cret -- s3cret\n FROM (SELECT 1) _ (s3cret)"
            )
            yield server.url(connection.info.dbname, SUPERUSER)

    @pytest.mark.parametrize("words", [("verify",), ("doctor",), ("transfer", "app.db", "--dry-run")])
    def test_a_command(self, locked, words, sqlite_file):
        sqlite_file("CREATE TABLE busy (id integer PRIMARY KEY)")
        done = CliRunner().invoke(app, [words[0], *words[1:2], locked, *words[2:]])
        assert done.exit_code == 2, done.output
        whose = r'process \d+ \("postgres", "night job"\)'
        held = re.search(rf"""{whose} has held "public\.(busy|alembic_version)" for \d+ s: SELECT…\n""", done.stderr)
        assert held, done.stderr
        assert "SELECT pg_terminate_backend(" in done.stderr
        assert not re.search("s3cret|5353", done.stderr)

    def test_what_observe_reads(self, locked):
        named = pytest.raises(DatabaseUnreachable, match="night job")
        with closing(psycopg2.connect(locked)) as connection, named:
            read_again(connection, _read)

    def test_a_transaction_of_the_callers_goes_on(self, locked):
        with closing(psycopg2.connect(locked)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE mine ()")
            with pytest.raises(DatabaseUnreachable, match="night job"):
                verify(connection, declaration=Declaration())
            cursor.execute("SELECT FROM mine")

    def test_whoever_holds_up_the_queue_is_named(self, connection, database_url):
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE busy (id int); CREATE VIEW seen AS SELECT * FROM busy")
        with waiting(database_url, "busy"), closing(psycopg2.connect(database_url)) as reader:
            named = pytest.raises(DatabaseUnreachable, match='"first in line"')
            with named as told:
                verify(reader, declaration=Declaration())
        assert ": SELECT…" in told.value.message


@contextmanager
def waiting(url, table):
    """Let somebody read a table in a transaction that stays open, and somebody else wait to lock it."""
    with (
        closing(psycopg2.connect(url, application_name="first in line")) as first,
        closing(psycopg2.connect(url)) as second,
        closing(psycopg2.connect(url)) as onlooker,
    ):
        first.cursor().execute(f"SELECT FROM {table}")
        second.autocommit = True
        thread = Thread(target=lambda: second.cursor().execute(f"LOCK TABLE {table}"), daemon=True)
        second.cursor().execute("BEGIN")
        thread.start()
        onlooker.autocommit = True
        with onlooker.cursor() as cursor:
            queued = False
            while not queued:
                cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                (queued,) = cursor.fetchone()
        yield
        first.rollback()
        thread.join()


class TestChanges:
    """Somebody else changes the schema while it is read."""

    @pytest.mark.parametrize(
        ("make", "drop"),
        [
            ("CREATE VIEW gone AS SELECT 1 AS one", "DROP VIEW gone"),
            ("CREATE TABLE gone (id int); CREATE POLICY p ON gone USING (id > 0)", "DROP TABLE gone"),
            ("CREATE TABLE gone (id int DEFAULT 1 + 1)", "DROP TABLE gone"),
            ("CREATE TABLE gone (id int CHECK (id > 0))", "DROP TABLE gone"),
            ("CREATE TABLE gone (id int); CREATE INDEX ON gone (id)", "DROP TABLE gone"),
            ("CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION gone()"),
            ("CREATE TABLE gone (id int); CREATE RULE r AS ON INSERT TO gone DO INSTEAD NOTHING", "DROP TABLE gone"),
        ],
    )
    def test_it_is_read_again(self, connection, database_url, make, drop):
        execute(database_url, make)
        attempts = []

        def work(found):
            attempts.append(found)
            if len(attempts) == 1:
                execute(database_url, drop)
            return read_all(found)

        live = read_again(connection, work)
        assert len(attempts) == 2
        assert "gone" not in {one.name for one in (*live.tables, *live.views, *live.functions)}

    def test_one_that_never_stands_still_is_one_sentence(self, connection, database_url):
        attempts = []

        def work(found):
            attempts.append(found)
            found.cursor.execute("SELECT")
            execute(database_url, "DROP VIEW moving")
            execute(database_url, "CREATE VIEW moving AS SELECT 1 AS one")
            return read_all(found)

        execute(database_url, "CREATE VIEW moving AS SELECT 1 AS one")
        with pytest.raises(ChangedMeanwhile, match="changes while it is read") as told:
            read_again(connection, work)
        assert len(attempts) == module.ATTEMPTS
        assert told.value.hint
        assert connection.info.transaction_status == TRANSACTION_STATUS_IDLE

    def test_a_connection_that_is_terminated_is_one_sentence(self, connection):
        with pytest.raises(DatabaseUnreachable, match="ended while it was read"), reading(connection) as found:
            found.cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(DatabaseUnreachable, match="the connection is closed"):
            verify(connection, declaration=Declaration())


def test_a_setting_is_set_by_a_name_that_nobody_can_take():
    """`set_config` is called where the search path is somebody else's: to act as a role, and to print."""
    house = Path(gatepost.__file__).parent
    bare = re.compile(r"(?<!pg_catalog\.)\bset_config\(")
    found = [file.relative_to(house) for file in house.rglob("*.py") if bare.search(file.read_text())]
    assert found == []
