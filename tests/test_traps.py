"""Nothing of ours is decided by look-alikes that somebody put where a careless query finds them."""

import json
from contextlib import closing
from types import SimpleNamespace

import psycopg2
import pytest
from sqlmodel import Session
from typer.testing import CliRunner

from gatepost import acting_as, assert_row_security, transfer, verify
from gatepost.cli import app
from gatepost.database.engine import create_engine
from gatepost.database.reading import read_again
from gatepost.database.revision import live_revisions
from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.doctor import Questions, checklist, examine
from gatepost.doctor.examine import Expected
from gatepost.doctor.load import load
from gatepost.doctor.load_result import LoadPlan
from gatepost.errors import NotDisposable
from gatepost.local.cluster import SUPERUSER
from gatepost.observation.clone.disposable import refuse_unless_disposable
from gatepost.observation.clone.schema import _read
from gatepost.personas import ANON
from gatepost.personas import impersonated as acting_as_persona
from gatepost.schema import Policy
from gatepost.transfer.users.database import compare_users
from gatepost.verification import RowSecurityMissing
from tests.transfer.conftest import sqlite_file
from tests.traps import EVIL, FIRST, set_traps

MADE = """
CREATE TYPE public.mood AS ENUM ('calm', 'cross');
CREATE TABLE public.note (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL, body text DEFAULT 'x', mood public.mood,
    CHECK (length(body) < 99));
CREATE INDEX ON public.note (lower(body)) WHERE user_id IS NOT NULL;
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE TABLE public.bare (id int PRIMARY KEY, note_id int REFERENCES public.note);
GRANT ALL ON public.bare TO anon;
CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('one');
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-000000000009', 'bob@example.org');
CREATE VIEW public.shown AS SELECT * FROM public.note;
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON public.note FOR EACH ROW EXECUTE FUNCTION public.stamp();
CREATE RULE kept AS ON DELETE TO public.bare DO INSTEAD NOTHING;
CREATE PUBLICATION trapped FOR TABLE public.bare;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;
"""
__all__ = ["sqlite_file"]

SETTINGS = Settings(_env_file=None, db_pool_size=1, db_max_overflow=0)


def execute(url, statement):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(scope="module")
def places(_clone, server):
    """The same database without traps and with them, as a superuser's URL."""
    with _clone() as plain, _clone() as trapped:
        urls = SimpleNamespace(plain=server.url(plain, SUPERUSER), trapped=server.url(trapped, SUPERUSER))
        for url in (urls.plain, urls.trapped):
            execute(url, MADE)
        with closing(psycopg2.connect(urls.trapped)) as connection, connection, connection.cursor() as cursor:
            set_traps(cursor)
        yield urls


@pytest.fixture(params=['"$user", public, extensions', FIRST], ids=["in public", "in front"])
def both(request, places):
    """The URLs without traps and with them, where the database's search path is the usual one, or an owner's."""
    name = parse_url(places.trapped).database
    execute(places.trapped, f'ALTER DATABASE "{name}" SET search_path = {request.param}')
    return (places.plain, places.trapped)


def comparable(findings):
    """What is found of the database itself, without the traps."""
    names = [finding.key for finding in findings if not finding.object.startswith(f"{EVIL}.")]
    return sorted(name for name in names if "(" not in name or "stamp()" in name)


@pytest.mark.parametrize(
    "statement", ["SELECT starts_with('x'::name, 'x')", "SELECT 1 FROM pg_namespace WHERE nspname !~ 'x'::name"]
)
def test_the_traps_are_set(both, statement):
    with pytest.raises(psycopg2.Error, match="trap: "):
        execute(both[1], statement)


@pytest.mark.parametrize("inside", [False, True], ids=["on its own", "in a transaction of the caller's"])
def test_verify(both, inside):
    found = []
    for url in both:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            if inside:
                cursor.execute("SET LOCAL statement_timeout = '7s'")
                cursor.execute("SHOW search_path")
                before = cursor.fetchone()
            result = verify(connection, declaration=Declaration())
            found.append((comparable(result.findings), result.not_checked))
            if inside:
                for setting, value in (("search_path", before), ("statement_timeout", ("7s",))):
                    cursor.execute(f"SHOW {setting}")
                    assert cursor.fetchone() == value
    assert found[0] == found[1]
    assert "row-security-off:public.bare" in found[0][0]


