"""Load rows with one COPY per table, batch by batch, so that memory does not grow with the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import chain
from typing import Protocol

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.name_hints import is_secret
from gatepost.transfer.compare.fingerprints import Tally
from gatepost.transfer.encode.copy_text import Encoded, shortened
from gatepost.transfer.load.copy_freeze import truncate_for_freeze
from gatepost.transfer.load.rejects import TableRejects
from gatepost.transfer.load.row_by_row import Fault, RowByRow, fault_of
from gatepost.transfer.mapping.values import Way
from gatepost.transfer.masking import shown, without_secrets
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import ForeignKey, Reject, TablePlan

Progress = Callable[[str, int, int], None]
"""Called with the table, the rows done and the total."""

Batches = Callable[[], Iterable[list[Row]]]
"""Starts to read a table from its first row."""

_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""The header and the trailer of a COPY in its binary format."""

_TOGETHER, _BYTES_TOGETHER = 10, 1 << 20
"""How many batches, and bytes of them, are tried at once where rows may be refused."""

_ROW_FAULTS = (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.errors.RaiseException)
"""Errors that a row can cause: a value, a constraint, or a trigger that refuses it."""


class Encoding(Protocol):
    """Encodes a batch for COPY and identifies its rows: an `Encoder`, or lines that were cast before."""

    plan: TablePlan

    def encode(self, batch: list[Row]) -> Encoded:
        """Return a batch encoded for COPY."""

    def values(self, row: Row) -> Row:
        """Return the values of a row, for a report."""

    def key(self, row: Row) -> str:
        """Return the name of a row for a report."""


