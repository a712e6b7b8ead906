import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

import psycopg2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, NullPool, text

from gatepost.database.async_engine import create_async_engine
from gatepost.database.engine import create_engine
from gatepost.database.settings import Settings
from gatepost.service.health import health_router
from gatepost.service.pool_metrics import pool_state
from gatepost.service.readiness import AsyncReadiness
from tests.database.server import PASSWORD, SpareServer

POOL = Settings(_env_file=None, db_pool_size=2, db_max_overflow=1, db_pool_timeout=0.2)
HANGING = Settings(_env_file=None, db_pool_size=2, db_max_overflow=1, db_query_timeout=600, db_connect_timeout=600)
"""Nothing but a budget ends what hangs before the test has failed."""


@contextmanager
def serving(engine: Engine, **options) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(health_router(engine, **({"budget": 60} | options)))
    with TestClient(app) as client:
        yield client
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Engine:
    return create_engine(database_url, settings=POOL)


@contextmanager
def serving_later(url: str, driver, heads: list[str]) -> Iterator[TestClient]:
    """The same for an asynchronous engine, `app.state.engine`, which belongs to the client's event loop."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.engine.dispose()

    app = FastAPI(lifespan=life)
    app.state.engine = create_async_engine(url, settings=POOL, driver=driver)
    app.include_router(health_router(app.state.engine, heads=heads, budget=60))

    @app.get("/hold")
    async def hold() -> dict[str, object]:
        taken = [await app.state.engine.connect() for _ in range(3)]
        state = pool_state(app.state.engine)
        answer = await AsyncReadiness(app.state.engine, None).within(60)
        for connection in taken:
            await connection.close()
        busy, over = state.checked_out_connections, state.overflow_connections
        return {"busy": busy, "overflow": over, "detail": answer[0].detail}

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_an_asynchronous_engine_is_looked_after_as_well(database_url: str, driver) -> None:
    heads = ["abc"]
    with serving_later(database_url, driver, heads) as api:
        assert api.get("/health/ready").json()["migration"]["detail"] == "at no revision, expected abc"
        with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute('CREATE SCHEMA "a:b"; CREATE TABLE "a:b".alembic_version (version_num varchar(32))')
            cursor.execute("INSERT INTO \"a:b\".alembic_version VALUES ('abc')")
        assert api.get("/health/ready").status_code == 200
        heads[:] = ["def"]
        assert api.get("/health/ready").json()["migration"]["detail"] == "at abc, expected def"
        assert api.get("/hold").json() == {"busy": 3, "overflow": 1, "detail": "no free connection in the pool"}
        assert api.get("/health/db-pool").json()["kind"] == "FairTaskPool"
        assert 'gatepost_db_pool_events_total{event="checkout"}' in api.get("/health/db-pool?format=prometheus").text


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_an_asynchronous_engine_without_a_server(spare_server: SpareServer, driver) -> None:
    with serving_later(spare_server.url(), driver, []) as api:
        answer = api.get("/health/ready")
    assert (answer.status_code, answer.json()["database"]["detail"]) == (503, "the database cannot be reached")
    for secret in (PASSWORD, "127.0.0.1", "postgres", str(spare_server.port)):
        assert secret not in answer.text


def test_an_asynchronous_check_has_a_budget_and_is_one(spare_server: SpareServer) -> None:
    async def tried() -> None:
        engine = create_async_engine(spare_server.url(), settings=HANGING)
        probe = AsyncReadiness(engine, None)
        with spare_server.paused():
            answers = await asyncio.gather(*(probe.within(0.2) for _ in range(20)))
            assert {database.detail for database, _ in answers} == {"no answer within 0.2 s"}
            assert sum(task.get_name() == "gatepost-health" for task in asyncio.all_tasks()) == 1
        while (await probe.within(90))[0].status != "ok":
            pass
        await engine.dispose()

    with spare_server.running():
        asyncio.run(tried())


def test_live(engine: Engine) -> None:
    with serving(engine) as api:
        assert api.get("/health/live").json() == {"status": "ok"}


def test_ready_without_an_expected_revision(engine: Engine) -> None:
    with serving(engine) as api:
        answer = api.get("/health/ready")
        assert answer.status_code == 200
        assert answer.json()["database"]["status"] == "ok"
        assert answer.json()["migration"]["status"] == "unknown"


def test_ready_only_at_the_expected_revision(engine: Engine) -> None:
    heads = ["abc"]
    with serving(engine, heads=lambda: heads) as api:
        assert api.get("/health/ready").json()["migration"] == {
            "status": "failed",
            "detail": "at no revision, expected abc",
        }
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES ('abc')"))
        assert api.get("/health/ready").status_code == 200
        heads[:] = ["def"]
        answer = api.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["migration"]["detail"] == "at abc, expected def"


def test_a_revision_table_in_a_schema_of_its_own(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text('CREATE SCHEMA "my private"'))
        connection.execute(text('CREATE TABLE "my private".alembic_version (version_num varchar(32) PRIMARY KEY)'))
        connection.execute(text("""INSERT INTO "my private".alembic_version VALUES ('abc')"""))
    with serving(engine, heads=["abc"]) as api:
        assert api.get("/health/ready").status_code == 200


def test_no_connection_left_is_reported(engine: Engine) -> None:
    with serving(engine) as api:
        taken = [engine.connect() for _ in range(3)]
        state = api.get("/health/db-pool").json()
        answer = api.get("/health/ready")
        for connection in taken:
            connection.close()
        assert answer.status_code == 503
        assert answer.json()["database"]["detail"] == "no free connection in the pool"
    assert state == {
        "kind": "FairPool",
        "pool_size": 2,
        "checked_in_connections": 0,
        "checked_out_connections": 3,
        "overflow_connections": 1,
        "total_connections": 3,
    }


def test_a_stopped_server_reveals_no_secret(spare_server: SpareServer) -> None:
    with serving(create_engine(spare_server.url(), settings=POOL)) as api:
        answer = api.get("/health/ready")
    assert answer.status_code == 503
    for secret in (PASSWORD, "127.0.0.1", "postgres", str(spare_server.port)):
        assert secret not in answer.text


def test_a_paused_server_is_reported_within_the_budget(spare_server: SpareServer) -> None:
    with spare_server.running(), serving(create_engine(spare_server.url(), settings=HANGING), budget=0.3) as api:
        until_ready(api)
        with spare_server.paused():
            # The connection in the pool has a process of its own, which must hang too.
            for _ in range(3):
                started = time.monotonic()
                hanging(spare_server)
                answer = api.get("/health/ready")
                assert time.monotonic() - started < 90  # the statement itself would be tried for 600 s
                assert answer.status_code == 503
                assert answer.json()["database"]["detail"] == "no answer within 0.3 s"
        waking(spare_server)
        until_ready(api)


@pytest.mark.subprocess
def test_a_server_that_hangs_does_not_keep_the_service_from_stopping(spare_server: SpareServer) -> None:
    code = (
        "import sys; from gatepost.database.engine import create_engine;"
        "from gatepost.database.settings import Settings;"
        "from gatepost.service.readiness import Readiness;"
        "engine = create_engine(sys.argv[1], settings=Settings(db_connect_timeout=600));"
        "print(Readiness(engine, None).within(0.2)[0].status)"
    )
    with spare_server.running(), spare_server.paused():
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code, spare_server.url()], capture_output=True, text=True)
    assert done.stdout == "failed\n", done.stderr
    assert time.monotonic() - started < 90  # the connection itself would be tried for 600 s


def until_ready(api: TestClient) -> None:
    """A busy machine may miss the budget once."""
    deadline = time.monotonic() + 90
    while api.get("/health/ready").status_code != 200:
        assert time.monotonic() < deadline


def hanging(server: SpareServer) -> None:
    server.signal_children("SIGSTOP")


def waking(server: SpareServer) -> None:
    server.signal_children("SIGCONT")


def test_prometheus_reads_the_pool(engine: Engine) -> None:
    with serving(engine) as api:
        with engine.connect(), engine.connect():
            answer = api.get("/health/db-pool", params={"format": "prometheus"})
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert "gatepost_db_checked_out_connections 2\n" in answer.text
            assert 'gatepost_db_pool_events_total{event="connect"} 2\n' in answer.text
        scraped = api.get("/health/db-pool", headers={"Accept": "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}).text
        assert "gatepost_db_checked_out_connections 0\n" in scraped
        assert 'gatepost_db_pool_events_total{event="checkin"} 2\n' in scraped
        for line in scraped.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{event="\w+"\})? \d+', line)
        assert api.get("/health/db-pool", headers={"Accept": "*/*"}).json()["pool_size"] == 2


def test_no_pool_is_reported_as_such(database_url: str) -> None:
    with serving(create_engine(database_url, settings=POOL, poolclass=NullPool)) as api:
        assert api.get("/health/db-pool").json()["kind"] == "NullPool"
        assert api.get("/health/ready").status_code == 200


def test_answers_are_described(engine: Engine) -> None:
    with serving(engine) as api:
        schema = json.dumps(api.get("/openapi.json").json())
    for name in ("Live", "Ready", "PoolHealth"):
        assert f"#/components/schemas/{name}" in schema
