"""A batch of rows to COPY's text form, with the rows that cannot be moved taken out and said why."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from operator import methodcaller
from typing import Any

from gatepost.transfer.casts.columns import FAST, NULL, Texts, escaped
from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.table import cast
from gatepost.transfer.source import Row
from gatepost.transfer.values import ColumnPlan, Reject, TablePlan

SHOWN = 80
"""Characters of a value that a report shows."""

_digest = methodcaller("digest")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch ready to send.

    `fingerprint` is the sum, over the rows, of the first 64 bits of the MD5 of the row as PostgreSQL prints it: the
    same whatever the order of the rows, another one if a single character changes. `nulls` counts by column.
    `rejects` holds the rows that cannot be moved, each with what is wrong with it.
    """

    data: bytes
    rows: int
    fingerprint: int
    nulls: tuple[int, ...]
    rejects: tuple[tuple[tuple[Reject, ...], Row], ...] = ()


class Encoder:
    """Encodes the batches of one table."""

    def __init__(self, plan: TablePlan, how: How) -> None:
        self.plan = plan
        self.how = how
        self._fast = [FAST.get(column.target.type.family) for column in plan.columns]

    def encode(self, batch: list[Row]) -> Encoded:
        """Return a batch as COPY reads it."""
        refused: dict[int, list[Reject]] = {}
        texts = self._texts(batch, refused)
        if not refused:
            return _joined(texts, len(batch), ())
        rejects = tuple((tuple(refused[place]), batch[place]) for place in sorted(refused))
        return _joined(texts, len(batch) - len(refused), rejects)

    def texts(self, batch: list[Row]) -> list[Texts]:
        """Return the columns of the rows that can be moved."""
        return self._texts(batch, {})

    def _texts(self, batch: list[Row], refused: dict[int, list[Reject]]) -> list[Texts]:
        values = list(zip(*batch, strict=True))
        texts: list[Texts] = []
        for place, column in enumerate(self.plan.columns):
            fast = self._fast[place]
            found = fast(values[place], column.target.type, self.how) if fast else None
            if found is None or (found.nulls and column.target.not_null):
                found = self._one_by_one(values[place], column, batch, refused)
            texts.append(found)
        if not refused:
            return texts
        kept = [place for place in range(len(batch)) if place not in refused]
        return [_only(column, kept) for column in texts]

    def key(self, row: Row) -> str:
        """Return how a report names a row: by its key, or by its row number where it has none."""
        plan = self.plan
        names = (plan.read[place] for place in plan.key)
        return ", ".join(f"{name}={shortened(row[place])}" for name, place in zip(names, plan.key, strict=True))

    def _one_by_one(
        self, values: Sequence[Any], column: ColumnPlan, batch: list[Row], refused: dict[int, list[Reject]]
    ) -> Texts:
        printed: list[str] = []
        nulls = 0
        for place, value in enumerate(values):
            text = NULL
            try:
                if value is not None:
                    text = cast(value, column.target.type, self.how)
                elif column.target.not_null:
                    raise Refused("is NULL, and the column may not be")
                else:
                    nulls += 1
            except Refused as why:
                refused.setdefault(place, []).append(
                    Reject(self.plan.name, self.key(batch[place]), column.target.name, shortened(value), str(why))
                )
            printed.append(text)
        return Texts(printed, escaped(printed, len(printed)), nulls)


def shortened(value: object) -> str:
    """Return a value as a report shows it: as Python would write it, cut to a width."""
    text = repr(value) if not isinstance(value, str | bytes) else repr(value[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _only(column: Texts, kept: list[int]) -> Texts:
    printed = [column.printed[place] for place in kept]
    return Texts(printed, [column.escaped[place] for place in kept], sum(text is NULL for text in printed))


def _joined(texts: list[Texts], rows: int, rejects: tuple[tuple[tuple[Reject, ...], Row], ...]) -> Encoded:
    nulls = tuple(column.nulls for column in texts)
    if not rows:
        return Encoded(b"", 0, 0, nulls, rejects)
    lines = list(map(str.encode, map("\t".join, zip(*(column.printed for column in texts), strict=True))))
    if all(column.printed is column.escaped for column in texts):
        data = b"\n".join(lines) + b"\n"
    else:
        escaped_lines = map("\t".join, zip(*(column.escaped for column in texts), strict=True))
        data = ("\n".join(escaped_lines) + "\n").encode()
    return Encoded(data, rows, fingerprint(lines), nulls, rejects)


def fingerprint(lines: list[bytes]) -> int:
    """Return the sum over the lines of the first eight bytes of each MD5, as a signed big-endian number."""
    sums = array("q", b"".join(map(_digest, map(md5, lines))))
    if sys.byteorder == "little":
        sums.byteswap()
    return sum(sums[::2])
