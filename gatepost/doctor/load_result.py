"""The plan of a load test, and its measurements, as values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The plan of a load: how many threads, for how long, as which role.

    `think` are the seconds between two transactions of a thread. Without a query a transaction reads up to 50 rows of
    one of the tables that the role may read, in turn.
    """

    threads: int = 20
    seconds: float = 10.0
    think: float = 0.0
    role: str = "authenticated"
    user_id: str | UUID | None = None
    query: str = ""


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
