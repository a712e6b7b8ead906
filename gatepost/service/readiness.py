"""Check whether a database is ready: it answers within a time limit and is at the expected revision."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Literal

from psycopg2 import Error as DriverError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gatepost.database.revision import live_revisions
from gatepost.errors import GatepostError

Heads = Collection[str] | Callable[[], Collection[str]]


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
            detail = f"no answer within {budget:g} s"
            return Check("failed", detail), Check("unknown", "the database did not answer")

    def _run(self, check: Future[tuple[Check, Check]]) -> None:
        try:
            check.set_result(self._check())
        except BaseException as trouble:  # noqa: BLE001  raised again in the waiting callers
            check.set_exception(trouble)

    def _check(self) -> tuple[Check, Check]:
        unknown = Check("unknown", "the database did not answer")
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                database = Check("ok")
                if self._heads is None:
                    return database, Check("unknown", "no expected revision was given")
                expected = sorted(self._heads() if callable(self._heads) else self._heads)
                found = sorted(live_revisions(connection))
        except PoolTimeout:
            return Check("failed", "no free connection in the pool"), unknown
        except (DriverError, GatepostError, SQLAlchemyError):
            return Check("failed", "the database cannot be reached"), unknown
        if found == expected:
            return database, Check("ok")
        detail = f"at {', '.join(found) or 'no revision'}, expected {', '.join(expected) or 'none'}"
        return database, Check("failed", detail)
