from collections.abc import Iterator
from contextlib import closing, suppress
from uuid import uuid4

import psycopg2
import pytest
import sqlalchemy
from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel, select

from gatepost.database.engine import NoRowSecurity, create_engine
from gatepost.database.impersonation.acting import acting_as, acting_as_service
from gatepost.database.settings import Settings
from gatepost.errors import DatabaseUnreachable, SettingsError


class Note(SQLModel, table=True):
    __tablename__ = "acting_note"
    metadata = sqlalchemy.MetaData()
    id: int = Field(primary_key=True)
    owner: str
    body: str = ""


TABLE = """
    CREATE TABLE acting_note (id int PRIMARY KEY, owner text NOT NULL, body text NOT NULL DEFAULT '');
    ALTER TABLE acting_note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE, DELETE ON acting_note TO authenticated, service_role;
    GRANT SELECT ON acting_note TO anon;
    CREATE POLICY own ON acting_note TO authenticated
        USING ((SELECT auth.uid())::text = owner) WITH CHECK ((SELECT auth.uid())::text = owner);
"""
ANN, BOB = str(uuid4()), str(uuid4())
WHO = "SELECT current_user, current_setting('request.jwt.claims', true), auth.uid()::text"


@pytest.fixture
def engine(database_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlalchemy.Engine]:
    monkeypatch.chdir(tmp_path)
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("INSERT INTO acting_note VALUES (1, %s), (2, %s)", [ANN, BOB])
    engine = create_engine(database_url, settings=Settings(db_pool_size=1, db_max_overflow=0, db_pool_timeout=1))
    yield engine
    assert engine.pool.checkedout() == 0
    engine.dispose()


def who(session: Session) -> tuple[str, str | None]:
    user, _, uid = session.connection().execute(text(WHO)).one()
    return user, uid


