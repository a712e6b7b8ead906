"""What the fixtures promise: everything is rolled back, roles are real, and a failure says what decided."""

import asyncio
import subprocess
import sys

import psycopg2
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Session

from gatepost.errors import SettingsError
from gatepost.service.sessions import lent_session
from gatepost.testing import (
    AccessAssertionError,
    NothingToRefuse,
    assert_can_delete,
    assert_can_insert,
    assert_can_select,
    assert_can_update,
    assert_cannot_delete,
    assert_cannot_insert,
    assert_cannot_select,
    assert_cannot_update,
)
from gatepost.testing.acting import CommitInTest, PersonaEnded

ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
def notes(gatepost_db):
    with gatepost_db.cursor() as cursor:
        cursor.execute("INSERT INTO notes (user_id, body) VALUES (%s, 'a'), (%s, 'b')", [ANN, BOB])


def asked(db, query):
    with db.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_leaves_no_rows(turn, gatepost_db, notes):
    assert asked(gatepost_db, "SELECT count(*) FROM notes") == (2,)


def test_the_persona_is_real_and_ends_with_its_block(gatepost_db, as_user, as_anon, as_service):
    who = "SELECT current_user, auth.uid()::text, auth.jwt() ->> 'plan'"
    with as_user(ANN, plan="pro") as db:
        assert asked(db, who) == ("authenticated", ANN, "pro")
        with as_anon():
            assert asked(db, who) == ("anon", None, None)
        assert asked(db, who) == ("authenticated", ANN, "pro")
    with as_service() as db:
        assert asked(db, who)[0] == "service_role"
    assert asked(gatepost_db, who) == ("postgres", None, None)


def test_what_a_persona_writes_stays_for_the_test(gatepost_db, as_user):
    with as_user(ANN) as db, db.cursor() as cursor:
        cursor.execute("INSERT INTO notes (user_id) VALUES (%s)", [ANN])
    assert asked(gatepost_db, "SELECT count(*) FROM notes") == (1,)


def test_a_refusal_does_not_end_the_test(gatepost_db, as_user, notes):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), as_user(ANN) as db, db.cursor() as cursor:
        cursor.execute("DELETE FROM notes")
    assert asked(gatepost_db, "SELECT current_user::text, (SELECT count(*) FROM notes)") == ("postgres", 2)


def test_a_commit_is_a_mistake(gatepost_db):
    with pytest.raises(CommitInTest, match="every test shares"):
        gatepost_db.commit()


def test_a_session_commits_into_the_test_s_transaction(gatepost_db, gatepost_session, as_user):
    with as_user(ANN, session=gatepost_session) as session:
        session.execute(text("INSERT INTO notes (user_id) VALUES (:user)"), {"user": ANN})
        session.commit()
        assert_can_select(session, "notes", rows=1)
    assert asked(gatepost_db, "SELECT count(*) FROM notes") == (1,)
    gatepost_session.rollback()
    assert asked(gatepost_db, "SELECT count(*) FROM notes") == (1,)


def seeded(session, how):
    session.execute(text("INSERT INTO notes (user_id) VALUES (:user)"), {"user": ANN})
    if how == "committed":
        session.commit()


def roll_back(session):
    session.rollback()


def roll_back_after_an_error(session):
    with pytest.raises(DBAPIError):
        session.execute(text("SELECT 1 / 0"))
    session.rollback()


WHO = text("SELECT current_user::text, auth.uid()::text, count(*) FROM notes")


@pytest.mark.parametrize("undo", [roll_back, roll_back_after_an_error])
@pytest.mark.parametrize("how", ["flushed", "committed"])
def test_a_session_s_rollback_undoes_what_the_persona_did_and_keeps_the_persona(
    gatepost_session, as_user, as_anon, how, undo
):
    seeded(gatepost_session, how)
    with as_user(ANN, session=gatepost_session) as session:
        session.execute(text("UPDATE notes SET body = 'new'"))
        undo(session)
        assert session.execute(WHO).one() == ("authenticated", ANN, 1)
        session.rollback()
        with as_user(BOB, session=session):
            session.rollback()
            assert session.execute(WHO).one() == ("authenticated", BOB, 0)
        assert session.execute(WHO).one() == ("authenticated", ANN, 1)
    assert gatepost_session.execute(text("SELECT current_user::text, body FROM notes")).one() == ("postgres", None)


def test_an_asynchronous_session_shares_the_test_s_connection(gatepost_db, gatepost_async_session, as_user):
    seeded(gatepost_async_session.sync_session, "committed")
    error = text("SELECT 1 / 0")

    async def code_under_test(session):
        await session.exec(text("UPDATE notes SET body = 'new'"))
        with pytest.raises(DBAPIError):
            await session.exec(error)
        await session.rollback()
        assert (await session.exec(WHO)).one() == ("authenticated", ANN, 1)
        await session.exec(text("UPDATE notes SET body = 'kept'"))
        await session.commit()

    with as_user(ANN, session=gatepost_async_session) as session:
        asyncio.run(code_under_test(session))
        assert_can_select(session, "notes", rows=1, body="kept")
    assert asked(gatepost_db, "SELECT current_user::text, body FROM notes") == ("postgres", "kept")


