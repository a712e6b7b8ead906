"""Metrics of a connection pool: its current state, and counters of its events, in Prometheus' format."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine, QueuePool, event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True)
class PoolState:
    """The connections of a pool at one moment; zeros if the engine keeps none (`NullPool`)."""

    kind: str
    pool_size: int
    checked_in_connections: int
    checked_out_connections: int
    overflow_connections: int
    total_connections: int


def pool_state(engine: Engine | AsyncEngine) -> PoolState:
    """Return the current state of the engine's pool."""
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return PoolState(type(pool).__name__, 0, 0, 0, 0, 0)
    idle, busy = pool.checkedin(), pool.checkedout()
    # SQLAlchemy counts from -pool_size up until the pool is full, and only then is it an overflow.
    overflow = max(0, pool.overflow())
    return PoolState(type(pool).__name__, pool.size(), idle, busy, overflow, idle + busy)


class PoolMetrics:
    """Counts the events of an engine's pool from now on.

    The counters are those of this process. Each worker process counts for itself, as Prometheus expects of an
    instance.
    """

    EVENTS = ("connect", "close", "checkout", "checkin", "invalidate")

    def __init__(self, engine: Engine | AsyncEngine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        for name in self.EVENTS:
            event.listen(getattr(engine, "sync_engine", engine), name, self._counter(name))

    def counts(self) -> dict[str, int]:
        """Return how often each event happened."""
        with self._lock:
            return {name: self._counts[name] for name in self.EVENTS}

    def prometheus(self) -> str:
        """Return state and counters in Prometheus' text format.

        https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
        """
        state = pool_state(self._engine)
        gauges = {
            "pool_size": (state.pool_size, "Connections that the pool keeps."),
            "checked_in_connections": (state.checked_in_connections, "Idle connections in the pool."),
            "checked_out_connections": (state.checked_out_connections, "Connections in use."),
            "overflow_connections": (state.overflow_connections, "Connections beyond the pool's size."),
            "total_connections": (state.total_connections, "Open connections."),
        }
        lines: list[str] = []
        for name, (value, description) in gauges.items():
            metric = f"gatepost_db_{name}"
            lines += [f"# HELP {metric} {description}", f"# TYPE {metric} gauge", f"{metric} {value}"]
        metric = "gatepost_db_pool_events_total"
        lines += [f"# HELP {metric} Events of the pool since the start.", f"# TYPE {metric} counter"]
        lines += [f'{metric}{{event="{name}"}} {count}' for name, count in self.counts().items()]
        return "\n".join(lines) + "\n"

    def _counter(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # each event has its own arguments
        def count(*_arguments: object) -> None:
            with self._lock:
                self._counts[name] += 1

        return count
