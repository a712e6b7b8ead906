"""Run a bounded load of read-only transactions, and recommend a pool size from what was measured."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from gatepost.database.reading import Reading, open_for_reading
from gatepost.database.session_powers import refuse_powerful_session
from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor import limits, load_tasks
from gatepost.doctor.load_result import InUse, LoadPlan, Measured, Seen, Spread, reason
from gatepost.doctor.session import rows
from gatepost.errors import GatepostError, SettingsError
from gatepost.sql import qualified

if TYPE_CHECKING:
    from sqlalchemy import Engine

GRACE = 2.0
"""Seconds beyond every timeout after which a thread is abandoned."""

_FIX = "connect as a role that has nothing but membership in anon and authenticated"
_READABLE = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (%(schemas)s)
       AND pg_catalog.has_schema_privilege(%(role)s, n.oid, 'USAGE')
       AND pg_catalog.has_any_column_privilege(%(role)s, c.oid, 'SELECT')
     ORDER BY 1, 2
"""


def load(
    url: DatabaseUrl,
    *,
    settings: Settings,
    plan: LoadPlan,
    yes_this_host: bool = False,
    tick: Callable[[float], None] | None = None,
) -> Measured:
    """Put a load on a database and measure it. Every transaction is READ ONLY.

    Args:
        url: The database.
        settings: The pool to use, as in a service.
        plan: What to do.
        yes_this_host: Whether a host that is not this machine may be loaded.
        tick: Called a few times a second with the seconds that passed.

    Returns:
        The measurements, and the pool size that is enough.

    Raises:
        SettingsError: the host is not this machine and was not confirmed, or the URL is of SQLite.
        DatabaseUnreachable: there is no connection, the connection may not act as the role, or its user is a
            superuser or may become one: a policy's code could, too.
    """
    if url.is_sqlite:
        raise SettingsError("a SQLite file has no connections to wait for", "gatepost load postgresql://...")
    if not (url.is_local or yes_this_host):
        raise SettingsError(
            f'"{url.host}" is not this machine, and {plan.threads} {plan.kind} would load it',
            "gatepost load URL --yes-this-host",
        )
    wait = settings.db_connect_timeout
    with open_for_reading(url, application_name="gatepost load", connect_timeout=wait) as found:
        refuse_powerful_session(found, "the load", _FIX)
        queries = [plan.query] if plan.query else _queries(found, plan.role)
        slots = limits.read(found.cursor.connection)
    # A thread that waits for the whole run has starved, so nothing waits longer than that.
    patience = settings.model_copy(update={"db_pool_timeout": min(settings.db_pool_timeout, plan.seconds)})
    over = patience.db_pool_timeout + settings.db_query_timeout + GRACE
    with _a_refusal_at_once(plan.role):
        run = load_tasks.run if plan.asynchronous else _run
        seen, peak, seconds = run(url, patience, plan, queries, tick, over)
    pool = _pool(url, settings)
    return _measured(plan, pool, seen, peak, seconds, slots, url, settings)


def _queries(reading: Reading, role: str) -> list[str]:
    found = rows(reading.cursor.connection, _READABLE, {"role": role, "schemas": list(reading.searched())})
    return [f"SELECT 1 FROM {qualified(schema, name)} LIMIT 50" for schema, name in found] or ["SELECT 1"]


def _transaction(engine: Engine, plan: LoadPlan, query: str, seen: Seen, in_use: InUse) -> None:
    from sqlmodel import Session

    from gatepost.database.impersonation.acting import acting_as

    started = time.perf_counter()
    with engine.connect() as connection:
        in_use.change(1)
        got = time.perf_counter()
        try:
            with (
                Session(connection) as session,
                acting_as(session, user_id=plan.user_id or uuid4(), role=plan.role) as somebody,
            ):
                inside = somebody.connection()
                inside.exec_driver_sql("SET TRANSACTION READ ONLY")
                inside.exec_driver_sql(query).fetchall()
        finally:
            in_use.change(-1)
    seen.add(started, got, time.perf_counter())


@contextmanager
def _a_refusal_at_once(role: str) -> Iterator[None]:
    """Say in a sentence why the first transaction fails, which is tried so that not every client fails by itself."""
    from sqlalchemy.exc import DBAPIError

    said = ""
    try:
        yield
    except DBAPIError as refusal:
        said = reason(refusal)
    if said:
        raise SettingsError(f'the query fails for "{role}": {said}', "--query SQL, --role ROLE")


