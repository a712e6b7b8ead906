"""Is each of 10,000 interleaved transactions its own user's, on every driver, and what does that cost?

    python benchmarks/acting.py                  all of it, some minutes
    python benchmarks/acting.py --turns 1000     a quick look

20 clients act as 200 users in turn, over 5 connections, and through PgBouncer in transaction mode with 4 of the
server's. Each transaction reads who it is and the rows that it sees, and a second one after its commit or rollback does
the same. The peer is the listener of a few lines that applications write, which sets role and claims and checks
nothing. A turn is both transactions; p99 is of a turn, waiting for a connection included.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import os
import random
import time
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from uuid import uuid4

import sqlalchemy
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from gatepost.database.async_engine import create_async_engine
from gatepost.database.engine import create_engine
from gatepost.database.fifo_pool import FairPool, FairTaskPool
from gatepost.database.impersonation.acting import acting_as
from gatepost.database.settings import Settings
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer

CLIENTS = 20
PEOPLE = [str(uuid4()) for _ in range(200)]
SETUP = [
    "CREATE ROLE authenticated; CREATE TABLE note (id int PRIMARY KEY, owner text NOT NULL)",
    "CREATE INDEX ON note (owner)",
    "ALTER TABLE note ENABLE ROW LEVEL SECURITY; GRANT SELECT ON note TO authenticated",
    "CREATE POLICY own ON note FOR SELECT TO authenticated"
    " USING ((SELECT current_setting('request.jwt.claims')::jsonb ->> 'sub') = owner)",
    *(f"INSERT INTO note VALUES ({n}, '{person}')" for n, person in enumerate(PEOPLE)),
]
ROWS = text(
    "SELECT current_user::text, current_setting('request.jwt.claims')::jsonb ->> 'sub', array(SELECT id FROM note)"
)
TAKE_ON = text("SELECT set_config('request.jwt.claims', :claims, true), set_config('role', 'authenticated', true)")


@asynccontextmanager
async def listener(session, user_id):
    """The peer: what an application writes for itself."""
    claims = json.dumps({"sub": user_id, "role": "authenticated"})

    def begin(_session, transaction, connection):
        if not transaction.nested:
            connection.execute(TAKE_ON, {"claims": claims})

    event.listen(getattr(session, "sync_session", session), "after_begin", begin)
    yield


async def done(outcome):
    return await outcome if inspect.isawaitable(outcome) else outcome


async def client(engine, seed: int, turns: int, act, seen: list[float], wrong: list[object]) -> None:
    dice = random.Random(seed)
    kind = Session if isinstance(engine, sqlalchemy.Engine) else AsyncSession
    for _ in range(turns):
        person, end = dice.randrange(len(PEOPLE)), dice.choice(["commit", "rollback"])
        session, started = kind(engine), time.perf_counter()
        async with act(session, user_id=PEOPLE[person]):
            for _ in range(2):
                found = tuple((await done(session.execute(ROWS))).one())
                if found != ("authenticated", PEOPLE[person], [person]):
                    wrong.append((PEOPLE[person], found))
                await done(getattr(session, end)())
        await done(session.close())
        seen.append(time.perf_counter() - started)


async def tasks(engine, *arguments) -> None:
    await asyncio.gather(*(client(engine, seed, *arguments) for seed in range(CLIENTS)))
    await engine.dispose()


def run(name: str, engine, turns: int, act, peer: float | None = None) -> float:
    seen: list[float] = []
    wrong: list[object] = []
    arguments = (turns // CLIENTS, act, seen, wrong)
    started = time.perf_counter()
    if isinstance(engine, sqlalchemy.Engine):
        threads = [Thread(target=lambda s=seed: asyncio.run(client(engine, s, *arguments))) for seed in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
    else:
        asyncio.run(tasks(engine, *arguments))
    took = time.perf_counter() - started
    seen.sort()
    rate = 2 * len(seen) / took
    ratio = f"  {rate / peer:.2f}x the peer" if peer else ""
    print(
        f"{name:<44} {2 * len(seen):6,} transactions  {rate:6.0f}/s  p50 {seen[len(seen) // 2] * 1000:6.1f} ms"
        f"  p99 {seen[int(len(seen) * 0.99)] * 1000:6.1f} ms  wrong identity {len(wrong)}{ratio}",
        flush=True,
    )
    return rate


def engines(url: str, pooled: bool):
    """Each driver, with the connections of its clients kept."""
    size = CLIENTS if pooled else 5
    settings = Settings(
        _env_file=None, db_pooler="transaction" if pooled else None, db_pool_size=size, db_max_overflow=0
    )
    plain = {"pool_size": size, "max_overflow": 0}
    if pooled:
        yield "psycopg2", lambda: create_engine(url, settings=settings, poolclass=FairPool, **plain)
    else:
        yield "psycopg2", lambda: create_engine(url, settings=settings)
    three = url.replace("postgresql", "postgresql+psycopg", 1)
    # SQLAlchemy's own pool lets some of the threads starve: benchmarks/pool.py.
    fair = {"poolclass": FairPool, "connect_args": {"prepare_threshold": None}, **plain}
    yield "psycopg", lambda: sqlalchemy.create_engine(three, **fair)
    for driver in ("psycopg", "asyncpg"):
        pool = {"poolclass": FairTaskPool, **plain} if pooled else {}
        yield (
            f"{driver}, asynchronous",
            lambda driver=driver, pool=pool: create_async_engine(url, settings=settings, driver=driver, **pool),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5_000, help="of two transactions each")
    turns = parser.parse_args().turns
    with TemporaryDirectory(prefix="gatepost-acting-") as directory:
        server = SpareServer(Path(directory))
        server.create()
        with server.running():
            server.execute(*SETUP)
            print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            for name, made in engines(server.url(), pooled=False):
                peer = run(f"{name}: a listener (peer)", made(), turns, listener)
                run(f"{name}: acting_as", made(), turns, acting_as, peer)
            if PGBOUNCER is None:
                print("PgBouncer is NOT INSTALLED: apt-get install pgbouncer to see the rest")
                return
            pooler = SparePooler(server.directory / "pooler", "127.0.0.1", server.port, {"postgres": PASSWORD})
            with pooler.running(pool=4):
                for name, made in engines(pooler.url(), pooled=True):
                    run(f"{name}, PgBouncer: acting_as", made(), turns, acting_as)


if __name__ == "__main__":
    main()
