"""Check whether a database is ready: it answers within a time limit and is at the expected revision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Literal

from psycopg2 import Error as DriverError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gatepost.database.revision import live_revisions
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Heads = Collection[str] | Callable[[], Collection[str]]

_FAILURES: tuple[type[Exception], ...] = (DriverError, GatepostError, SQLAlchemyError, OSError)
"""What an engine raises that cannot get a connection or an answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. The detail contains no host, user or message of the driver."""

    status: Literal["ok", "failed", "unknown"]
    detail: str = ""


class Readiness:
    """Checks whether the database answers and which revision it is at, one check at a time.

    A check blocks its thread if the server hangs. Callers that come meanwhile wait for the same check, so that a probe
    every second does not pile up threads.
    """

    def __init__(self, engine: Engine, heads: Heads | None) -> None:
        self._engine, self._heads = engine, heads
        self._lock = Lock()
        self._running: Future[tuple[Check, Check]] | None = None

    def within(self, budget: float) -> tuple[Check, Check]:
        """Return the checks of the database and its revision, in no more than `budget` seconds."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                # A daemon thread, because a hanging server must not keep the service from stopping.
                Thread(target=self._run, args=(self._running,), name="gatepost-health", daemon=True).start()
            check = self._running
        try:
            return check.result(timeout=budget)
        except TooLate:
            return _too_late(budget)

    def _run(self, check: Future[tuple[Check, Check]]) -> None:
        try:
            check.set_result(self._check())
        except BaseException as trouble:  # noqa: BLE001  raised again in the waiting callers
            check.set_exception(trouble)

    def _check(self) -> tuple[Check, Check]:
        try:
            with self._engine.connect() as connection:
                return _found(connection, self._heads)
        except _FAILURES as failure:
            return _failed(failure)


class AsyncReadiness:
    """The same for an asynchronous engine, in a task of the event loop."""

    def __init__(self, engine: AsyncEngine, heads: Heads | None) -> None:
        self._engine, self._heads = engine, heads
        self._running: asyncio.Task[tuple[Check, Check]] | None = None
        self._failures = _FAILURES
        if engine.dialect.driver == "asyncpg":  # SQLAlchemy does not translate what it raises as it connects
            import asyncpg

            self._failures = (*_FAILURES, asyncpg.PostgresError, asyncpg.InterfaceError)

    async def within(self, budget: float) -> tuple[Check, Check]:
        """Return the checks of the database and its revision, in no more than `budget` seconds."""
        running = self._running
        if running is None or running.done() or running.get_loop() is not asyncio.get_running_loop():
            running = self._running = asyncio.create_task(self._check(), name="gatepost-health")
        await asyncio.wait({running}, timeout=budget)
        return running.result() if running.done() else _too_late(budget)

    async def _check(self) -> tuple[Check, Check]:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(_found, self._heads)
        except self._failures as failure:
            return _failed(failure)


def _found(connection: Connection, heads: Heads | None) -> tuple[Check, Check]:
    connection.execute(text("SELECT 1"))
    database = Check("ok")
    if heads is None:
        return database, Check("unknown", "no expected revision was given")
    expected = sorted(heads() if callable(heads) else heads)
    found = sorted(live_revisions(connection))
    if found == expected:
        return database, Check("ok")
    detail = f"at {', '.join(found) or 'no revision'}, expected {', '.join(expected) or 'none'}"
    return database, Check("failed", detail)


def _failed(failure: BaseException) -> tuple[Check, Check]:
    busy = isinstance(failure, PoolTimeout)
    detail = "no free connection in the pool" if busy else "the database cannot be reached"
    return Check("failed", detail), Check("unknown", "the database did not answer")


def _too_late(budget: float) -> tuple[Check, Check]:
    return Check("failed", f"no answer within {budget:g} s"), Check("unknown", "the database did not answer")