def test_verify_of_what_is_declared(both, server):
    own = Policy("public", "note", "own", "select", ("authenticated",), using="user_id = (SELECT auth.uid())")
    said = Declaration((ProtectedTable("public", "note", (), (own,), (), (), (), (), "policies/note.py:1"),))
    found = []
    for url in both:
        with closing(psycopg2.connect(url)) as connection:
            result = verify(connection, declaration=said, server=server)
        found.append((comparable(result.findings), result.not_checked))
    assert found[0] == found[1]
    assert any(key.startswith("drift:public.note") for key in found[0][0])


def test_verify_of_a_schema(both, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = []
    for url in both:
        done = CliRunner().invoke(app, ["verify", url, "--schema", "public", "--format", "json"])
        assert done.exit_code == 1, done.output
        findings = [SimpleNamespace(**one) for one in json.loads(done.stdout)["findings"]]
        found.append(comparable(findings))
    assert found[0] == found[1]


def test_assert_row_security(both):
    for url in both:
        with closing(psycopg2.connect(url)) as connection, pytest.raises(RowSecurityMissing, match="bare"):
            assert_row_security(connection)


def test_doctor(both):
    seen = []
    for url in both:
        expected = Expected(heads=("one",), history=("one",), tables=(("public", "note"), ("public", "bare")))
        reports = [
            examine(parse_url(url), settings=SETTINGS, expected=expected),
            checklist(parse_url(url), settings=SETTINGS, questions=Questions(expected)),
        ]
        seen.append([(a.topic, a.status) for report in reports for a in report.answers if a.topic != "search path"])
    assert seen[0] == seen[1]


def test_transfer_that_is_planned_or_compared(both, sqlite_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = sqlite_file("CREATE TABLE bare (id integer PRIMARY KEY, note_id integer)")
    options = transfer.Options(ignore_tables=("note",), expected_revision="one")
    plans = []
    for url in both:
        with closing(psycopg2.connect(url)) as connection:
            planned = transfer.plan(path, connection, options=options)
            checked = transfer.check(path, connection, options=options)
            assert checked.mismatches == ()
        plans.append([(table.name, table.binary, len(table.columns)) for table in planned.tables])
    assert plans[0] == plans[1]


def test_users_that_are_looked_up(both):
    user = SimpleNamespace(id="00000000-0000-0000-0000-000000000001", email="ann@example.org", phone=None)
    for url in both:
        with closing(psycopg2.connect(url)) as connection:
            found = compare_users(connection, SimpleNamespace(users=(user,), overwrite=False))
            assert (found.present, found.taken) == (frozenset(), ())


def test_what_observe_reads_of_the_source(both, server):
    for url in (server.url(parse_url(one).database, "postgres") for one in both):
        with closing(psycopg2.connect(url)) as connection:
            found = read_again(connection, _read)
            assert found.live.table("public", "note") is not None
            assert "auth.uid()" in found.functions
            with pytest.raises(NotDisposable, match="is not marked as disposable"):
                refuse_unless_disposable(connection, "clone it")


def test_a_load_and_those_who_act(both, server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for url in (server.url(parse_url(one).database, "postgres") for one in both):
        measured = load(parse_url(url), settings=SETTINGS, plan=LoadPlan(threads=1, seconds=0.1))
        assert measured.ok, measured.failures
        engine = create_engine(url, settings=SETTINGS)
        with Session(engine) as session, acting_as(session, role="anon"):
            assert session.connection().exec_driver_sql("SELECT current_user").scalar() == "anon"
        with engine.connect() as connection:
            assert live_revisions(connection) == ["one"]
        engine.dispose()
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            with acting_as_persona(cursor, ANON):
                cursor.execute("SHOW role")
                assert cursor.fetchone() == ("anon",)


def test_a_temporary_table_of_another_client_is_not_the_catalog(places):
    """Behind a pooler in transaction mode a session may hold what the client before left in it."""
    with closing(psycopg2.connect(places.plain)) as connection:
        whole = verify(connection, declaration=Declaration())
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE pg_policy AS SELECT * FROM pg_catalog.pg_policy WHERE false")
            cursor.execute("CREATE TEMPORARY TABLE pg_class AS SELECT * FROM pg_catalog.pg_class WHERE false")
        assert verify(connection, declaration=Declaration()).findings == whole.findings
