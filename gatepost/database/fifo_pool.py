"""A pool that serves waiters in the order in which they came.

SQLAlchemy's own queue wakes a waiter when a connection is returned, but the thread that returned it may take it again
before the waiter runs. With more busy threads than connections, some threads never get one. Of 200 threads on 60
connections, dozens time out after 30 s while the server is idle (benchmarks/pool.py). Here a returned connection is
handed directly to the thread that has waited longest. It is the same with tasks of an event loop.

psycopg 3's own pool is as fair. It serves no other driver, and on SQLAlchemy fewer transactions (benchmarks/pool.py),
so it takes the place of nothing here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any, TypeVar

from sqlalchemy import AsyncAdaptedQueuePool, QueuePool
from sqlalchemy.util import await_only, queue

T = TypeVar("T")


class _Ticket:
    """A thread's place in the line: `item` is there once the gate is open."""

    __slots__ = ("_gate", "item")

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()
        self.item: Any = None

    def serve(self, item: Any) -> None:  # noqa: ANN401
        """Hand the item over, and let its owner go on."""
        self.item = item
        self._gate.release()

    def wait(self, timeout: float | None) -> bool:
        """Return whether the item was handed over in time."""
        return self._gate.acquire(timeout=-1 if timeout is None else max(0.0, timeout))


class _TaskTicket(_Ticket):
    """A task's place in the line. SQLAlchemy lets it wait inside what looks like a function call."""

    __slots__ = ("_served",)

    def __init__(self) -> None:
        self.item = None
        self._served: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def serve(self, item: Any) -> None:  # noqa: ANN401
        """Hand the item over, and let its owner go on."""
        self.item = item
        if not self._served.done():
            self._served.set_result(None)

    def wait(self, timeout: float | None) -> bool:
        """Return whether the item was handed over in time."""
        done, _ = await_only(asyncio.wait({self._served}, timeout=timeout))
        return bool(done)


class FairQueue(queue.QueueCommon[Any]):
    """The queue of idle connections of a `QueuePool`, with a line of waiters.

    There are never idle items and waiters at once. The lock is reentrant because a connection that is collected as
    garbage may come back in the middle of a call of the same thread.
    """

    _ticket: type[_Ticket] = _Ticket

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize, self.use_lifo = maxsize, use_lifo
        self._items: deque[Any] = deque()
        self._line: deque[_Ticket] = deque()
        self._lock = threading.RLock()

    def qsize(self) -> int:
        """Return the number of idle items."""
        return len(self._items)

    def empty(self) -> bool:
        """Return whether nothing is idle."""
        return not self._items

    def full(self) -> bool:
        """Return whether the maximum number of items is idle."""
        return 0 < self.maxsize <= len(self._items)

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401  as in the base class
        """Return an item; see `put`."""
        self.put(item, block=False)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401, ARG002
        """Hand an item to the thread that has waited longest, or keep it.

        Raises:
            Full: no thread waits and enough items are idle. A pool never waits to return a connection.
        """
        with self._lock:
            if self._line:
                self._line.popleft().serve(item)
                return
            if self.full():
                raise queue.Full
            self._items.append(item)

    def get_nowait(self) -> Any:  # noqa: ANN401
        """Take an idle item; see `get`."""
        return self.get(block=False)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Take an idle item, or wait in line for one.

        Raises:
            Empty: none is idle, and none came in time.
        """
        with self._lock:
            if self._items:
                return self._items.pop() if self.use_lifo else self._items.popleft()
            if not block:
                raise queue.Empty
            ticket = self._ticket()
            self._line.append(ticket)
        try:
            served = ticket.wait(timeout)
        except BaseException:  # an interrupt: keep the item that was handed over meanwhile
            if not self._leave(ticket):
                self._give_back(ticket.item)
            raise
        if served or not self._leave(ticket):
            return ticket.item
        raise queue.Empty

    def _leave(self, ticket: _Ticket) -> bool:
        """Leave the line; return False if an item was handed over at the last moment."""
        with self._lock:
            try:
                self._line.remove(ticket)
            except ValueError:
                return False
        return True

    def _give_back(self, item: Any) -> None:  # noqa: ANN401
        with self._lock:
            if self._line or not self.full():
                self.put(item, block=False)
            else:
                self._items.append(item)  # one item too many is better than a lost one


class FairPool(QueuePool):
    """SQLAlchemy's `QueuePool` with a fair queue."""

    # The name has an underscore; SQLAlchemy's AsyncAdaptedQueuePool differs from its base by this one too.
    _queue_class = FairQueue


class FairTaskQueue(FairQueue):
    """The same, with a line of tasks of one event loop."""

    _ticket = _TaskTicket


class FairTaskPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool of an asynchronous engine with a fair queue."""

    _queue_class = FairTaskQueue
