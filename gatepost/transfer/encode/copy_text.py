"""Encode a batch of rows in COPY's text format, and separate the rows that cannot be moved, with reasons."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.ways import cast_allowed, prepared, prepares, suggestions
from gatepost.transfer.casts.whole_columns import COLUMN, FAST, LINE, NULL, TEXTS, Fast, TextColumn
from gatepost.transfer.mapping.values import Way
from gatepost.transfer.masking import shown, without_secrets
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import Reject, TablePlan

try:
    # Half again as fast on short texts as the one that hashlib takes from OpenSSL, and the same sum.
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    from hashlib import md5

SHOWN = 80
"""Characters of a value that a report shows."""

_REASONS = 1_000
"""Reasons for which it is tried what would accept a value."""

_NUMBER = re.compile(r"[0-9]+")
_COLUMN, _LINE, _NULL = COLUMN.encode(), LINE.encode(), NULL.encode()
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_digest = methodcaller("digest")
_encode = methodcaller("encode")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch ready to send.

    `fingerprint` is the sum, over the rows, of 64 bits as `fingerprints.row_fingerprint` computes them: the same
    whatever the order of the rows, another one if a single character changes. `nulls` counts by column.
    `rejects` holds the rows that cannot be moved, each with what is wrong with it; `changed` counts the values that
    were not moved exactly, by the place of their column and the way that was allowed.
    """

    data: bytes
    rows: int
    fingerprint: int
    nulls: tuple[int, ...]
    rejects: tuple[tuple[tuple[Reject, ...], Row], ...] = ()
    changed: tuple[tuple[int, Way, int], ...] = ()


class Batch:
    """What is found while a batch is cast: the rows that are refused, and the values that are not moved exactly.

    With `whole`, the first row that is refused ends the work (`NotWhole`): such a batch is cast again, another way.
    """

    def __init__(self, rows: list[Row], *, whole: bool = False) -> None:
        self.rows = rows
        self.whole = whole
        self.refused: dict[int, list[Reject]] = {}
        self._changed: dict[tuple[int, Way], list[int]] = {}

    def change(self, column: int, way: Way, row: int) -> None:
        """Record a value that is not moved exactly."""
        self._changed.setdefault((column, way), []).append(row)

    @property
    def kept(self) -> list[int]:
        """The places of the rows that can be moved."""
        return [place for place in range(len(self.rows)) if place not in self.refused]

    @property
    def rejects(self) -> tuple[tuple[tuple[Reject, ...], Row], ...]:
        """The rows that are refused, each with what is wrong with it."""
        return tuple((tuple(self.refused[place]), self.rows[place]) for place in sorted(self.refused))

    @property
    def changed(self) -> tuple[tuple[int, Way, int], ...]:
        """How many values of the rows that can be moved were changed, by column and way."""
        counted = ((*key, sum(row not in self.refused for row in rows)) for key, rows in self._changed.items())
        return tuple(found for found in counted if found[2])