def test_a_connection_s_rollback_keeps_the_persona(gatepost_db, as_user, notes):
    with as_user(ANN) as db:
        with as_user(BOB):
            db.rollback()
            assert asked(db, WHO.text) == ("authenticated", BOB, 1)
        db.rollback()
        assert asked(db, WHO.text) == ("authenticated", ANN, 1)
    assert asked(gatepost_db, WHO.text) == ("postgres", None, 2)


@pytest.mark.parametrize("statement", ["ROLLBACK", "RESET ROLE"])
def test_a_statement_that_ends_the_persona_is_reported(gatepost_db, as_user, statement):
    with pytest.raises(PersonaEnded, match='"authenticated" went on as another role'), as_user(ANN) as db:
        db.cursor().execute(statement)
    assert asked(gatepost_db, "SELECT current_user::text") == ("postgres",)


def test_a_session_elsewhere_is_refused(gatepost_database, as_user):
    engine = create_engine(gatepost_database.url)
    refused = pytest.raises(SettingsError, match="not on the connection of gatepost_db")
    with Session(engine) as session, refused, as_user(ANN, session=session):
        pass
    engine.dispose()


def application(session):
    app = FastAPI()
    lent = Depends(lent_session(session))
    said = {"user": ANN}

    def add(session=lent):
        session.execute(INSERT, said)

    async def add_asynchronous(session=lent):
        await session.exec(INSERT, params=said)

    app.post("/notes")(add if isinstance(session, Session) else add_asynchronous)
    return TestClient(app)


INSERT = text("INSERT INTO notes (user_id) VALUES (:user)")


@pytest.mark.parametrize("kind", ["gatepost_session", "gatepost_async_session"])
def test_an_endpoint_that_is_lent_the_session_answers_as_with_its_own(request, as_user, as_anon, kind):
    given = request.getfixturevalue(kind)
    client = application(given)
    with as_user(ANN, session=given) as session:
        assert client.post("/notes").status_code == 200
        assert_can_select(session, "notes", rows=0)  # the endpoint committed nothing
    with as_user(BOB, session=given):
        answer = client.post("/notes")
        assert (answer.status_code, answer.json()) == (403, {"detail": "this is not allowed"})
    with as_anon(session=given):
        assert client.post("/notes").status_code == 401


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_assertion_names_a_driver_that_is_not_the_fixtures(gatepost_database, driver):
    bind = create_async_engine(make_url(gatepost_database.url).set(drivername=f"postgresql+{driver}"))
    with pytest.raises(SettingsError, match=f'a session or connection of "{driver}", which is not that of the'):
        assert_can_select(AsyncSession(bind), "notes")


def test_the_assertions_hold_where_they_should(as_user, as_anon, notes):
    with as_user(ANN) as db:
        assert_can_select(db, "notes", rows=1)
        assert_cannot_select(db, "public.notes", user_id=BOB)
        assert_can_insert(db, "notes", user_id=ANN, body=None)
        assert_cannot_insert(db, "notes", user_id=BOB)
        assert_can_update(db, "notes", {"body": "new"}, user_id=ANN)
        assert_cannot_update(db, "notes", {"user_id": BOB})
        assert_cannot_delete(db, "notes")
        assert_can_select(db, "notes", body="a")  # nothing was changed by asking
    with as_anon() as db:
        assert_cannot_select(db, "notes")


def failure(function, *arguments, **values):
    with pytest.raises(AccessAssertionError) as error:
        function(*arguments, **values)
    return str(error.value).splitlines()


def test_a_failure_shows_who_and_what_and_why(as_user, notes):
    with as_user(ANN) as db:
        lines = failure(assert_cannot_select, db, "notes", user_id=ANN)
    assert lines[0] == 'read 1 row of "notes", but expected none'
    assert lines[1] == f"""  statement SELECT * FROM "notes" WHERE "user_id" = '{ANN}'"""
    assert ANN in lines[2]
    assert lines[2].startswith("  row       (")
    assert lines[3] == f'  as        authenticated {{"sub": "{ANN}"}}'
    assert lines[4] == "  privilege SELECT: held"
    assert lines[5].startswith('  policy    "Own notes" for all using (user_id = ( SELECT auth.uid()')
    assert lines[6].startswith('  policy    "adults" for all (restrictive) using')


