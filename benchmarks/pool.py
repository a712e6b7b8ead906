"""Does a pool work with many threads, and does each of them see only its own rows?

    python benchmarks/pool.py                    all of it, about eight minutes
    python benchmarks/pool.py --seconds 10       a quick look

200 threads act as 200 users on a server with 100 connections. The peer is SQLAlchemy's own `create_engine` with the
same pool (20 + 40, 30 s); "through the pooler" is PgBouncer in transaction mode with 40 server connections.
"Greedy" threads do next to nothing with a connection and request the next one at once, which starves the others where
waiters are not served in order: look at the turns of a thread and at what timed out.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import sqlalchemy
from sqlalchemy import Engine, NullPool, text
from sqlmodel import Session

from gatepost.database.engine import create_engine
from gatepost.database.fifo_pool import FairPool
from gatepost.database.impersonation.acting import acting_as
from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer

THREADS, SERVER_CONNECTIONS = 200, 100
PEOPLE = [str(uuid4()) for _ in range(THREADS)]
SETUP = [
    "CREATE ROLE anon; CREATE ROLE authenticated; CREATE ROLE service_role BYPASSRLS",
    "CREATE TABLE note (id int PRIMARY KEY, owner text NOT NULL); CREATE INDEX ON note (owner)",
    "ALTER TABLE note ENABLE ROW LEVEL SECURITY; GRANT SELECT ON note TO authenticated",
    "CREATE POLICY own ON note FOR SELECT TO authenticated"
    " USING ((SELECT current_setting('request.jwt.claims')::jsonb ->> 'sub') = owner)",
    *(f"INSERT INTO note VALUES ({n}, '{person}')" for n, person in enumerate(PEOPLE)),
]


def rows_of(engine: Engine, person: int) -> list[int]:
    with Session(engine) as session, acting_as(session, user_id=PEOPLE[person]):
        return [row[0] for row in session.connection().execute(text("SELECT id FROM note"))]


def greedy(engine: Engine, person: int) -> list[int]:
    """The least that a thread can do with a connection, so that it requests the next one at once."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return [person]


