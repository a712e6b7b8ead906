"""The load of `gatepost load --tasks`: the same transactions, by tasks of an event loop on an asynchronous engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor.load_result import InUse, LoadPlan, Seen, reason
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def run(
    url: DatabaseUrl,
    settings: Settings,
    plan: LoadPlan,
    queries: Sequence[str],
    tick: Callable[[float], None] | None,
    patience: float,
) -> tuple[list[Seen], int, float]:
    """Run the tasks, and abandon those that hang with the server.

    Args:
        url: The database.
        settings: The pool to use.
        plan: What to do.
        queries: The queries, which the transactions of a task send in turn.
        tick: Called a few times a second with the seconds that passed.
        patience: The seconds beyond the end of the load after which a task is abandoned.

    Returns:
        The measurements of each task, the most connections in use at once, and the seconds that it took.

    Raises:
        sqlalchemy.exc.DBAPIError: the first transaction failed.
    """
    return asyncio.run(_run(url, settings, plan, queries, tick, patience))


async def _run(
    url: DatabaseUrl,
    settings: Settings,
    plan: LoadPlan,
    queries: Sequence[str],
    tick: Callable[[float], None] | None,
    patience: float,
) -> tuple[list[Seen], int, float]:
    from gatepost.database.async_engine import create_async_engine

    engine = create_async_engine(url, settings=settings)
    try:
        await _transaction(engine, plan, queries[0], Seen(), InUse())
        in_use, every = InUse(), [Seen() for _ in range(plan.threads)]
        started = time.perf_counter()
        until = started + plan.seconds
        tasks = [asyncio.create_task(_work(engine, plan, queries, seen, in_use, until)) for seen in every]
        while (left := until + patience - time.perf_counter()) > 0:
            _, waiting = await asyncio.wait(tasks, timeout=min(0.25, left))
            if tick is not None:
                tick(min(plan.seconds, time.perf_counter() - started))
            if not waiting:
                break
        for task, seen in zip(tasks, every, strict=True):
            if not task.done():
                seen.failures["the server stopped answering"] += 1
                task.cancel()
        await asyncio.wait(tasks, timeout=1)
        return every, in_use.peak, time.perf_counter() - started
    finally:
        await engine.dispose()


async def _work(
    engine: AsyncEngine, plan: LoadPlan, queries: Sequence[str], seen: Seen, in_use: InUse, until: float
) -> None:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    turn = 0
    while time.perf_counter() < until:
        try:
            await _transaction(engine, plan, queries[turn % len(queries)], seen, in_use)
        except (PoolTimeout, GatepostError, DBAPIError, OSError) as failure:
            seen.failures[reason(failure)] += 1
            if isinstance(failure, GatepostError):
                await asyncio.sleep(0.1)  # do not flood a server that refuses
        turn += 1
        await asyncio.sleep(plan.think)


async def _transaction(engine: AsyncEngine, plan: LoadPlan, query: str, seen: Seen, in_use: InUse) -> None:
    from sqlalchemy.ext.asyncio import AsyncSession

    from gatepost.database.impersonation.acting import acting_as

    started = time.perf_counter()
    async with engine.connect() as connection:
        in_use.change(1)
        got = time.perf_counter()
        try:
            async with (
                AsyncSession(connection) as session,
                acting_as(session, user_id=plan.user_id or uuid4(), role=plan.role) as somebody,
            ):
                inside = await somebody.connection()
                await inside.exec_driver_sql("SET TRANSACTION READ ONLY")
                (await inside.exec_driver_sql(query)).fetchall()
        finally:
            in_use.change(-1)
    seen.add(started, got, time.perf_counter())