def test_a_user_sees_their_own_rows_in_every_transaction(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session, acting_as(session, user_id=ANN) as same:
        assert same is session
        assert [note.id for note in session.exec(select(Note))] == [1]
        session.commit()
        assert [note.id for note in session.exec(select(Note))] == [1]
        session.rollback()
        assert who(session) == ("authenticated", ANN)
        with session.begin_nested():
            assert who(session) == ("authenticated", ANN)
        nested = session.begin_nested()
        nested.rollback()
        assert who(session) == ("authenticated", ANN)


def test_a_row_of_somebody_else_cannot_be_written(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session, acting_as(session, user_id=ANN):
        session.add(Note(id=3, owner=ANN))
        session.commit()
        session.add(Note(id=4, owner=BOB))
        with pytest.raises(sqlalchemy.exc.ProgrammingError, match="row-level security"):
            session.commit()
        session.rollback()
        assert who(session) == ("authenticated", ANN)
    with Session(engine) as session, acting_as_service(session):
        assert sorted(note.id for note in session.exec(select(Note))) == [1, 2, 3]


def test_nothing_is_left_on_the_connection(engine: sqlalchemy.Engine) -> None:
    for outcome in ("commit", "rollback", "nothing", "error"):
        with (
            suppress(ZeroDivisionError),
            Session(engine) as session,
            acting_as(session, user_id=ANN, claims={"app_metadata": {"a": 1}}),
        ):
            assert who(session) == ("authenticated", ANN)
            if outcome == "error":
                raise ZeroDivisionError
            if outcome != "nothing":
                getattr(session, outcome)()
        with engine.connect() as connection:
            user, claims, uid = connection.execute(text(WHO)).one()
            assert (user, claims or "", uid) == ("postgres", "", None)


def test_one_session_serves_two_people_and_forgets_the_first(engine: sqlalchemy.Engine) -> None:
    with Session(engine, expire_on_commit=False) as session:
        with acting_as(session, user_id=ANN):
            assert session.get(Note, 1) is not None
            session.commit()
        with acting_as(session, user_id=BOB):
            assert session.get(Note, 1) is None
            assert session.get(Note, 2) is not None


def test_a_session_that_has_begun_is_refused(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session:
        session.get(Note, 1)
        with pytest.raises(SettingsError, match="already begun"), acting_as(session, user_id=ANN):
            pass
    with Session(engine, expire_on_commit=False) as session:
        kept = session.get(Note, 2)
        session.commit()
        with pytest.raises(SettingsError, match="already begun"), acting_as(session, user_id=ANN):
            pass
        assert kept is not None
    with Session(engine) as session, acting_as(session, user_id=ANN):
        session.get(Note, 1)
        with pytest.raises(SettingsError, match="already begun"), acting_as(session, user_id=BOB):
            pass


def test_nobody_and_other_roles(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session, acting_as(session, role="anon"):
        assert who(session) == ("anon", None)
        assert list(session.exec(select(Note))) == []
    with Session(engine) as session, acting_as_service(session):
        assert who(session) == ("service_role", None)


def test_claims_reach_the_policies_and_older_settings_do_not_win(engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SET request.jwt.claim.sub = '00000000-0000-0000-0000-000000000000'"))
        connection.commit()
    with Session(engine) as session, acting_as(session, user_id=ANN, claims={"email": "a'b\\c%d", "n": None}):
        assert who(session) == ("authenticated", ANN)
        jwt = session.connection().execute(text("SELECT auth.jwt()")).scalar_one()
        assert jwt == {"email": "a'b\\c%d", "n": None, "role": "authenticated", "sub": ANN}


def test_claims_that_contradict_the_call_are_refused(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session:
        with pytest.raises(SettingsError, match="the claims say sub"), acting_as(session, ANN, claims={"sub": BOB}):
            pass
        with (
            pytest.raises(SettingsError, match='the claims say role "service_role"'),
            acting_as(session, ANN, claims={"role": "service_role"}),
        ):
            pass


def test_a_role_that_is_not_there_or_may_not_be_taken(engine: sqlalchemy.Engine) -> None:
    for role, reason in (('no "such" role', "does not exist"), ("supabase_admin", "permission denied")):
        with Session(engine) as session, acting_as(session, ANN, role=role):
            for _ in range(2):
                with pytest.raises(DatabaseUnreachable, match=reason):
                    session.get(Note, 1)
                with pytest.raises(sqlalchemy.exc.SQLAlchemyError):  # never an answer as somebody else
                    session.get(Note, 1)
                session.rollback()


def test_autocommit_is_refused_because_the_role_would_not_hold(engine: sqlalchemy.Engine) -> None:
    auto = engine.execution_options(isolation_level="AUTOCOMMIT")
    with Session(auto) as session, acting_as(session, ANN):
        for _ in range(2):
            with pytest.raises(DatabaseUnreachable, match="autocommit"):
                session.get(Note, 1)
            with pytest.raises(sqlalchemy.exc.SQLAlchemyError):
                session.get(Note, 1)
            session.rollback()


@pytest.mark.filterwarnings("ignore:transaction already deassociated:sqlalchemy.exc.SAWarning")
def test_a_transaction_that_the_connection_begins_is_the_persona_s_too(engine: sqlalchemy.Engine) -> None:
    with Session(engine) as session, acting_as(session, user_id=ANN):
        assert who(session) == ("authenticated", ANN)
        for end in ("commit", "rollback"):
            getattr(session.connection(), end)()
            assert who(session) == ("authenticated", ANN)
    with engine.connect() as connection:
        with Session(connection) as session, acting_as(session, user_id=ANN):
            assert who(session) == ("authenticated", ANN)
            session.commit()
            assert who(session) == ("authenticated", ANN)
        assert connection.execute(text(WHO)).one()[0] == "postgres"
        connection.rollback()
        assert connection.execute(text(WHO)).one()[0] == "postgres"


def test_a_transaction_that_lives_on_gets_its_role_back(engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection, connection.begin():
        with (
            Session(connection, join_transaction_mode="create_savepoint") as session,
            acting_as(session, user_id=ANN),
        ):
            session.add(Note(id=9, owner=ANN))
            session.commit()
        assert connection.execute(text(WHO)).one()[0] == "postgres"
        assert connection.execute(text("SELECT count(*) FROM acting_note")).scalar_one() == 3


def test_sqlite_warns_and_goes_on(tmp_path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    with Session(engine) as session, pytest.warns(NoRowSecurity), acting_as(session, user_id=ANN):
        assert session.connection().execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()
