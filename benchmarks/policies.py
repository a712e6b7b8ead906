"""What the generated policies cost: a user's queries through row security against the same with an explicit WHERE.

    python benchmarks/policies.py [--tasks 1000000] [--chunks 2000000] [--users 1000] [--rounds 15]

Both sides run in turn in one session on the local server, the median of the rounds is printed, and the ratio is what
counts. The right-hand side runs without row security, as `service_role`, and joins or filters by hand.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import closing
from pathlib import Path

import psycopg2
from alembic import command
from alembic.config import Config

from gatepost import local
from gatepost.personas import SERVICE, Persona, impersonated, signed_in

DATABASE = "gatepost_benchmark_policies"

FILL = """
INSERT INTO users (id, email)
SELECT id, id || '@example.org' FROM (SELECT md5('user' || n)::uuid::text FROM generate_series(1, {users}) n) u(id);
INSERT INTO tasks (id, user_id, goblin, task, status, created_at)
SELECT md5('task' || n)::uuid::text, md5('user' || (1 + n % {users}))::uuid::text, 'scribe', 'write', 'completed',
       now() - n * interval '1 second' FROM generate_series(1, {tasks}) n;
INSERT INTO streams (id, user_id, goblin, task, status, created_at)
SELECT md5('stream' || n)::uuid::text, md5('user' || (1 + n % {users}))::uuid::text, 'scribe', 'write', 'completed',
       now() - n * interval '1 second' FROM generate_series(1, {streams}) n;
INSERT INTO stream_chunks (stream_id, content, token_count, done)
SELECT md5('stream' || (1 + n % {streams}))::uuid::text, 'a chunk', 3, false FROM generate_series(1, {chunks}) n;
ANALYZE users, tasks, streams, stream_chunks;
"""

USER = "md5('user7')::uuid::text"
MINE = f"stream_id IN (SELECT id FROM streams WHERE user_id = {USER})"
CASES = (
    ("owner", "count", "SELECT count(*) FROM tasks", f"SELECT count(*) FROM tasks WHERE user_id = {USER}"),
    (
        "owner",
        "newest 50",
        "SELECT * FROM tasks ORDER BY created_at DESC LIMIT 50",
        f"SELECT * FROM tasks WHERE user_id = {USER} ORDER BY created_at DESC LIMIT 50",
    ),
    (
        "owner",
        "point lookup",
        "SELECT * FROM tasks WHERE id = md5('task6')::uuid::text",
        f"SELECT * FROM tasks WHERE id = md5('task6')::uuid::text AND user_id = {USER}",
    ),
    ("through", "count", "SELECT count(*) FROM stream_chunks", f"SELECT count(*) FROM stream_chunks WHERE {MINE}"),
    (
        "through",
        "newest 50",
        "SELECT * FROM stream_chunks ORDER BY id DESC LIMIT 50",
        f"SELECT * FROM stream_chunks WHERE {MINE} ORDER BY id DESC LIMIT 50",
    ),
    (
        "through",
        "point lookup",
        "SELECT * FROM stream_chunks WHERE id = 6",
        f"SELECT * FROM stream_chunks WHERE id = 6 AND {MINE}",
    ),
)
TARGETS = {"owner": 1.3, "through": 2.0}


def main() -> None:
    options = _options()
    server = local.start()
    server.drop(DATABASE)
    url = server.clone(DATABASE)
    try:
        config = Config(Path(__file__).parents[1] / "alembic.ini")
        config.attributes |= {"url": url, "configure_logger": False}
        command.upgrade(config, "head")
        with closing(psycopg2.connect(url)) as connection:
            _fill(connection, options)
            _measure(connection, options.rounds)
    finally:
        server.drop(DATABASE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--chunks", type=int, default=2_000_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


def _fill(connection: psycopg2.extensions.connection, options: argparse.Namespace) -> None:
    began = time.monotonic()
    with connection, connection.cursor() as cursor:
        streams = max(options.users, options.chunks // 20)
        cursor.execute(FILL.format(users=options.users, tasks=options.tasks, chunks=options.chunks, streams=streams))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tasks, streams, stream_chunks")
        cursor.execute("SET jit = off")
    connection.autocommit = False
    print(
        f"{options.tasks:,} tasks, {options.chunks:,} chunks, {options.users:,} users: {time.monotonic() - began:.0f} s"
    )


def _measure(connection: psycopg2.extensions.connection, rounds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5('user7')::uuid::text")
        user = signed_in(cursor.fetchone()[0])
        connection.rollback()
        print(f"{'policy':8} {'query':13} {'through row security':>21} {'explicit WHERE':>15} {'ratio':>6}  target")
        for policy, name, protected, explicit in CASES:
            times = {user: [], SERVICE: []}
            answers = {}
            for _ in range(rounds):
                for persona, statement in ((user, protected), (SERVICE, explicit)):
                    times[persona].append(_time(cursor, persona, statement, answers))
            assert answers[user] == answers[SERVICE], f"{policy} {name}: the answers differ"
            ours, theirs = (statistics.median(times[persona]) * 1000 for persona in (user, SERVICE))
            print(f"{policy:8} {name:13} {ours:18.2f} ms {theirs:12.2f} ms {ours / theirs:6.2f}  {TARGETS[policy]:.1f}")


def _time(cursor: psycopg2.extensions.cursor, persona: Persona, statement: str, answers: dict) -> float:
    with impersonated(cursor, persona):
        cursor.execute(statement)  # once unmeasured, so that both sides find the same pages in memory
        began = time.perf_counter()
        cursor.execute(statement)
        answers[persona] = cursor.fetchall()
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