def soak(engine: Engine, seconds: float, think: float, query: Callable = rows_of) -> dict[str, object]:
    failures: Counter[str] = Counter()
    latencies: list[list[float]] = [[] for _ in range(THREADS)]
    until = time.monotonic() + seconds

    def work(person: int) -> None:
        while time.monotonic() < until:
            started = time.perf_counter()
            try:
                if query(engine, person) != [person]:
                    failures["A ROW OF ANOTHER USER"] += 1
            except sqlalchemy.exc.TimeoutError:
                failures["no connection within 30 s"] += 1
            except Exception as trouble:  # noqa: BLE001  counted and shown
                failures[f"{type(trouble).__name__}: {trouble}"[:90]] += 1
            else:
                latencies[person].append(time.perf_counter() - started)
            time.sleep(think)

    threads = [threading.Thread(target=work, args=(person,)) for person in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = sorted(one for thread in latencies for one in thread)
    checkedout = getattr(engine.pool, "checkedout", lambda: 0)()
    engine.dispose()
    return {
        "transactions": len(taken),
        "p50": taken[len(taken) // 2] if taken else 0,
        "p99": taken[int(len(taken) * 0.99)] if taken else 0,
        "most": taken[-1] if taken else 0,
        "unserved": sum(not thread for thread in latencies),
        "turns": (min(map(len, latencies)), max(map(len, latencies))),
        "leaked": checkedout,
        "failures": dict(failures),
    }


def report(name: str, seconds: float, seen: dict[str, object], peer: float | None = None) -> float:
    rate = seen["transactions"] / seconds
    ratio = f"  {rate / peer:.2f}x the peer" if peer else ""
    print(
        f"{name:<60} {rate:7.0f}/s  p50 {seen['p50'] * 1000:6.1f} ms  p99 {seen['p99'] * 1000:8.1f} ms"
        f"  max {seen['most']:5.1f} s  unserved {seen['unserved']:3}  leaked {seen['leaked']}"
        f"  turns of a thread {seen['turns'][0]} to {seen['turns'][1]}{ratio}"
    )
    for failure, count in seen["failures"].items():
        print(f"{'':<60} {count} x {failure}")
    return rate


def pooler(server: SpareServer) -> SparePooler:
    secrets = {"postgres": server.secret("postgres")}
    directory = server.directory / "pooler"
    return SparePooler(directory, "127.0.0.1", server.port, {"postgres": PASSWORD}, secrets=secrets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pooler-seconds", type=float, default=15, help="for the lines through the pooler")
    given = parser.parse_args()
    seconds, short = given.seconds, given.pooler_seconds
    with TemporaryDirectory(prefix="gatepost-pool-") as directory:
        server = SpareServer(Path(directory))
        server.create()
        with server.running(max_connections=str(SERVER_CONNECTIONS)):
            server.execute(*SETUP)
            pool = {"pool_size": 20, "max_overflow": 40, "pool_timeout": 30}
            for think in (0.02, 0.0):
                label = f"{THREADS} threads, {think * 1000:g} ms think"
                peer = sqlalchemy.create_engine(parse_url(server.url()).sqlalchemy(), **pool)
                rate = report(f"{label}: SQLAlchemy's own 20+40 (peer)", seconds, soak(peer, seconds, think))
                seen = soak(create_engine(server.url(), settings=Settings()), seconds, think)
                report(f"{label}: gatepost 20+40", seconds, seen, rate)
                if PGBOUNCER is None:
                    print("PgBouncer is NOT INSTALLED: apt-get install pgbouncer to see the rest")
                    continue
                behind = pooler(server)
                with behind.running(pool=40):
                    engine = create_engine(behind.url(), settings=Settings(db_pooler="transaction"))
                    report(f"{label}: gatepost through the pooler", short, soak(engine, short, think), rate)
                    # Each transaction of the line above opens and authenticates a connection; here they are kept.
                    kept = {"poolclass": FairPool, "pool_size": THREADS, "max_overflow": 0}
                    engine = create_engine(behind.url(), settings=Settings(db_pooler="transaction"), **kept)
                    report(f"{label}: the same, 200 client connections kept", short, soak(engine, short, think), rate)
            peer = sqlalchemy.create_engine(parse_url(server.url()).sqlalchemy(), **pool)
            rate = report("200 greedy threads: SQLAlchemy's own 20+40 (peer)", seconds, soak(peer, seconds, 0, greedy))
            ours = create_engine(server.url(), settings=Settings())
            report("200 greedy threads: gatepost 20+40", seconds, soak(ours, seconds, 0, greedy), rate)
            psycopg_pools(server, seconds, pool)


def psycopg_pools(server: SpareServer, seconds: float, pool: dict[str, object]) -> None:
    """Compare the pools that serve psycopg 3, its own among them, which serves no other driver."""
    try:
        from psycopg_pool import ConnectionPool
    except ImportError:
        print("psycopg_pool is NOT INSTALLED: pip install psycopg_pool to see the rest")
        return
    url = server.url().replace("postgresql", "postgresql+psycopg", 1)
    peer = sqlalchemy.create_engine(url, **pool)
    rate = report("200 greedy threads, psycopg 3: SQLAlchemy's own (peer)", seconds, soak(peer, seconds, 0, greedy))
    fair = sqlalchemy.create_engine(url, poolclass=FairPool, **pool)
    report("200 greedy threads, psycopg 3: FairPool", seconds, soak(fair, seconds, 0, greedy), rate)
    # https://www.psycopg.org/psycopg3/docs/advanced/pool.html: closing a connection gives it back.
    with ConnectionPool(server.url(), min_size=20, max_size=60, timeout=30, close_returns=True) as own:
        own.wait()
        engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=own.getconn, poolclass=NullPool)
        report("200 greedy threads, psycopg 3: its own pool", seconds, soak(engine, seconds, 0, greedy), rate)


if __name__ == "__main__":
    main()