class Encoder:
    """Encodes the batches of one table."""

    def __init__(self, plan: TablePlan, how: TimeOptions) -> None:
        self.plan = plan
        self.how = how
        self._ways_of: dict[tuple[int, str], tuple[Way, ...]] = {}
        self._prepares = [column.new_ids is not None or prepares(column.casts) for column in plan.columns]
        self._fast = [FAST.get(column.target.type.family) for column in plan.columns]
        self._strict = [None if c.target.type.family in TEXTS else FAST.get(c.target.type.family) for c in plan.columns]

    def encode(self, batch: list[Row]) -> Encoded:
        """Return a batch as COPY reads it."""
        found = Batch(batch, whole=True)
        with suppress(NotWhole):
            return _joined(self._texts(found, self._fast), found)
        # A row is reported with all its problems, and the fast way checks some texts only at the end.
        found = Batch(batch)
        return _joined(self._texts(found, self._strict), found)

    def texts(self, batch: list[Row]) -> list[TextColumn]:
        """Return the columns of the rows that can be moved."""
        return self._texts(Batch(batch), self._strict)

    def kept(self, batch: list[Row]) -> tuple[list[Row], list[TextColumn]]:
        """Return the rows that can be moved, and their columns."""
        found = Batch(batch)
        texts = self._texts(found, self._strict)
        return [batch[place] for place in found.kept], texts

    def _texts(self, batch: Batch, ways: list[Fast | None]) -> list[TextColumn]:
        values = list(zip(*batch.rows, strict=True))
        texts: list[TextColumn] = []
        for place, column in enumerate(self.plan.columns):
            fast = ways[place]
            read = self._prepared(values[place], place, batch)
            found = fast(read, column.target.type, self.how) if fast else None
            if found is None or (found.nulls and column.target.not_null):
                found = self._one_by_one(read, place, batch)
            texts.append(found)
        return [_only(column, batch.kept) for column in texts] if batch.refused else texts

    def _prepared(self, values: Sequence[Any], place: int, batch: Batch) -> Sequence[Any]:
        """Return the values of a column as they are cast, where its mapping changes some of them before."""
        if not self._prepares[place]:
            return values
        read = []
        column = self.plan.columns[place]
        for row, given in enumerate(values):
            value = given if column.new_ids is None else column.new_ids.of(given)
            one, way = prepared(value, column.casts)
            if way is not None:
                batch.change(place, way, row)
            read.append(one)
        return read

    def values(self, row: Row) -> Row:
        """Return the values of a row, for a report."""
        return row

    def key(self, row: Row) -> str:
        """Return the name of a row for a report: its key, or its row number if it has none."""
        plan = self.plan
        return ", ".join(f"{plan.read[place]}={shown(plan.read[place], shortened(row[place]))}" for place in plan.key)

    def _one_by_one(self, values: Sequence[Any], place: int, batch: Batch) -> TextColumn:
        column = self.plan.columns[place]
        printed: list[str] = []
        nulls = 0
        if column.by_server and self.how.server is not None:
            self.how.server.prefetch(values, column.target.type)
        for row, value in enumerate(values):
            text = NULL
            try:
                if value is not None:
                    text, way = cast_allowed(value, column.target.type, self.how, column.casts)
                    if way is not None:
                        batch.change(place, way, row)
                elif column.target.not_null:
                    raise Refused("is NULL, and the column may not be")
                else:
                    nulls += 1
            except Refused as why:
                if batch.whole:
                    raise NotWhole from None
                batch.refused.setdefault(row, []).append(self._reject(batch.rows[row], place, value, str(why)))
            printed.append(text)
        return TextColumn(printed, nulls)

    def _reject(self, row: Row, place: int, value: Any, why: str) -> Reject:  # noqa: ANN401 - any value
        column = self.plan.columns[place]
        name, kind = column.target.name, (place, _NUMBER.sub("", why))
        if kind not in self._ways_of and len(self._ways_of) < _REASONS:
            self._ways_of[kind] = suggestions(value, column.target.type, self.how, column.casts)
        reason = without_secrets(why, [(name, value)])
        written = shown(name, shortened(value))
        return Reject(self.plan.name, self.key(row), name, written, reason, self._ways_of.get(kind, ()))


def shortened(value: object) -> str:
    """Return a value as a report shows it: as Python would write it, cut to a width."""
    if value is None:
        return "NULL"
    text = repr(value) if not isinstance(value, str | bytes) else repr(value[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


class NotWhole(Exception):
    """A row of the batch is refused, or a text of it holds a NUL character or half of a surrogate pair."""


def _only(column: TextColumn, kept: list[int]) -> TextColumn:
    printed = [column.printed[place] for place in kept]
    return TextColumn(printed, sum(text is NULL for text in printed))


def _joined(texts: list[TextColumn], batch: Batch) -> Encoded:
    nulls = tuple(column.nulls for column in texts)
    rows = len(batch.rows) - len(batch.refused)
    if not rows:
        return Encoded(b"", 0, 0, nulls, batch.rejects)
    try:
        # A row at a time, since one emoji would make four bytes of every character of a longer text.
        lines = list(map(_encode, map(COLUMN.join, zip(*(column.printed for column in texts), strict=True))))
    except UnicodeEncodeError:
        raise NotWhole from None
    data = _LINE.join(lines)
    if b"\0" in data:
        raise NotWhole
    signs = (data.count(_LINE), data.count(_COLUMN), data.count(_NULL))
    # If a text contains one of our separators, rows and values have to be separated one by one.
    plain = signs == (rows - 1, rows * (len(texts) - 1), sum(nulls))
    written = _escaped(data) + b"\n" if plain else _one_by_one(texts)
    return Encoded(written, rows, fingerprint(lines), nulls, batch.rejects, batch.changed)


def _escaped(data: bytes) -> bytes:
    """Return a batch in COPY's text form, https://www.postgresql.org/docs/17/sql-copy.html#SQL-COPY-FILE-FORMATS."""
    for sign, written in ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\t", b"\\t"), (b"\r", b"\\r")):
        if sign in data:
            data = data.replace(sign, written)
    return data.replace(_COLUMN, b"\t").replace(_LINE, b"\n").replace(_NULL, b"\\N")


def _one_by_one(texts: list[TextColumn]) -> bytes:
    rows = zip(*(column.printed for column in texts), strict=True)
    lines = ("\t".join("\\N" if text is NULL else text.translate(_ESCAPES) for text in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def fingerprint(lines: list[bytes]) -> int:
    """Return the sum over the lines of the first eight bytes of each MD5, as a signed big-endian number."""
    sums = array("q", b"".join(map(_digest, map(md5, lines))))
    if sys.byteorder == "little":
        sums.byteswap()
    return sum(sums[::2])