def _work(engine: Engine, plan: LoadPlan, queries: Sequence[str], seen: Seen, in_use: InUse, until: float) -> None:
    from psycopg2 import Error as DriverError
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    turn = 0
    while time.perf_counter() < until:
        try:
            _transaction(engine, plan, queries[turn % len(queries)], seen, in_use)
        except (PoolTimeout, GatepostError, DBAPIError, DriverError) as failure:
            seen.failures[reason(failure)] += 1
            if isinstance(failure, GatepostError):
                time.sleep(0.1)  # do not flood a server that refuses
        turn += 1
        if plan.think:
            time.sleep(plan.think)


def _run(
    url: DatabaseUrl,
    settings: Settings,
    plan: LoadPlan,
    queries: Sequence[str],
    tick: Callable[[float], None] | None,
    patience: float,
) -> tuple[list[Seen], int, float]:
    """Run the threads, and abandon those that hang with the server."""
    from gatepost.database.engine import create_engine

    engine = create_engine(url, settings=settings)
    try:
        _transaction(engine, plan, queries[0], Seen(), InUse())
        in_use, every = InUse(), [Seen() for _ in range(plan.threads)]
        started = time.perf_counter()
        until = started + plan.seconds
        given = [(engine, plan, queries, seen, in_use, until) for seen in every]
        threads = [threading.Thread(target=_work, args=arguments, daemon=True) for arguments in given]
        for thread in threads:
            thread.start()
        for thread, seen in zip(threads, every, strict=True):
            while thread.is_alive() and time.perf_counter() < until + patience:
                thread.join(0.25)
                if tick is not None:
                    tick(min(plan.seconds, time.perf_counter() - started))
            if thread.is_alive():
                seen.failures["the server stopped answering"] += 1
        return every, in_use.peak, time.perf_counter() - started
    finally:
        engine.dispose()


def _pool(url: DatabaseUrl, settings: Settings) -> str:
    if not limits.is_pooled(url, settings):
        return "no pool (NullPool)"
    return f"a pool of {settings.db_pool_size} + {settings.db_max_overflow}"


def _measured(
    plan: LoadPlan,
    pool: str,
    every: Sequence[Seen],
    peak: int,
    seconds: float,
    slots: limits.Slots,
    url: DatabaseUrl,
    settings: Settings,
) -> Measured:
    failures: Counter[str] = sum((seen.failures for seen in every), Counter())
    starved = sum(not seen.latency for seen in every)
    held, done = sum(seen.held for seen in every), sum(len(seen.latency) for seen in every)
    return Measured(
        plan=plan,
        pool=pool,
        transactions=done,
        seconds=round(seconds, 2),
        latency=Spread.of([one for seen in every for one in seen.latency]),
        wait=Spread.of([one for seen in every for one in seen.wait]),
        starved=starved,
        failures=tuple(sorted(failures.items())),
        mean_in_use=round(held / seconds, 1),
        peak_in_use=peak,
        advice=_advice(plan, starved, held / max(1, done), peak, slots, url, settings),
    )


def _advice(
    plan: LoadPlan, starved: int, hold: float, peak: int, slots: limits.Slots, url: DatabaseUrl, settings: Settings
) -> str:
    """Recommend a pool size. If the pool had all connections that are needed, those that were in use are enough."""
    if not limits.is_pooled(url, settings):
        return f"keep NullPool, because the pooler serves waiters in order; at most {peak} connections were open"
    total = settings.db_pool_size + settings.db_max_overflow
    need = connections_needed(plan.threads, hold, plan.think)
    if starved or (peak >= total and need > total):
        so = "some of them for too long" if starved else "and more connections would serve them at once"
        finding = f"{plan.threads} {plan.kind} wait in line for {total} connections, {so}"
        return f"{finding}; {limits.remedy(slots, url, need)}"
    size = min(need, peak)
    return f"set DB_POOL_SIZE={size} and DB_MAX_OVERFLOW={peak - size}: that many were in use"


def connections_needed(threads: int, hold: float, think: float) -> int:
    """Return how many connections keep threads from waiting for each other.

    Args:
        threads: How many threads there are.
        hold: The seconds that a transaction holds a connection; 0 if none was measured.
        think: The seconds between two transactions of a thread.
    """
    # The quotient comes first, because it is exactly 1 without a pause: 30 * hold / hold may be a little more than 30.
    return max(1, math.ceil(threads * (hold / (hold + think)))) if hold else threads
