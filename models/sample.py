"""Write a sample of a legacy database: the schema, the revision and the oddities of a real one, with invented data.

SQLite keeps what the app gave it, value by value, and so does this: moments as text with and without a
fraction of a second, truth values 0, 1 or NULL, JSON as text (a bare JSON number becomes a number, because the
type name JSON gives a column numeric affinity, https://www.sqlite.org/datatype3.html#determination_of_column_affinity).

    python -m models.sample goblins.db --scale 300
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from models.invention import ODDITIES, WORDS, Invention
from models.legacy import LEGACY_REVISION, LEGACY_SCHEMA

Row = tuple[Any, ...]

SCALED = {
    "users": 60,
    "tasks": 600,
    "streams": 150,
    "stream_chunks": 3000,
    "search_documents": 60,
    "provider_metrics": 300,
    "routing_requests": 400,
}
"""Rows at scale 1. The other tables are catalogues: they do not grow with use."""


def write_sample(path: Path, scale: float = 1.0, seed: int = 0) -> dict[str, int]:
    """Write a legacy SQLite database, about 4,600 rows at scale 1.

    Args:
        path: Where; nothing may be there yet.
        scale: How many times that many users, tasks, streams, chunks, documents, metrics and requests.
        seed: Another seed, other rows; the same seed, the same rows.

    Returns:
        The number of rows of each table, parents before children.

    Raises:
        FileExistsError: Something is at `path`; it is left alone.
        ValueError: The scale is not above zero.
    """
    if not scale > 0:
        raise ValueError(f"scale {scale!r} is not above zero")
    if path.exists():
        raise FileExistsError(f'"{path}" exists already and is left as it is')
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
        # A crash leaves nothing but the unfinished file, so nothing has to be safe on the way.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in LEGACY_SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO alembic_version VALUES (?)", (LEGACY_REVISION,))
        counts = _fill(connection, scale, seed)
        connection.execute("COMMIT")
    unfinished.rename(path)
    return counts


def _fill(connection: sqlite3.Connection, scale: float, seed: int) -> dict[str, int]:
    """Insert the rows, parents before children, and return how many of each."""
    size = {table: max(1, round(count * scale)) for table, count in SCALED.items()}
    ids: dict[str, Sequence[str]] = {}
    for table in ("users", "streams"):
        invention = Invention(seed, f"{table}.id")
        ids[table] = [invention.uuid() for _ in range(size[table])]
    makers: dict[str, Callable[[Invention], Iterable[Row]]] = {
        "users": lambda made: _users(made, ids["users"]),
        "tasks": lambda made: _tasks(made, size["tasks"], ids["users"]),
        "streams": lambda made: _streams(made, ids["streams"], ids["users"]),
        "stream_chunks": lambda made: _chunks(made, size["stream_chunks"], ids["streams"]),
        "search_collections": _collections,
        "search_documents": lambda made: _documents(made, size["search_documents"]),
        "providers": _providers,
        "provider_credentials": lambda made: _credentials(made, ids["users"]),
        "model_configs": _configs,
        "global_settings": _settings,
        "routing_providers": _routing_providers,
        "provider_metrics": lambda made: _metrics(made, size["provider_metrics"]),
        "provider_policies": _provider_policies,
        "routing_requests": lambda made: _requests(made, size["routing_requests"]),
    }
    counts = {}
    for table, maker in makers.items():
        width = len(connection.execute(f"SELECT * FROM {table}").description)
        marks = ", ".join("?" * width)
        cursor = connection.executemany(f"INSERT INTO {table} VALUES ({marks})", maker(Invention(seed, table)))
        counts[table] = cursor.rowcount
    return counts


def _users(made: Invention, ids: Sequence[str]) -> Iterator[Row]:
    for n, key in enumerate(ids):
        secret = None if n % 4 == 3 else made.bcrypt()
        google = f"google-{n}" if n % 3 == 0 else None
        passkey = (f"cred-{made.uuid()}", f"pk\n{made.uuid()}") if n % 20 == 7 else (None, None)
        email = f"{WORDS[n % len(WORDS)]}.{n}@goblins.example"
        yield (key, email, secret, made.text(n), google, *passkey, made.app_moment(), made.app_moment())


def _tasks(made: Invention, count: int, users: Sequence[str]) -> Iterator[Row]:
    states = ("queued", "running", "completed", "failed", "cancelled")
    for n in range(count):
        user = None if n % 50 == 10 else made.random.choice(users)
        code = made.sometimes(0.25, made.text(n))
        provider = made.sometimes(0.6, made.random.choice(("openai", "anthropic")))
        result = ("", None)[n // 4 % 2] if n % 4 == 1 else made.sometimes(0.75, made.text(n + 5))
        moments = made.app_moment(), made.app_moment()
        goblin, wish = f"goblin-{made.random.randrange(9)}", made.text(n)
        if n >= len(ODDITIES):
            wish = " ".join((wish, *made.random.choices(made.pool, k=4)))
        yield (made.uuid(), user, goblin, wish, code, provider, "gpt-4", states[n % 5], result, *moments)


def _streams(made: Invention, ids: Sequence[str], users: Sequence[str]) -> Iterator[Row]:
    for n, key in enumerate(ids):
        state = ("running", "completed", "cancelled")[n % 3]
        goblin, user = f"goblin-{n % 9}", made.random.choice(users)
        yield (key, user, goblin, made.text(n), None, "openai", "gpt-4", state, made.app_moment())


def _chunks(made: Invention, count: int, streams: Sequence[str]) -> Iterator[Row]:
    for n in range(count):
        done = None if n % 100 == 99 else int(n % 20 == 19)
        tokens, cost = made.random.randrange(100), made.random.random() / 1000
        yield (n + 1, made.random.choice(streams), made.text(n), tokens, cost, done, made.app_moment())


def _collections(made: Invention) -> Iterator[Row]:
    for n, name in enumerate(("handbook", "Höhlen & Gänge", "地图")):
        yield (n + 1, name, made.app_moment())


def _documents(made: Invention, count: int) -> Iterator[Row]:
    for n in range(count):
        text = "\n\n".join((made.text(n), *made.random.choices(made.pool, k=8)))
        yield (n + 1, made.random.randint(1, 3), f"doc-{n}", text, made.json(n), made.app_moment())


def _providers(made: Invention) -> Iterator[Row]:
    for n, name in enumerate(("openai", "anthropic", "google", "cave")):
        active = (1, 1, 0, None)[n]
        catalogue = ('["chat", "embedding"]', None, made.json(n), active)
        yield (n + 1, name, name.title(), *catalogue, made.database_moment(), None)


def _credentials(made: Invention, users: Sequence[str]) -> Iterator[Row]:
    for n in range(6):
        author = "system" if n % 3 == 0 else users[0]
        times = made.database_moment(), made.app_moment() if n % 2 else None
        yield (n + 1, n % 4 + 1, made.token(), '["read", "write"]', author, *times)


def _configs(made: Invention) -> Iterator[Row]:
    for n in range(12):
        params = '{"temperature": 0.7, "max_tokens": 4096}'
        yield (n + 1, n % 4 + 1, f"model-{n}", params, (1, 0, 0, None)[n % 4], made.database_moment(), None)


def _settings(made: Invention) -> Iterator[Row]:
    values = {"theme": '"dark"', "limit": "10", "ratio": "0.25", "flags": '{"beta": true}', "none": "null"}
    for n, (key, value) in enumerate(values.items()):
        yield (n + 1, key, value, made.database_moment(), None)


def _routing_providers(made: Invention) -> Iterator[Row]:
    for n in range(5):
        names = f"route-{n}", f"Route {n}", f"https://route-{n}.example/v1", made.token()
        offers = '["chat"]', json.dumps([{"id": f"m{n}"}]), None if n % 2 else '{"rpm": 60}'
        yield (n + 1, *names, int(n != 1), *offers, n * 1e-6, n, made.database_moment(), None)


def _metrics(made: Invention, count: int) -> Iterator[Row]:
    for n in range(count):
        healthy = int(made.random.random() < 0.9)
        speed = made.random.random() * 900, made.random.random(), made.random.random() * 50
        usage = made.random.randrange(10_000), made.random.random(), made.json(n)
        yield (n + 1, n % 5 + 1, made.database_moment(), healthy, *speed, *usage)


def _provider_policies(made: Invention) -> Iterator[Row]:
    for n in range(8):
        kind = ("fallback", "load_balance", "circuit_breaker")[n % 3]
        rule = '{"error_rate": 0.5}', '{"then": "next"}', n, 1
        yield (n + 1, n % 5 + 1, "when it fails", kind, *rule, made.database_moment(), None)


def _requests(made: Invention, count: int) -> Iterator[Row]:
    for n in range(count):
        chosen = made.sometimes(0.84, n % 5 + 1)
        outcome = (None, 0, 1, 1)[n % 4]
        trouble = made.text(n) if outcome == 0 or n % 40 == 6 else None
        speed = 1 + made.random.random() * 999
        yield (n + 1, made.uuid(), "chat", made.json(n), chosen, speed, outcome, trouble, made.database_moment())


def main() -> None:
    """Write a sample from the command line."""
    parser = argparse.ArgumentParser(description="Write an invented legacy database.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for table, count in write_sample(options.path, options.scale, options.seed).items():
        print(f"{table:22}{count:>12,}")


if __name__ == "__main__":
    main()
