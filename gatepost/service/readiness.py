"""Whether a database can serve now: it answers within a budget, and its migrations are where the code needs them."""

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
    """One thing that was looked at. The detail holds no host, no user and no error of the driver's."""

    status: Literal["ok", "failed", "unknown"]
    detail: str = ""


class Readiness:
    """Asks the database whether it answers and where its migrations are, one question at a time.

    A server that hangs holds the thread that asked it; who asks meanwhile waits for that same answer, so that a
    prober that comes every second does not pile threads up.
    """

    def __init__(self, engine: Engine, heads: Heads | None) -> None:
        self._engine, self._heads = engine, heads
        self._lock = Lock()
        self._running: Future[tuple[Check, Check]] | None = None

    def within(self, budget: float) -> tuple[Check, Check]:
        """Return what was seen of the database and of its migrations, in no more than `budget` seconds."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                # A daemon: a server that hangs must not keep the service from stopping.
                Thread(target=self._answer, args=(self._running,), name="gatepost-health", daemon=True).start()
            asked = self._running
        try:
            return asked.result(timeout=budget)
        except TooLate:
            detail = f"no answer within {budget:g} s"
            return Check("failed", detail), Check("unknown", "the database did not answer")

    def _answer(self, asked: Future[tuple[Check, Check]]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as trouble:  # noqa: BLE001  raised again by whoever asked
            asked.set_exception(trouble)

    def _ask(self) -> tuple[Check, Check]:
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
            return Check("failed", "no connection left in the pool"), unknown
        except (DriverError, GatepostError, SQLAlchemyError):
            return Check("failed", "the database cannot be reached"), unknown
        if found == expected:
            return database, Check("ok")
        detail = f"at {', '.join(found) or 'no revision'}, expected {', '.join(expected) or 'none'}"
        return database, Check("failed", detail)
