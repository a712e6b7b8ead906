"""Behind a pooler in transaction mode, each transaction of each driver is its own user's."""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import NullPool, text
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from gatepost.database.async_engine import create_async_engine
from gatepost.database.engine import create_engine
from gatepost.database.impersonation.acting import acting_as
from gatepost.database.settings import Settings
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this"),
]
SETUP = """
    DROP SCHEMA IF EXISTS auth CASCADE; CREATE SCHEMA auth;
    CREATE ROLE anon; CREATE ROLE authenticated; GRANT USAGE ON SCHEMA auth TO authenticated, anon;
    CREATE FUNCTION auth.uid() RETURNS uuid STABLE LANGUAGE sql AS
      $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    CREATE TABLE pooled_note (id int PRIMARY KEY, owner uuid NOT NULL);
    ALTER TABLE pooled_note ENABLE ROW LEVEL SECURITY; GRANT SELECT ON pooled_note TO authenticated;
    CREATE POLICY own ON pooled_note TO authenticated USING ((SELECT auth.uid()) = owner)
"""
CLEAN = (
    "DROP SCHEMA auth CASCADE; DROP TABLE pooled_note; DROP OWNED BY anon, authenticated; DROP ROLE anon, authenticated"
)
PEOPLE = [str(uuid4()) for _ in range(20)]
POOLED = Settings(_env_file=None, db_pooler="transaction")
CLIENTS, TURNS = 20, 500  # 10,000 transactions a driver: benchmarks/acting.py
ROWS = text("SELECT current_user::text, auth.uid()::text, array(SELECT id FROM pooled_note)")
WHO = text(
    "SELECT current_user::text, current_setting('request.jwt.claims', true), count(*) FROM pg_prepared_statements"
)


@pytest.fixture(scope="module")
def pooled(spare_server: SpareServer) -> Iterator[str]:
    pooler = SparePooler(spare_server.directory / "acting", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
    with spare_server.running(), pooler.running(pool=4):
        rows = (f"INSERT INTO pooled_note VALUES ({n}, '{person}')" for n, person in enumerate(PEOPLE))
        spare_server.execute(*SETUP.split(";\n"), *rows)
        yield pooler.url()
        spare_server.execute(*CLEAN.split("; "))


def turn(dice: random.Random) -> tuple[dict[str, str], tuple[str, str | None, list[int]], str]:
    """Return who acts, what they must see, and how the transaction ends."""
    person = dice.randrange(len(PEOPLE))
    return {"user_id": PEOPLE[person]}, ("authenticated", PEOPLE[person], [person]), dice.choice(["commit", "rollback"])


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_threads_do_not_mix(pooled: str, driver: str) -> None:
    if driver == "psycopg2":
        engine = create_engine(pooled, settings=POOLED)
    else:
        url = pooled.replace("postgresql", "postgresql+psycopg", 1)
        engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args={"prepare_threshold": None})
    assert isinstance(engine.pool, NullPool)

    def client(seed: int) -> int:
        dice = random.Random(seed)
        # One connection a client, many more than the pooler has of the server's.
        with engine.connect() as connection:
            for _ in range(TURNS // CLIENTS):
                who, seen, end = turn(dice)
                session = Session(connection)
                with acting_as(session, **who):
                    assert tuple(session.connection().execute(ROWS).one()) == seen
                    getattr(session, end)()
                    assert tuple(session.connection().execute(ROWS).one()) == seen
        return TURNS // CLIENTS

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert sum(threads.map(client, range(CLIENTS))) == TURNS
    with engine.connect() as connection:
        user, claims, prepared = connection.execute(WHO).one()
        assert (user, claims or "", prepared) == ("postgres", "", 0)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_tasks_do_not_mix(pooled: str, driver) -> None:
    async def client(engine, seed: int) -> int:
        dice = random.Random(seed)
        async with engine.connect() as connection:
            for _ in range(TURNS // CLIENTS):
                who, seen, end = turn(dice)
                session = AsyncSession(connection)
                async with acting_as(session, **who):
                    assert tuple((await (await session.connection()).execute(ROWS)).one()) == seen
                    await getattr(session, end)()
                    assert tuple((await (await session.connection()).execute(ROWS)).one()) == seen
        return TURNS // CLIENTS

    async def everybody() -> None:
        engine = create_async_engine(pooled, settings=POOLED, driver=driver)
        assert isinstance(engine.pool, NullPool)
        assert sum(await asyncio.gather(*(client(engine, seed) for seed in range(CLIENTS)))) == TURNS
        async with engine.connect() as connection:
            user, claims, prepared = (await connection.execute(WHO)).one()
            assert (user, claims or "", prepared) == ("postgres", "", 0)

    asyncio.run(everybody())