def test_every_assertion_can_fail(as_user, gatepost_db, notes):
    with as_user(BOB) as db:
        assert "but read 0" in failure(assert_can_select, db, "notes", user_id=ANN)[0]
        assert "refused" in failure(assert_can_insert, db, "notes", user_id=ANN)[0]
        assert "expected a refusal" in failure(assert_cannot_insert, db, "notes", user_id=BOB)[0]
        assert "changed none" in failure(assert_can_update, db, "notes", {"body": "x"}, user_id=ANN)[0]
        assert "changed 1 row" in failure(assert_cannot_update, db, "notes", {"body": "x"})[0]
        lines = failure(assert_can_delete, db, "notes")
        assert "privilege DELETE: not held" in "\n".join(lines)
        assert "permission denied" in "\n".join(lines)
    assert "deleted 2 rows" in failure(assert_cannot_delete, gatepost_db, "notes")[0]
    assert 'row security of "kept" is off' in "\n".join(failure(assert_can_select, gatepost_db, "kept"))


def test_a_refused_column_is_no_refused_row(as_user, gatepost_db):
    gatepost_db.cursor().execute("INSERT INTO profiles (id, email) VALUES (%s, 'b')", [BOB])
    with as_user(ANN) as db:
        lines = failure(assert_cannot_select, db, "profiles", id=BOB)
        assert lines[0] == 'read 1 row of "profiles", but expected none'
        assert 'SELECT "id", "email" FROM "profiles"' in lines[1]
        assert_can_select(db, "profiles", rows=1, id=BOB)
        assert_cannot_select(db, "profiles", columns=["secret"], id=BOB)
        assert "read 1 row" in failure(assert_cannot_select, db, "profiles", columns=["email"])[0]
        assert 'the condition names "secret"' in failure(assert_cannot_select, db, "profiles", secret="s")[0]


@pytest.mark.parametrize(
    ("assertion", "arguments", "missing"),
    [
        (assert_can_select, ["shut.away"], ['USAGE on schema "shut", without which "authenticated" can name']),
        (assert_can_insert, ["blind"], ['EXECUTE on function mine() for "authenticated": policy "helped" calls it']),
        (
            assert_can_update,
            ["blind", {"body": "x"}],
            ['SELECT for "authenticated": UPDATE with a condition reads', "a policy for SELECT: UPDATE with a"],
        ),
        (
            assert_can_delete,
            ["blind"],
            ['SELECT for "authenticated"', "a permissive policy for DELETE: restrictive", "a policy for SELECT"],
        ),
        (assert_can_update, ["notes", {"body": "x"}], []),
    ],
)
def test_a_failure_names_the_missing_piece(gatepost_db, as_user, assertion, arguments, missing):
    gatepost_db.cursor().execute("INSERT INTO blind VALUES (1)")
    with as_user(ANN) as db:
        where = {} if assertion in (assert_can_insert, assert_can_select) or not missing else {"id": 1}
        lines = failure(assertion, db, *arguments, **where)
    found = [line.strip().removeprefix("missing   ") for line in lines if "  missing   " in line]
    assert len(found) == len(missing), lines
    assert all(line.startswith(piece) for line, piece in zip(found, missing, strict=True)), lines


@pytest.mark.parametrize(
    "cannot", [assert_cannot_select, lambda db, *a, **w: assert_cannot_update(db, *a, {"body": "x"}, **w)]
)
def test_an_assertion_about_no_row_shows_nothing(as_user, notes, cannot):
    with as_user(ANN) as db:
        cannot(db, "notes", user_id=BOB)
        with pytest.raises(NothingToRefuse, match='no row of "notes" matches, so nothing was refused'):
            cannot(db, "notes", user_id=BOB, body="c")
        assert asked(db, "SELECT current_user::text") == ("authenticated",)


def test_a_mistake_in_the_test_is_not_a_refusal(as_user):
    with as_user(ANN) as db:
        with pytest.raises(psycopg2.errors.UndefinedColumn):
            assert_cannot_select(db, "notes", missing=1)
        assert_cannot_select(db, "kept")


@pytest.mark.subprocess
def test_an_unused_plugin_is_silent_and_cheap(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    program = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'no:cacheprovider']);"
        "sys.exit(code or int(any(m in sys.modules for m in ('sqlalchemy', 'psycopg2', 'alembic'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "gatepost" not in done.stdout


class Counting(psycopg2.extensions.cursor):
    ways = 0

    def execute(self, *arguments):
        type(self).ways += 1
        super().execute(*arguments)


@pytest.fixture
def ways(gatepost_db):
    """How often somebody went to the server on the connection; what it costs in time, benchmarks/plugin.py tells."""
    before, gatepost_db.cursor_factory = gatepost_db.cursor_factory, Counting
    Counting.ways = 0
    yield lambda: Counting.ways
    gatepost_db.cursor_factory = before


def test_acting_goes_to_the_server_twice(ways, as_user):
    with as_user(ANN):
        assert ways() == 1
    assert ways() == 2


def test_an_assertion_that_holds_looks_for_no_reasons(ways, as_user, notes):
    with as_user(ANN) as db:
        before = ways()
        assert_can_select(db, "notes", rows=1)
        assert ways() == before + 2
