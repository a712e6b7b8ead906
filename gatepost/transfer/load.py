"""Rows into tables: one COPY a table, fed batch by batch, so that memory does not grow with the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.casts.how import How
from gatepost.transfer.encode import Encoded, Encoder
from gatepost.transfer.source import Source
from gatepost.transfer.values import Reject, TablePlan

KEPT_REJECTS = 10_000
"""Rejects held for the report; the rest is counted. A run that has more needs `--rejects`, not a longer report."""

Progress = Callable[[str, int, int], None]
"""Told the table, its rows done and its rows in all."""


@dataclass(slots=True)
class Sent:
    """What was read from one table of the source, and what was sent of it."""

    rows: int = 0
    fingerprint: int = 0
    nulls: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejected_rows: int = 0

    def add(self, encoded: Encoded) -> None:
        """Count a batch."""
        self.rows += encoded.rows
        self.fingerprint += encoded.fingerprint
        self.nulls = [a + b for a, b in zip(self.nulls or [0] * len(encoded.nulls), encoded.nulls, strict=True)]
        self.rejected_rows += len(encoded.rejected)
        self.rejects.extend(encoded.rejects[: max(0, KEPT_REJECTS - len(self.rejects))])


class Feed:
    """The file that COPY reads: batches, encoded when they are asked for."""

    def __init__(self, batches: Iterator[bytes]) -> None:
        self._batches = batches
        self._rest = b""
        self.failure: BaseException | None = None

    def readline(self, size: int = 1 << 20, /) -> bytes:
        """Return as `read` does; psycopg2 asks a file to have this and never calls it."""
        return self.read(size)

    def read(self, size: int = 1 << 20, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""
        while not self._rest:
            try:
                self._rest = next(self._batches)
            except StopIteration:
                return b""
            except BaseException as error:
                # psycopg2 ends the COPY with an error of its own, which would hide this one.
                self.failure = error
                raise
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def load_table(
    connection: Connection, source: Source, plan: TablePlan, how: How, progress: Progress, *, send: bool
) -> Sent:
    """Copy one table; without `send`, only look for values that cannot be moved.

    Raises:
        TransferError: PostgreSQL refuses a row.
    """
    sent = Sent()
    feed = Feed(_encoded(source, plan, how, progress, sent, stop=send))
    if not send:
        while feed.read(1 << 20):
            pass
        return sent
    columns = sql.identifiers(column.target.name for column in plan.columns)
    table = sql.qualified(plan.target.schema, plan.target.name)
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", feed, size=1 << 20)
        except psycopg2.Error as error:
            if feed.failure is not None:
                raise feed.failure from None
            raise refusal(plan.name, error) from error
        if not sent.rejects and cursor.rowcount != sent.rows:
            raise TransferError(f'"{plan.name}" took {cursor.rowcount} rows of {sent.rows}')
    return sent


def refusal(table: str, error: psycopg2.Error) -> TransferError:
    """Return PostgreSQL's refusal as one sentence, with the row that it names."""
    said = error.diag.message_primary or str(error).strip() or "the connection was lost"
    more = "; ".join(part for part in (error.diag.message_detail, error.diag.context) if part)
    return TransferError(f'PostgreSQL refused "{table}": {said}' + (f" ({more})" if more else ""))


def _encoded(
    source: Source, plan: TablePlan, how: How, progress: Progress, sent: Sent, *, stop: bool
) -> Iterator[bytes]:
    encoder = Encoder(plan, how)
    for batch in source.batches(plan.source, plan.read):
        encoded = encoder.encode(batch)
        sent.add(encoded)
        progress(plan.name, sent.rows + sent.rejected_rows, plan.source.rows)
        # After the first reject nothing will be kept, so nothing more is sent; the search goes on for all of them.
        if not (stop and sent.rejects):
            yield encoded.data
