"""The process beside a transfer that reads and casts: requests on its standard input, answers on its standard output.

It imports neither psycopg2 nor anything else that a cast does not need, and ends when its parent does.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from gatepost.errors import GatepostError
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.encode.copy_text import Encoded
from gatepost.transfer.mapping.values import Unit
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import TablePlan

PIECE_ROWS = 20_000
"""About the rows of a piece of work: a table is dealt out to several processes in pieces."""

SENT_BYTES = 64 * 1024
"""About what goes to the parent at a time."""


def main() -> None:
    """Answer until the parent hangs up."""
    # What Python prints by accident must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Rows are many objects without a circle among them, and looking for one costs a twentieth of the time.
    gc.freeze()
    gc.set_threshold(100_000)
    try:
        answer(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        # Nobody is left to answer; closing would try once more to send what is waiting.
        os._exit(0)


def answer(requests: BinaryIO, answers: BinaryIO) -> None:
    """Do what the parent requests.

    `("open", path)` takes hold of the source, anew each time; `("cast", tables, timezone, epoch, number, workers)`
    sends lists of batches, and after each table the table's place in the list.
    """
    source: Source | None = None
    while True:
        request = pickle.load(requests)  # noqa: S301 - the parent made the pipe
        try:
            if request[0] == "open":
                if source is not None:
                    source.close()
                source = Source(Path(request[1]))
                _send(answers, None)
            elif source is not None:
                _cast(source, answers, *request[1:])
        except GatepostError as error:
            _send(answers, (error.message, error.hint))


def _cast(
    source: Source,
    answers: BinaryIO,
    tables: tuple[TablePlan, ...],
    timezone: str,
    epoch: Unit | None,
    number: int,
    workers: int,
) -> None:
    turn = 0
    for place, table in enumerate(tables):
        encoder = encoder_of(table, TimeOptions.of(timezone, epoch))
        # What the server has to read first is cast by the process that is connected to it.
        for piece in [] if table.asks_server else pieces(source, table):
            turn += 1
            if turn % workers == number:
                _send_all(answers, map(encoder.encode, source.select(table.source, table.selected, between=piece)))
        _send(answers, place)


def pieces(source: Source, table: TablePlan) -> list[tuple[int, int] | None]:
    """Return the row numbers between which a table is read, piece by piece; None is a whole table."""
    if not table.source.rowid or table.source.rows < 2 * PIECE_ROWS:
        return [None] if table.source.rows else []
    low, high = source.span(table.source)
    width = max(1, (high - low + 1) * PIECE_ROWS // table.source.rows)
    return [(start, min(start + width - 1, high)) for start in range(low, high + 1, width)]


def _send_all(answers: BinaryIO, batches: Iterator[Encoded]) -> None:
    waiting: list[Encoded] = []
    size = 0
    for encoded in batches:
        waiting.append(encoded)
        size += len(encoded.data)
        if size >= SENT_BYTES:
            _send(answers, waiting)
            waiting, size = [], 0
    if waiting:
        _send(answers, waiting)


def _send(answers: BinaryIO, message: Any) -> None:  # noqa: ANN401 - anything that pickle takes
    pickle.dump(message, answers, protocol=5)
    answers.flush()
