import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy
from sqlalchemy import NullPool, QueuePool, StaticPool, text

from gatepost.database.engine import NoRowSecurity, create_engine
from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from gatepost.errors import DatabaseUnreachable
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def engine(database_url: str) -> Iterator[sqlalchemy.Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def show(connection: sqlalchemy.Connection, name: str) -> str:
    return connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()


def test_a_pool_as_the_settings_say(engine: sqlalchemy.Engine) -> None:
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.size() == 20
    assert engine.pool._max_overflow == 40
    assert engine.pool._recycle == 3600
    assert engine.pool._pre_ping


def test_time_out_and_name_reach_the_server_and_survive_a_rollback(engine: sqlalchemy.Engine) -> None:
    for _ in range(2):
        with engine.connect() as connection:
            assert show(connection, "statement_timeout") == "30s"
            assert show(connection, "application_name") == "gatepost"
            connection.rollback()


def test_a_query_past_its_time_is_cancelled(database_url: str) -> None:
    engine = create_engine(database_url, settings=Settings(db_query_timeout=0.2))
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(60)"))
    engine.dispose()


def test_the_url_comes_from_the_environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    engine = create_engine()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_options_of_the_caller_win(database_url: str) -> None:
    engine = create_engine(database_url, poolclass=NullPool, echo=False)
    assert isinstance(engine.pool, NullPool)
    engine = create_engine(database_url, pool_size=3)
    assert engine.pool.size() == 3
    engine = create_engine(database_url, poolclass=StaticPool)
    assert isinstance(engine.pool, StaticPool)
    engine = create_engine(database_url, poolclass=QueuePool)
    assert engine.pool.size() == 20


def test_no_connection_is_one_sentence_without_the_password(spare_server: SpareServer) -> None:
    engine = create_engine(spare_server.url())
    with pytest.raises(DatabaseUnreachable, match="nothing takes connections") as caught:
        engine.connect()
    assert PASSWORD not in str(caught.value) + repr(engine) + repr(engine.url) + engine.url.render_as_string(False)


def test_a_connection_cut_by_the_server_is_replaced(database_url: str, superuser_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = create_engine(superuser_url, poolclass=NullPool)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
    engine.dispose()


def test_sqlite_works_and_warns(tmp_path) -> None:
    with pytest.warns(NoRowSecurity, match="every query sees every row"):
        engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a (id integer PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE b (a integer REFERENCES a)"))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            connection.execute(text("INSERT INTO b VALUES (7)"))
    engine.dispose()
    sqlite3.connect(tmp_path / "a.db").close()


def test_a_transaction_pooler_has_no_pool_and_no_start_up_options() -> None:
    engine = create_engine(f"postgresql://postgres.r:{PASSWORD}@aws-0-x.pooler.supabase.com:6543/postgres")
    assert isinstance(engine.pool, NullPool)
    assert "options" not in engine.url.query
    assert engine.url.query["sslmode"] == "require"


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
def test_time_outs_behind_a_transaction_pooler_hold_and_do_not_leak(spare_server: SpareServer) -> None:
    pooler = SparePooler(spare_server.directory / "engine", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
    with spare_server.running(), pooler.running(pool=1):
        stock = sqlalchemy.create_engine(parse_url(pooler.url()).sqlalchemy(), poolclass=NullPool)
        engine = create_engine(pooler.url(), settings=Settings(db_pooler="transaction", db_query_timeout=0.3))
        assert isinstance(engine.pool, NullPool)
        with engine.connect() as connection:
            assert show(connection, "statement_timeout") == "300ms"
            connection.commit()
            assert show(connection, "statement_timeout") == "300ms"
            with pytest.raises(sqlalchemy.exc.OperationalError, match="statement timeout"):
                connection.execute(text("SELECT pg_sleep(60)"))
        with stock.connect() as connection:  # the next client of the same server connection
            assert show(connection, "statement_timeout") == "0"
        stock.dispose()


def test_threads_share_the_pool_without_an_error_or_a_leak(database_url: str) -> None:
    """The short form of benchmarks/pool.py: 60 threads on 10 + 20 connections, 20 turns each."""
    engine = create_engine(database_url, settings=Settings(db_pool_size=10, db_max_overflow=20, db_pool_timeout=90))
    all_there = threading.Barrier(60)

    def work() -> None:
        all_there.wait()
        for _ in range(20):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))

    with ThreadPoolExecutor(60) as threads:
        for turn in [threads.submit(work) for _ in range(60)]:
            turn.result()
    assert engine.pool.checkedout() == 0
    engine.dispose()
    assert threading.active_count() < 60
