"""Health endpoints for FastAPI. No response contains a host, a user or a message of the driver.

Needs `pip install 'gatepost[api]'`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from sqlalchemy import Engine

from gatepost.service.pool_metrics import PoolMetrics, pool_state
from gatepost.service.readiness import AsyncReadiness, Check, Heads, Readiness

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


class Live(BaseModel):
    """The response of `/live`: the process is running."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """The response of `/ready`: whether this process can take requests."""

    status: Literal["ok", "failed"]
    database: Check
    migration: Check
    seconds: float


class PoolHealth(BaseModel):
    """The response of `/db-pool`: the pool of this process."""

    kind: str
    pool_size: int
    checked_in_connections: int
    checked_out_connections: int
    overflow_connections: int
    total_connections: int


def health_router(
    engine: Engine | AsyncEngine, *, heads: Heads | None = None, budget: float = 2.0, prefix: str = "/health"
) -> APIRouter:
    """Return a router with `/live`, `/ready` and `/db-pool`.

    `/ready` answers 503 unless `SELECT 1` comes back within the budget and the database is at the expected revision.
    `/db-pool` answers in Prometheus' text format if the request accepts `text/plain` or has `?format=prometheus`.

    Args:
        engine: The service's own engine, synchronous or not; readiness means that its pool can provide a connection.
        heads: The revision that the code needs, or a function that gives it (Alembic's
            `ScriptDirectory.get_heads`). Without it, the migration is reported as unknown and does not count.
        budget: The time limit of `/ready` in seconds.
        prefix: The path prefix of the endpoints.
    """
    router = APIRouter(prefix=prefix, tags=["health"])
    metrics = PoolMetrics(engine)

    @router.get("/live")
    def live() -> Live:
        return Live()

    router.get("/ready", responses={503: {"model": Ready}})(_ready(engine, heads, budget))

    @router.get("/db-pool", response_model=PoolHealth)
    def db_pool(
        accept: Annotated[str, Header()] = "",
        form: Annotated[Literal["json", "prometheus"], Query(alias="format")] = "json",
    ) -> PoolHealth | PlainTextResponse:
        if form == "prometheus" or ("text/plain" in accept and "application/json" not in accept):
            return PlainTextResponse(metrics.prometheus(), media_type="text/plain; version=0.0.4")
        return PoolHealth(**asdict(pool_state(engine)))

    return router


def _ready(engine: Engine | AsyncEngine, heads: Heads | None, budget: float) -> Callable[..., object]:
    """Return the endpoint that answers whether the process is ready, in the world of its engine."""
    if isinstance(engine, Engine):
        probe = Readiness(engine, heads)

        def ready(response: Response) -> Ready:
            started = time.monotonic()
            return _answered(response, started, *probe.within(budget))

        return ready
    later = AsyncReadiness(engine, heads)

    async def ready_later(response: Response) -> Ready:
        started = time.monotonic()
        return _answered(response, started, *await later.within(budget))

    return ready_later


def _answered(response: Response, started: float, database: Check, migration: Check) -> Ready:
    good = database.status == "ok" and migration.status != "failed"
    response.status_code = 200 if good else 503
    response.headers["Cache-Control"] = "no-store"
    return Ready(
        status="ok" if good else "failed",
        database=database,
        migration=migration,
        seconds=round(time.monotonic() - started, 3),
    )
