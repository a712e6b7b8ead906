"""Casting in processes beside this one, for the one COPY of the one transaction.

Casting is what keeps a processor busy on this side. Every worker reads its own pieces of the tables from the same
state of the file, in the order in which they are loaded, and runs ahead as far as memory allows: while the server
makes the indexes of one table, the next is being cast. The connection, the transaction and its promise stay as they
are.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from gatepost.errors import TransferError
from gatepost.local.account import inherited_environment
from gatepost.transfer.encode.copy_binary import AVAILABLE
from gatepost.transfer.encode.copy_text import Encoded
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.source.watch import Watch
from gatepost.transfer.values import Options, Plan, TablePlan

MEMORY_BYTES = 44 * 1024 * 1024
"""What all workers may take, with the rows that they are ahead: those are cast while the server makes indexes."""

AHEAD_BYTES = 1024 * 1024
"""What they may be ahead however many they are: enough for the next row to be there whenever the server asks."""

_WORKER_BYTES = 20 * 1024 * 1024

WORTH_BYTES = 16 * 1024 * 1024
"""A smaller source is moved before a process beside this one has started."""

_MOST = 1 if AVAILABLE else 2
"""Processes that are started unasked: compiled, one casts about as fast as a server loads."""

_ATTEMPTS = 5
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), "MALLOC_TRIM_THRESHOLD_": str(4 << 20)}
"""Lets the C library keep a batch's memory for the next one; by default it gives back what is larger than 128 kB,
and each page of it costs a fault when it comes again (https://man7.org/linux/man-pages/man3/mallopt.3.html)."""

_START = "from gatepost.transfer.parallel.worker_process import main; main()"


def start_workers(stack: ExitStack, path: Path, options: Options) -> Workers | None:
    """Start as many processes as were asked for, or as pay; they get ready while the caller does other things.

    Args:
        stack: Ends them.
        path: The source.
        options: What the person asks for.
    """
    if path.is_dir() or options.resumable:
        return None  # it was cast before, or goes table by table over one connection
    if options.parallel:
        return stack.enter_context(Workers(path, options.parallel))
    processors = os.cpu_count() or 1
    # Nobody asked for them: what keeps them from starting is no reason to stop.
    with suppress(OSError):
        if path.stat().st_size >= WORTH_BYTES and processors > 1 and sys.executable:
            return stack.enter_context(Workers(path, min(_MOST, processors)))
    return None


def open_with_workers(
    stack: ExitStack, path: Path, options: Options, workers: Workers | None
) -> tuple[Workers | None, Source]:
    """Open a source, in the processes beside this one too.

    Args:
        stack: Closes it.
        path: The file.
        options: What the person asks for.
        workers: What `start_workers` started.

    Raises:
        TransferError: the file cannot be read, or does not stand still for the processes that were asked for.
    """
    if workers is not None and options.parallel:
        return workers, stack.enter_context(workers.open())
    # What is wrong with the file is reported by the source itself, where nobody asked for the processes.
    with suppress(OSError, TransferError):
        if workers is not None:
            return workers, stack.enter_context(workers.open())
    return None, stack.enter_context(Source(path))


class Workers:
    """Processes that read one file in one and the same state."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self._tables: tuple[TablePlan, ...] = ()
        self._changed = threading.Condition()
        self._ready: dict[int, deque[tuple[int, Encoded]]] = {}
        self._ended: dict[int, int] = {}
        self._dropped: set[int] = set()
        self._leaving = False
        self._ahead = [0] * number
        self._most = max(AHEAD_BYTES, MEMORY_BYTES - number * _WORKER_BYTES) // number
        self._failure: TransferError | None = None
        self.all_cast = threading.Event()
        """Set when every row is cast, or none will be any more."""
        self._threads: list[threading.Thread] = []
        # Neither forked, which would share SQLite's locks and psycopg2's socket, nor spawned by multiprocessing,
        # which would run the main script of whoever calls this once more.
        # `-S` and `-P`: modules are where they are for this process, so none has to be searched for elsewhere.
        command = [sys.executable, "-S", "-P", "-c", _START]
        environment = {**inherited_environment(), **_MEMORY, "PYTHONPATH": os.pathsep.join(sys.path)}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment}
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(number):
                self._processes.append(subprocess.Popen(command, **pipes))  # noqa: S603 - our own text
        except OSError:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._leaving = True
            self._changed.notify_all()
        self.all_cast.set()
        for process in self._processes:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    # What it was not able to take is of no use to anybody.
                    with suppress(OSError):
                        pipe.close()

    def open(self) -> Source:
        """Open the source here and in every worker, all in the same state.

        Raises:
            TransferError: somebody writes to the file so often that it does not stand still for a moment.
        """
        for _ in range(_ATTEMPTS):
            with Watch(self.path) as watch:
                source = Source(self.path)
                try:
                    for process in self._processes:
                        _send(process, ("open", str(self.path)))
                    for process in self._processes:
                        _answer(process)
                    still = watch.still()
                except BaseException:
                    source.close()
                    raise
                if still:
                    return source
                source.close()
        raise TransferError(f'"{self.path}" is written to all the time', "transfer a copy, or leave --parallel out")

    def begin(self, plan: Plan) -> None:
        """Let the workers cast all tables of a plan, in its order."""
        self._tables = plan.tables
        self._ready = {place: deque() for place in range(len(plan.tables))}
        self._ended = dict.fromkeys(self._ready, 0)
        for number, process in enumerate(self._processes):
            zone = (plan.options.timezone, plan.options.epoch)
            _send(process, ("cast", plan.tables, *zone, number, len(self._processes)))
            thread = threading.Thread(target=self._receive, args=(number, process), daemon=True)
            thread.start()
            self._threads.append(thread)

    def encoded(self, table: TablePlan) -> Iterator[Encoded]:
        """Yield the batches of a table in any order; what is left when the caller stops is dropped."""
        place = next(place for place, planned in enumerate(self._tables) if planned.name == table.name)
        try:
            while (batch := self._next(place)) is not None:
                yield batch
        finally:
            with self._changed:
                self._dropped.add(place)
                for number, encoded in self._ready[place]:
                    self._ahead[number] -= len(encoded.data)
                self._ready[place].clear()
                self._changed.notify_all()

    def _next(self, place: int) -> Encoded | None:
        with self._changed:
            while not self._ready[place]:
                if self._failure is not None:
                    raise self._failure
                if self._ended[place] == len(self._processes):
                    return None
                self._changed.wait()
            number, encoded = self._ready[place].popleft()
            self._ahead[number] -= len(encoded.data)
            self._changed.notify_all()
            return encoded

    def _receive(self, number: int, process: subprocess.Popen[bytes]) -> None:
        """Take what one worker sends, and wait where it is too far ahead; runs in a thread of its own."""
        place = 0
        while place < len(self._tables):
            try:
                answer = _answer(process)
            except TransferError as error:
                with self._changed:
                    self._failure = self._failure or error
                    self._changed.notify_all()
                self.all_cast.set()
                return
            with self._changed:
                if isinstance(answer, int):
                    self._ended[answer] += 1
                    place = answer + 1
                elif place not in self._dropped and not self._leaving:
                    self._ready[place].extend((number, encoded) for encoded in answer)
                    self._ahead[number] += sum(len(encoded.data) for encoded in answer)
                self._changed.notify_all()
                # What is waited for must come, however much of another table lies here.
                while self._ahead[number] > self._most and place not in self._dropped and not self._leaving:
                    self._changed.wait()
        if all(ended == len(self._processes) for ended in self._ended.values()):
            self.all_cast.set()


def _send(process: subprocess.Popen[bytes], request: tuple[object, ...]) -> None:
    if process.stdin is None:
        raise TypeError("a worker was started without a pipe")
    try:
        pickle.dump(request, process.stdin)
        process.stdin.flush()
    except BrokenPipeError as error:
        raise _gone() from error


def _answer(process: subprocess.Popen[bytes]) -> Any:  # noqa: ANN401 - anything that pickle takes
    """Return what a worker sends next; what it could not do becomes an error here."""
    if process.stdout is None:
        raise TypeError("a worker was started without a pipe")
    try:
        answer = pickle.load(process.stdout)  # noqa: S301 - the worker is our own
    except (EOFError, pickle.UnpicklingError) as error:
        raise _gone() from error
    if isinstance(answer, tuple):
        raise TransferError(*answer)
    return answer


def _gone() -> TransferError:
    return TransferError("a process that casts has ended", "run again; there may be too little memory for it")
