"""Health endpoints for FastAPI. No answer holds a host, a user or an error of the driver's.

Needs `pip install 'gatepost[api]'`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import asdict
from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gatepost.database.metrics import PoolMetrics, pool_state
from gatepost.database.revision import live_revisions
from gatepost.errors import GatepostError

Heads = Collection[str] | Callable[[], Collection[str]]
Outcome = Literal["ok", "failed", "unknown"]


class Live(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Check(BaseModel):
    """One thing that was looked at."""

    status: Outcome
    detail: str = ""


class Ready(BaseModel):
    """Whether requests may be sent here."""

    status: Literal["ok", "failed"]
    database: Check
    migration: Check
    seconds: float


class PoolHealth(BaseModel):
    """The pool of this process."""

    kind: str
    pool_size: int
    checked_in_connections: int
    checked_out_connections: int
    overflow_connections: int
    total_connections: int


class _Probe:
    """Asks the database, one question at a time.

    A server that hangs holds the thread that asked it; who asks meanwhile waits for that same answer, so that a
    prober that comes every second does not pile threads up.
    """

    def __init__(self, engine: Engine, heads: Heads | None) -> None:
        self._engine, self._heads = engine, heads
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="gatepost-health")
        self._lock = Lock()
        self._running: Future[tuple[Check, Check]] | None = None

    def within(self, budget: float) -> tuple[Check, Check]:
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._threads.submit(self._ask)
            asked = self._running
        try:
            return asked.result(timeout=budget)
        except TooLate:
            detail = f"no answer within {budget:g} s"
            return Check(status="failed", detail=detail), Check(status="unknown", detail="the database did not answer")

    def _ask(self) -> tuple[Check, Check]:
        unknown = Check(status="unknown", detail="the database did not answer")
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                database = Check(status="ok")
                if self._heads is None:
                    return database, Check(status="unknown", detail="no expected revision was given")
                expected = sorted(self._heads() if callable(self._heads) else self._heads)
                found = sorted(live_revisions(connection))
        except PoolTimeout:
            return Check(status="failed", detail="no connection left in the pool"), unknown
        except (GatepostError, SQLAlchemyError):
            return Check(status="failed", detail="the database cannot be reached"), unknown
        if found == expected:
            return database, Check(status="ok")
        detail = f"at {', '.join(found) or 'no revision'}, expected {', '.join(expected) or 'none'}"
        return database, Check(status="failed", detail=detail)


def health_router(
    engine: Engine, *, heads: Heads | None = None, budget: float = 2.0, prefix: str = "/health"
) -> APIRouter:
    """Return a router with `/live`, `/ready` and `/db-pool`.

    `/ready` answers 503 unless `SELECT 1` comes back within the budget and the database is at the expected revision.
    `/db-pool` answers in Prometheus' text format when asked for `text/plain` or with `?format=prometheus`.

    Args:
        engine: The service's own engine: readiness means that a connection is to be had from its pool.
        heads: The revision that the code needs, or a function that gives it (Alembic's
            `ScriptDirectory.get_heads`). Left out, the migration is told as unknown and does not count.
        budget: The seconds that `/ready` may take.
        prefix: The path in front.
    """
    router = APIRouter(prefix=prefix, tags=["health"])
    probe, metrics = _Probe(engine, heads), PoolMetrics(engine)

    @router.get("/live")
    def live() -> Live:
        return Live()

    @router.get("/ready", responses={503: {"model": Ready}})
    def ready(response: Response) -> Ready:
        started = time.monotonic()
        database, migration = probe.within(budget)
        good = database.status == "ok" and migration.status != "failed"
        response.status_code = 200 if good else 503
        response.headers["Cache-Control"] = "no-store"
        return Ready(
            status="ok" if good else "failed",
            database=database,
            migration=migration,
            seconds=round(time.monotonic() - started, 3),
        )

    @router.get("/db-pool", response_model=PoolHealth)
    def db_pool(
        accept: Annotated[str, Header()] = "",
        form: Annotated[Literal["json", "prometheus"], Query(alias="format")] = "json",
    ) -> PoolHealth | PlainTextResponse:
        if form == "prometheus" or ("text/plain" in accept and "application/json" not in accept):
            return PlainTextResponse(metrics.prometheus(), media_type="text/plain; version=0.0.4")
        return PoolHealth(**asdict(pool_state(engine)))

    return router
