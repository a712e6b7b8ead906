"""Encode a batch of rows in COPY's binary format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.encode.binary_values import to_binary
from gatepost.transfer.encode.copy_text import Batch, Encoded, Encoder, NotWhole
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import ColumnPlan, TablePlan

try:
    from gatepost.transfer.encode._rows import encode as encode_rows
except ImportError:  # gatepost was installed without a compiler for C
    AVAILABLE = False
else:
    AVAILABLE = True

_KINDS = {
    "int2": b"h",
    "int4": b"i",
    "int8": b"q",
    "bool": b"b",
    "float8": b"d",
    "text": b"t",
    "varchar": b"t",
    "citext": b"t",
    "timestamp": b"m",
    "timestamptz": b"m",
    "date": b"y",
    "uuid": b"u",
    "jsonb": b"j",
    "bytea": b"o",
}
"""How the values of a type usually lie in SQLite, as `encode_rows` calls it; those of other types are recognised one by
one."""


def encoder_of(plan: TablePlan, how: TimeOptions) -> Encoder:
    """Return the encoder of a table's batches, in the format of its plan."""
    return BinaryEncoder(plan, how) if plan.binary else Encoder(plan, how)


class BinaryEncoder(Encoder):
    """Encodes the batches of one table of which every column has a binary form."""

    def __init__(self, plan: TablePlan, how: TimeOptions) -> None:
        super().__init__(plan, how)
        self._kinds = [_kind(column, how) for column in plan.columns]
        limits = (column.target.type.limit for column in plan.columns)
        self._limits = [-1 if limit is None else limit for limit in limits]

    def encode(self, batch: list[Row]) -> Encoded:
        """Return a batch as COPY reads it, between a header and a trailer."""
        try:
            return self._whole(batch)
        except NotWhole:
            return self._without_refused(batch)

    def _whole(self, batch: list[Row]) -> Encoded:
        kinds = list(self._kinds)
        found_in = Batch(batch, whole=True)
        columns: list[Sequence[Any]] = [
            self._prepared(values, place, found_in)
            for place, values in enumerate(islice(zip(*batch, strict=True), len(kinds)))
        ]
        unusual = [place for place, kind in enumerate(kinds) if not kind]
        done: set[int] = set()
        while True:
            for place in unusual:
                texts = self._one_by_one(columns[place], place, found_in)
                kinds[place], columns[place] = to_binary(texts.printed, self.plan.columns[place].target.type)
                done.add(place)
            found = encode_rows(columns, b"".join(kinds), self._limits, len(batch))
            if not isinstance(found, int):
                data, fingerprint, nulls = found
                return Encoded(data, len(batch), fingerprint, nulls, (), found_in.changed)
            if found in done:
                raise ValueError(f'"{self.plan.columns[found].target.name}" was cast to what its type cannot hold')
            unusual = [found]

    def _without_refused(self, batch: list[Row]) -> Encoded:
        # A row is reported with all its problems, so every column is checked.
        found = Batch(batch)
        self._texts(found, self._strict)
        kept = [batch[place] for place in found.kept]
        encoded = self._whole(kept) if kept else Encoded(b"", 0, 0, (0,) * len(self.plan.columns))
        return replace(encoded, rejects=found.rejects)


def _kind(column: ColumnPlan, how: TimeOptions) -> bytes:
    target = column.target
    kind = _KINDS.get(target.type.family, b"")
    if kind == b"m" and (how.zone is not None or target.type.limit is not None):
        return b""
    return kind.upper() if target.not_null else kind
