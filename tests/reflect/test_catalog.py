"""Reading disturbs nothing, asks a fixed number of questions, and needs no right to write."""

from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor

from gatepost.errors import DatabaseUnreachable
from gatepost.reflect import read, reflect

MANY = "".join(
    f"CREATE TABLE many_{n} (id serial PRIMARY KEY); CREATE POLICY p ON many_{n} USING (true);" for n in range(60)
)


class Counting(cursor):
    """Counts what is sent to the server; a real cursor all the same."""

    sent = 0

    def execute(self, query, variables=None):
        type(self).sent += 1
        return super().execute(query, variables)


def connected(url, kind):
    """Connect so that whatever asks, asks through this kind of cursor."""

    class Connection(connection):
        def cursor(self, *args, **_):
            return super().cursor(*args, cursor_factory=kind)

    return closing(psycopg2.connect(url, connection_factory=Connection))


class Noting(connection):
    """Notes the transaction's own settings before the transaction of a read ends."""

    def cursor(self, *args, **kwargs):
        return super().cursor(*args, **kwargs)

    def rollback(self):
        with super().cursor() as inner:
            inner.execute("SELECT current_setting('transaction_read_only'), current_setting('transaction_isolation')")
            self.noted = inner.fetchone()
        super().rollback()


def value(cursor, statement):
    cursor.execute(statement)
    return cursor.fetchone()[0]


def count(url):
    Counting.sent = 0
    with connected(url, Counting) as connection:
        reflect(connection)
    return Counting.sent


def test_the_number_of_queries_does_not_grow(database_url, connection):
    before = count(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(MANY)
    assert count(database_url) == before
    assert 20 < before < 35


def test_it_is_one_read_only_snapshot(database_url):
    with closing(psycopg2.connect(database_url, connection_factory=Noting)) as connection:
        reflect(connection)
        assert connection.noted == ("on", "repeatable read")


def test_it_writes_nothing_to_the_servers_log(connection):
    reflect(connection)
    assert connection.notices == []


@pytest.mark.parametrize("autocommit", [False, True])
def test_the_connection_is_left_as_it_was(connection, autocommit):
    connection.autocommit = autocommit
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = auth, public")
    connection.commit()
    schema = reflect(connection)
    assert schema.search_path == ("auth", "public")
    assert connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    with connection.cursor() as cursor:
        assert value(cursor, "SHOW search_path") == "auth, public"
        assert value(cursor, "SHOW transaction_read_only") == "off"


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_connection_inside_a_transaction_is_refused(connection, autocommit):
    connection.autocommit = autocommit
    with connection.cursor() as cursor:
        cursor.execute("BEGIN" if autocommit else "SELECT 1")
        with pytest.raises(DatabaseUnreachable, match="already inside a transaction") as told:
            reflect(connection)
    assert told.value.hint == "commit or roll it back before it is reflected"


def test_read_leaves_the_search_path_and_the_transaction(connection):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = auth, public")
        cursor.execute("CREATE TABLE public.mine ()")
        assert read(cursor).table("public", "mine") is not None
        assert value(cursor, "SHOW search_path") == "auth, public"


class Failing(cursor):
    """Hands out a row that cannot be understood, as a catalog of a coming version might."""

    def fetchall(self):
        return [("not", "understood")]


def test_a_read_that_fails_in_python_gives_the_search_path_back(database_url):
    with connected(database_url, Failing) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = auth")
        with pytest.raises(ValueError, match="unpack"):
            read(cursor)
        assert value(cursor, "SHOW search_path") == "auth"


class Impatient(cursor):
    """Gives the database no time for what is asked once the settings are made."""

    def execute(self, query, variables=None):
        super().execute(query, variables)
        if "server_version_num" in query:
            super().execute("SET LOCAL statement_timeout = '1ms'")
            super().execute("SELECT pg_sleep(1)")


def test_a_cancelled_reflection_is_one_sentence_and_leaves_a_usable_connection(database_url):
    with connected(database_url, Impatient) as connection:
        with pytest.raises(DatabaseUnreachable, match="stopped: canceling statement due to statement timeout"):
            reflect(connection)
        assert connection.info.transaction_status == TRANSACTION_STATUS_IDLE


def test_nothing_above_access_share_is_locked(connection):
    with connection.cursor() as cursor:
        read(cursor)
        cursor.execute("SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'")
        assert cursor.fetchall() == [("AccessShareLock",)]


def test_a_locked_table_does_not_stop_it(connection, database_url):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE busy (id int)")
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
        with closing(psycopg2.connect(database_url, options="-c lock_timeout=200")) as other:
            assert reflect(other).table("public", "busy") is not None


def test_a_role_that_may_only_read_reads_the_same(connection, server, new_role, after):
    role = new_role("gatepost_reflect_reader", "LOGIN PASSWORD 'gatepost-tests'")
    schema = after(
        "CREATE SCHEMA shut; REVOKE ALL ON SCHEMA shut FROM PUBLIC; CREATE TABLE shut.t (id serial PRIMARY KEY)",
        "CREATE POLICY p ON shut.t USING (id > 0)",
        f"ALTER ROLE {role} SET default_transaction_read_only = on",
        superuser=True,
    )
    with closing(psycopg2.connect(server.url(schema.database, role))) as reader:
        found = reflect(reader)
        assert found.current_role == role
        assert (found.tables, found.sequences, found.roles) == (schema.tables, schema.sequences, schema.roles)


def test_temporary_tables_of_a_session_are_not_part_of_the_database(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE passing (id serial)")
    schema = reflect(connection)
    assert not [one for one in (*schema.tables, *schema.sequences) if "passing" in one.name]
