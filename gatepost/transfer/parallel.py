"""Casting in several processes, for the one COPY of the one transaction.

Casting is what keeps a processor busy on this side. Every worker reads its own pieces of a table from the same state
of the file, and sends back batches that are ready; the connection, the transaction and its promise stay as they are.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any

from gatepost.errors import GatepostError, TransferError
from gatepost.transfer.casts.how import How
from gatepost.transfer.encode import Encoded, Encoder
from gatepost.transfer.source import Source, Watch
from gatepost.transfer.values import Options, TablePlan

PIECE_ROWS = 20_000
"""About the rows of a piece of work; a smaller table is not worth the way to another process."""

_ATTEMPTS = 5


class Workers:
    """Processes that read one file in one and the same state."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path = path
        self._zone = (options.timezone, options.epoch)
        # A fork would share SQLite's locks and psycopg2's socket with its parent.
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes = []
        for _ in range(options.parallel):
            near, far = context.Pipe()
            process = context.Process(target=work, args=(far, path), daemon=True)
            process.start()
            far.close()
            self._pipes.append(near)
            self._processes.append(process)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()
            process.close()

    def open(self) -> Source:
        """Open the source here and in every worker, all in the same state.

        Raises:
            TransferError: somebody writes to the file so often that it does not stand still for a moment.
        """
        for _ in range(_ATTEMPTS):
            with Watch(self.path) as watch:
                source = Source(self.path)
                for pipe in self._pipes:
                    pipe.send(("open",))
                for pipe in self._pipes:
                    _receive(pipe)
                if watch.still():
                    return source
                source.close()
        raise TransferError(f'"{self.path}" is written to all the time', "transfer a copy, or leave --parallel out")

    def encoded(self, source: Source, table: TablePlan) -> Iterator[Encoded] | None:
        """Return the batches of a table in any order, or None where it is better read here."""
        if not table.source.rowid or table.source.rows < 2 * PIECE_ROWS:
            return None
        low, high = source.span(table.source)
        width = max(1, (high - low + 1) * PIECE_ROWS // table.source.rows)
        return self._spread(table, [(start, min(start + width - 1, high)) for start in range(low, high + 1, width)])

    def _spread(self, table: TablePlan, pieces: list[tuple[int, int]]) -> Iterator[Encoded]:
        waiting = list(reversed(pieces))
        busy: list[Pipe] = []
        try:
            for pipe in self._pipes[: len(waiting)]:
                pipe.send(("piece", table, self._zone, waiting.pop()))
                busy.append(pipe)
            while busy:
                for ready in wait(busy):
                    if not isinstance(ready, Pipe):
                        continue
                    encoded = _receive(ready)
                    if encoded is not None:
                        yield encoded
                    elif waiting:
                        ready.send(("piece", table, self._zone, waiting.pop()))
                    else:
                        busy.remove(ready)
        finally:
            # Where COPY was ended early the workers are still sending; the next table must not get these batches.
            for pipe in busy:
                while _receive(pipe) is not None:
                    pass


def work(pipe: Pipe, path: Path) -> None:
    """Do what the caller asks until it hangs up; the main function of a worker."""
    source: Source | None = None
    try:
        while True:
            asked = pipe.recv()
            try:
                if asked[0] == "open":
                    if source is not None:
                        source.close()
                    source = Source(path)
                elif source is not None:
                    _, table, (timezone, epoch), between = asked
                    encoder = Encoder(table, How.of(timezone, epoch))
                    for batch in source.batches(table.source, table.read, between=between):
                        pipe.send(encoder.encode(batch))
                pipe.send(None)
            except GatepostError as error:
                pipe.send(TransferError(error.message, error.mend))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
    finally:
        if source is not None:
            source.close()


def _receive(pipe: Pipe) -> Encoded | None:
    try:
        told: Any = pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        raise TransferError("a process that casts has ended", "run again, with a smaller --parallel") from error
    if isinstance(told, TransferError):
        raise told
    if told is None or isinstance(told, Encoded):
        return told
    raise TypeError(f"a worker sent {type(told).__name__}")
