"""The plan of a load test, and its measurements, as values."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gatepost.errors import GatepostError


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The plan of a load: how many threads, or tasks where it is asynchronous, for how long, as which role.

    `think` are the seconds between two transactions of a thread. Without a query a transaction reads up to 50 rows of
    one of the tables that the role may read, in turn.
    """

    threads: int = 20
    seconds: float = 10.0
    think: float = 0.0
    role: str = "authenticated"
    user_id: str | UUID | None = None
    query: str = ""
    asynchronous: bool = False

    @property
    def kind(self) -> str:
        """What the clients are, in the plural."""
        return "tasks" if self.asynchronous else "threads"


@dataclass
class Seen:
    """The measurements of one client, in seconds; no other writes to it."""

    latency: list[float] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    held: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, started: float, got: float, ended: float) -> None:
        """Add a transaction: when it was begun, got its connection, and ended."""
        self.wait.append(got - started)
        self.held += ended - got
        self.latency.append(ended - started)


class InUse:
    """Counts how many connections are in use at once."""

    def __init__(self) -> None:
        self._lock, self._now, self.peak = threading.Lock(), 0, 0

    def change(self, by: int) -> None:
        """Count a connection that was taken, 1, or given back, -1."""
        with self._lock:
            self._now += by
            self.peak = max(self.peak, self._now)


def reason(refusal: Exception) -> str:
    """Return why a transaction failed: for an error of the driver, the first line of its message."""
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    if isinstance(refusal, PoolTimeout):
        return "no connection came free in time"
    if isinstance(refusal, GatepostError):
        return refusal.message
    lines = str(getattr(refusal, "orig", refusal)).strip().splitlines()
    return lines[0].removeprefix("<class 'asyncpg.exceptions.") if lines else type(refusal).__name__


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some durations, in milliseconds."""

    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Return the percentiles of durations; zeros for none."""
        ordered = sorted(seconds) or [0.0]

        def at(part: float) -> float:
            return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)] * 1000, 2)

        return cls(at(0.5), at(0.95), at(0.99), at(1))


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of a load.

    `latency` is of whole transactions, waiting included; `wait` is the part until a connection was there. `starved`
    counts threads that got no connection in the whole run, `failures` the transactions that failed, by reason.
    `mean_in_use` follows from Little's law: the time that connections were held, by the time that passed.
    """

    plan: LoadPlan
    pool: str
    transactions: int
    seconds: float
    latency: Spread
    wait: Spread
    starved: int
    failures: tuple[tuple[str, int], ...]
    mean_in_use: float
    peak_in_use: int
    advice: str

    @property
    def throughput(self) -> float:
        """Transactions per second."""
        return self.transactions / self.seconds if self.seconds else 0.0

    @property
    def ok(self) -> bool:
        """Whether every thread got a connection and nothing failed."""
        return not self.failures and not self.starved
