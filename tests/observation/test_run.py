"""An observation leaves the database as it was, also where it is killed, and says what it needs."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest

from gatepost.errors import DatabaseUnreachable, NotDisposable
from gatepost.observation.clone.disposable import refuse_unless_disposable
from gatepost.observation.run import run

TABLES = """
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
CREATE TABLE log (at timestamptz DEFAULT now(), what text);
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$ BEGIN INSERT INTO public.log (what) VALUES (tg_op); RETURN new; END $$;
CREATE TRIGGER logged AFTER INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION logged();
"""


@pytest.fixture
def tables(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)


def everything(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT query_to_xml('SELECT * FROM notes', true, true, '')::text")
        rows = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM log")
        rows += cursor.fetchone()
        cursor.execute("SELECT count(*) FROM auth.users")
        rows += cursor.fetchone()
        cursor.execute("SELECT oid, relname, relacl::text, relrowsecurity, relfilenode FROM pg_class ORDER BY oid")
        return rows, cursor.fetchall()


@pytest.mark.parametrize("who", ["superuser_url", "database_url"])
def test_nothing_is_left_behind(tables, who, request, superuser_url):
    before = everything(superuser_url)
    with closing(psycopg2.connect(request.getfixturevalue(who))) as connection:
        result = run(connection)
        assert connection.autocommit is False
    assert (result.findings, result.not_checked) == ((), ())
    assert everything(superuser_url) == before


@pytest.mark.subprocess
@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_killed_in_the_middle(tables, superuser_url):
    before = everything(superuser_url)
    program = f"""
import psycopg2
from gatepost.observation.run import run
connection = psycopg2.connect({superuser_url!r})
while True:
    run(connection, progress=lambda step: print(step, flush=True))
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != "trying every persona's commands\n":
        pass
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert everything(superuser_url) == before


def test_two_runs_see_the_same(tables, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection:
        assert run(connection) == run(connection)


def test_inside_a_transaction_is_refused(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(DatabaseUnreachable, match="already inside a transaction"):
        run(connection)


def test_a_role_that_sees_too_little_is_refused(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION AUTHORIZATION DEFAULT; SET ROLE anon")
    connection.commit()
    with pytest.raises(DatabaseUnreachable, match='"anon" does not bypass row security'):
        run(connection)


def test_in_place_needs_a_word(tables, connection, lent_url):
    with pytest.raises(NotDisposable, match="is not marked as disposable") as refusal:
        refuse_unless_disposable(connection, "clone it")
    assert refusal.value.hint.startswith("clone it, or: COMMENT ON DATABASE ")
    assert refusal.value.hint.endswith("IS 'gatepost: disposable'")


def test_in_place_refuses_rows_of_others(tables, connection, lent_url):
    with connection, connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.info.dbname} IS 'gatepost: disposable'")
        cursor.execute("INSERT INTO log (what) VALUES ('mine')")
    with pytest.raises(NotDisposable, match=r"holds rows in public\.log"):
        refuse_unless_disposable(connection, "clone it")
    with connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM log")
    refuse_unless_disposable(connection, "clone it")