class Feed:
    """The file that COPY reads: batches that are encoded on demand."""

    def __init__(self, batches: Iterator[bytes]) -> None:
        self._batches = batches
        self._rest: bytes | memoryview = b""
        self.failure: BaseException | None = None

    def readline(self, size: int = 1 << 20, /) -> bytes:
        """Do the same as `read`; psycopg2 requires this method and never calls it."""
        return self.read(size)

    def read(self, size: int = 1 << 20, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""
        try:
            while not self._rest:
                following = next(self._batches, None)
                if following is None:
                    return b""
                self._rest = following
            # Of a view, unlike of bytes, what is left is no copy.
            rest = self._rest if len(self._rest) <= size else memoryview(self._rest)
            part, self._rest = bytes(rest[:size]), rest[size:]
        except BaseException as error:
            # psycopg2 ends the COPY with an error of its own, which would hide this one, a person's Ctrl-C too.
            self.failure = error
            raise
        return part


class Loading:
    """The load of one table: what was sent, and what was refused."""

    def __init__(
        self,
        connection: Connection,
        encoder: Encoding,
        progress: Progress,
        rejects: TableRejects,
        *,
        frozen: bool = False,
    ) -> None:
        self.connection = connection
        self.frozen = frozen
        self.encoder = encoder
        self.plan = encoder.plan
        self.progress = progress
        self.rejects = rejects
        self.sent = Tally.of(self.plan)
        self.changed: Counter[tuple[str, Way]] = Counter()
        self._secret = [place for place, c in enumerate(self.plan.columns) if is_secret(c.target.name)]

    def load(self, batches: Batches, ahead: Iterator[Encoded] | None = None) -> Tally:
        """Copy the table and return what was sent; if PostgreSQL refuses rows, find out which.

        Args:
            batches: Begins to read the table.
            ahead: The same rows, encoded by other processes.

        Raises:
            TransferError: it fails for another reason than a row.
        """
        with self.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT gatepost_table")
            try:
                if self.frozen:
                    cursor.execute(truncate_for_freeze(self.plan))
                if self.plan.asks_server:
                    # The connection can be asked between two COPYs only, so each batch is one.
                    self._copy_carefully(cursor, batches)
                else:
                    self._copy(cursor, ahead if ahead is not None else map(self.encoder.encode, batches()))
            except _ROW_FAULTS:
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_table")
                self.rejects.forget()
                self.sent = Tally.of(self.plan)
                self.changed.clear()
                self._copy_carefully(cursor, batches)
            except psycopg2.Error as error:
                raise refusal(self.plan.name, error) from error
            cursor.execute("RELEASE SAVEPOINT gatepost_table")
        return self.sent

    def _copy(self, cursor: Cursor, encoded: Iterator[Encoded]) -> None:
        feed = Feed(whole(self.plan, (self._count(each).data for each in encoded)))
        try:
            cursor.copy_expert(copy_statement(self.plan, frozen=self.frozen), feed, size=1 << 20)
        except psycopg2.Error as error:
            if feed.failure is not None:
                raise feed.failure from None
            if "error in .read() call" in str(error):
                # Nothing in there failed, so it was stopped where Python looks for signals: before its first line.
                raise KeyboardInterrupt from None
            raise
        if cursor.rowcount != self.sent.rows:
            raise TransferError(
                f'"{self.plan.name}" took {cursor.rowcount} rows of {self.sent.rows}',
                "a trigger on the table silently drops rows",
            )

    def _count(self, encoded: Encoded) -> Encoded:
        self.sent += Tally(encoded.rows, encoded.fingerprint, encoded.nulls)
        for place, way, values in encoded.changed:
            self.changed[self.plan.columns[place].target.name, way] += values
        for problems, row in encoded.rejects:
            self.rejects.add(problems, row)
        self.progress(self.plan.name, self.sent.rows + self.rejects.rows, self.plan.source.rows)
        return encoded

    def _copy_carefully(self, cursor: Cursor, batches: Batches) -> None:
        """Copy some batches at a time, and of refused ones all rows but those that are refused."""
        by_row = RowByRow(self.plan)
        some_refused = False
        for group in self._encoded_groups(batches()):
            data = b"".join(encoded.data for _, encoded in group)
            if not data or (not some_refused and self._try(cursor, data) is None):
                self._count_all(group)
                continue
            # Where rows of a group were refused, some of the next one are likely to be.
            faults = by_row.faults(cursor, b"".join(whole(self.plan, [data])))
            some_refused = bool(faults)
            if faults is None:
                for batch, _ in group:
                    self._halve(cursor, batch)
            elif faults:
                self._set_aside(group, faults)
            else:
                self._count_all(group)

    def _encoded_groups(self, batches: Iterable[list[Row]]) -> Iterator[list[tuple[list[Row], Encoded]]]:
        """Yield batches together, as long as they are small; stop where the report is full and there are no files."""
        group: list[tuple[list[Row], Encoded]] = []
        size = 0
        for batch in batches:
            if self.rejects.full:
                # Nothing will be written, and a report would not show more.
                self.rejects.stopped = True
                return
            group.append((batch, self.encoder.encode(batch)))
            size += len(group[-1][1].data)
            if len(group) == _TOGETHER or size > _BYTES_TOGETHER:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _count_all(self, group: list[tuple[list[Row], Encoded]]) -> None:
        for _, encoded in group:
            self._count(encoded)

    def _set_aside(self, group: list[tuple[list[Row], Encoded]], faults: dict[int, Fault]) -> None:
        """Count batches of which rows were refused, without those."""
        first = 0
        for batch, encoded in group:
            refused = {id(row) for _, row in encoded.rejects}
            sent = [row for row in batch if id(row) not in refused]
            kept = [row for place, row in enumerate(sent, first) if place not in faults]
            none = Encoded(b"", 0, 0, (0,) * len(self.plan.columns))
            left = encoded if len(kept) == len(sent) else self.encoder.encode(kept) if kept else none
            self._count(replace(left, rejects=encoded.rejects))
            for place, row in enumerate(sent, first):
                if place in faults:
                    self._refuse(row, faults[place])
            first += len(sent)

    def _halve(self, cursor: Cursor, batch: list[Row]) -> None:
        """Copy a refused batch by halves, until only the refused rows are left."""
        waiting = [batch]
        while waiting:
            part = waiting.pop()
            encoded = self.encoder.encode(part)
            fault = self._try(cursor, encoded.data) if encoded.rows else None
            if fault is None:
                self._count(encoded)
            elif len(part) == 1:
                self._refuse(part[0], fault_of(fault))
            else:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]

    def _refuse(self, row: Row, fault: Fault) -> None:
        self.rejects.add((self._refused(row, fault),), self.encoder.values(row))
        self.progress(self.plan.name, self.sent.rows + self.rejects.rows, self.plan.source.rows)

    def _try(self, cursor: Cursor, data: bytes) -> psycopg2.Error | None:
        cursor.execute("SAVEPOINT gatepost_batch")
        try:
            cursor.copy_expert(copy_statement(self.plan), BytesIO(b"".join(whole(self.plan, [data]))), size=1 << 20)
        except _ROW_FAULTS as error:
            # Without the release every refusal would leave a transaction inside the one before.
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_batch; RELEASE SAVEPOINT gatepost_batch")
            return error
        except psycopg2.Error as error:
            raise refusal(self.plan.name, error) from error
        cursor.execute("RELEASE SAVEPOINT gatepost_batch")
        return None

    def _violated(self, fault: Fault) -> ForeignKey | None:
        """Return the foreign key of this table that a fault is about, if it is about one."""
        if not fault.foreign_key or fault.table != self.plan.name:
            return None
        return next((key for key in self.plan.target.foreign_keys if key.name == fault.constraint), None)

    def _refused(self, row: Row, fault: Fault) -> Reject:
        key = self._violated(fault)
        if key is not None:
            values = dict(zip((c.target.name for c in self.plan.columns), self.encoder.values(row), strict=False))
            written = ", ".join(shown(name, shortened(values.get(name))) for name in key.columns)
            reason = f'has no row in "{self.plan.target.parent(key)}"'
            return Reject(self.plan.name, self.encoder.key(row), ", ".join(key.columns), written, reason)
        return Reject(self.plan.name, self.encoder.key(row), fault.column, "", self._reason(row, fault))

    def _reason(self, row: Row, fault: Fault) -> str:
        # The detail of a CHECK is the whole row, which no message shows.
        detail = f" ({fault.detail})" if fault.detail and not fault.check else ""
        values = self.encoder.values(row) if self._secret else ()
        secrets = [(self.plan.columns[place].target.name, values[place]) for place in self._secret]
        return f"is refused by PostgreSQL: {without_secrets(fault.said + detail, secrets)}"


def copy_statement(plan: TablePlan, *, frozen: bool = False) -> str:
    """Return the COPY into a table, with its columns named."""
    columns = sql.identifiers(column.target.name for column in plan.columns)
    options = ", ".join(["FORMAT binary"] * plan.binary + ["FREEZE"] * frozen)
    into = f"COPY {sql.qualified(plan.target.schema, plan.target.name)} ({columns}) FROM STDIN"
    return f"{into} WITH ({options})" if options else into


def whole(plan: TablePlan, batches: Iterable[bytes]) -> Iterator[bytes]:
    """Return batches as one COPY reads them."""
    return chain([_HEADER], batches, [_TRAILER]) if plan.binary else iter(batches)


def refusal(table: str, error: psycopg2.Error) -> TransferError:
    """Convert PostgreSQL's refusal into one sentence, with the row that it names."""
    said = error.diag.message_primary or str(error).strip().partition("\n")[0] or "the connection was lost"
    more = "; ".join(without_secrets(part) for part in (error.diag.message_detail, error.diag.context) if part)
    return TransferError(f'PostgreSQL refused "{table}": {said}' + (f" ({more})" if more else ""))
