"""Encode a batch of rows in COPY's text format, and separate the rows that cannot be moved, with reasons."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from gatepost.transfer.casts.registry import cast
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.whole_columns import COLUMN, FAST, LINE, NULL, TEXTS, Fast, TextColumn
from gatepost.transfer.masking import shown, without_secrets
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import ColumnPlan, Reject, TablePlan

try:
    # Half again as fast on short texts as the one that hashlib takes from OpenSSL, and the same sum.
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    from hashlib import md5

SHOWN = 80
"""Characters of a value that a report shows."""

_COLUMN, _LINE, _NULL = COLUMN.encode(), LINE.encode(), NULL.encode()
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_digest = methodcaller("digest")
_encode = methodcaller("encode")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch ready to send.

    `fingerprint` is the sum, over the rows, of 64 bits as `fingerprints.row_fingerprint` computes them: the same
    whatever the order of the rows, another one if a single character changes. `nulls` counts by column.
    `rejects` holds the rows that cannot be moved, each with what is wrong with it.
    """

    data: bytes
    rows: int
    fingerprint: int
    nulls: tuple[int, ...]
    rejects: tuple[tuple[tuple[Reject, ...], Row], ...] = ()


class Encoder:
    """Encodes the batches of one table."""

    def __init__(self, plan: TablePlan, how: TimeOptions) -> None:
        self.plan = plan
        self.how = how
        self._fast = [FAST.get(column.target.type.family) for column in plan.columns]
        self._strict = [None if c.target.type.family in TEXTS else FAST.get(c.target.type.family) for c in plan.columns]

    def encode(self, batch: list[Row]) -> Encoded:
        """Return a batch as COPY reads it."""
        refused: dict[int, list[Reject]] = {}
        texts = self._texts(batch, refused, self._fast)
        if not refused:
            try:
                return _joined(texts, batch, refused)
            except _Unwritable:
                pass
        # A row is reported with all its problems, and the fast way checks some texts only at the end.
        refused = {}
        texts = self._texts(batch, refused, self._strict)
        return _joined(texts, batch, refused)

    def texts(self, batch: list[Row]) -> list[TextColumn]:
        """Return the columns of the rows that can be moved."""
        return self._texts(batch, {}, self._strict)

    def _texts(self, batch: list[Row], refused: dict[int, list[Reject]], ways: list[Fast | None]) -> list[TextColumn]:
        values = list(zip(*batch, strict=True))
        texts: list[TextColumn] = []
        for place, column in enumerate(self.plan.columns):
            fast = ways[place]
            found = fast(values[place], column.target.type, self.how) if fast else None
            if found is None or (found.nulls and column.target.not_null):
                found = self._one_by_one(values[place], column, batch, refused)
            texts.append(found)
        if not refused:
            return texts
        kept = [place for place in range(len(batch)) if place not in refused]
        return [_only(column, kept) for column in texts]

    def values(self, row: Row) -> Row:
        """Return the values of a row, for a report."""
        return row

    def key(self, row: Row) -> str:
        """Return the name of a row for a report: its key, or its row number if it has none."""
        plan = self.plan
        names = (plan.read[place] for place in plan.key)
        return ", ".join(
            f"{name}={shown(name, shortened(row[place]))}" for name, place in zip(names, plan.key, strict=True)
        )

    def _one_by_one(
        self, values: Sequence[Any], column: ColumnPlan, batch: list[Row], refused: dict[int, list[Reject]]
    ) -> TextColumn:
        printed: list[str] = []
        nulls = 0
        how = self.how.counting(column.epoch)
        for place, value in enumerate(values):
            text = NULL
            try:
                if value is not None:
                    text = cast(value, column.target.type, how)
                elif column.target.not_null:
                    raise Refused("is NULL, and the column may not be")
                else:
                    nulls += 1
            except Refused as why:
                name, reason = column.target.name, without_secrets(str(why), [(column.target.name, value)])
                problem = Reject(self.plan.name, self.key(batch[place]), name, shown(name, shortened(value)), reason)
                refused.setdefault(place, []).append(problem)
            printed.append(text)
        return TextColumn(printed, nulls)


def shortened(value: object) -> str:
    """Return a value as a report shows it: as Python would write it, cut to a width."""
    if value is None:
        return "NULL"
    text = repr(value) if not isinstance(value, str | bytes) else repr(value[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


class _Unwritable(Exception):
    """A text of the batch holds a NUL character or half of a surrogate pair."""


def _only(column: TextColumn, kept: list[int]) -> TextColumn:
    printed = [column.printed[place] for place in kept]
    return TextColumn(printed, sum(text is NULL for text in printed))


def _joined(texts: list[TextColumn], batch: list[Row], refused: dict[int, list[Reject]]) -> Encoded:
    nulls = tuple(column.nulls for column in texts)
    rejects = tuple((tuple(refused[place]), batch[place]) for place in sorted(refused))
    rows = len(batch) - len(refused)
    if not rows:
        return Encoded(b"", 0, 0, nulls, rejects)
    try:
        # A row at a time, since one emoji would make four bytes of every character of a longer text.
        lines = list(map(_encode, map(COLUMN.join, zip(*(column.printed for column in texts), strict=True))))
    except UnicodeEncodeError:
        raise _Unwritable from None
    data = _LINE.join(lines)
    if b"\0" in data:
        raise _Unwritable
    signs = (data.count(_LINE), data.count(_COLUMN), data.count(_NULL))
    # If a text contains one of our separators, rows and values have to be separated one by one.
    plain = signs == (rows - 1, rows * (len(texts) - 1), sum(nulls))
    written = _escaped(data) + b"\n" if plain else _one_by_one(texts)
    return Encoded(written, rows, fingerprint(lines), nulls, rejects)


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
