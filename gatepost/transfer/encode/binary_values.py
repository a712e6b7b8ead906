"""Convert the texts that casts return to values that `_rows.encode` accepts."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gatepost.transfer.casts.whole_columns import NULL
from gatepost.transfer.values import Type

_BEGIN, _FIRST_DAY = datetime(2000, 1, 1), date(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_NOT_FINITE = {"NaN": 0xC000, "Infinity": 0xD000, "-Infinity": 0xF000}
_NEGATIVE = 0x4000


def to_binary(texts: Sequence[str], target: Type) -> tuple[bytes, list[Any]]:
    """Return the kind of values that a type's texts are, and the values; `NULL` stands for NULL.

    Args:
        texts: The results of a cast.
        target: One of the types of `server_hash.FAMILIES`.
    """
    kind, read = _WAYS[target.family]
    return kind, [None if text is NULL else read(text) for text in texts]


def moment(printed: str) -> int:
    """Return the microseconds from 2000 on; infinity is the highest number, or the lowest."""
    if printed.endswith("infinity"):
        return -(2**63) if printed.startswith("-") else 2**63 - 1
    return (datetime.fromisoformat(printed.removesuffix("+00")) - _BEGIN) // _MICROSECOND


def day(printed: str) -> int:
    """Return the days from 2000 on of a date; infinity as above."""
    if printed.endswith("infinity"):
        return -(2**31) if printed.startswith("-") else 2**31 - 1
    return (date.fromisoformat(printed) - _FIRST_DAY).days


def time_of_day(printed: str) -> int:
    """Return the microseconds since midnight; PostgreSQL's day ends at 24:00:00."""
    clock, _, fraction = printed.partition(".")
    hours, minutes, seconds = map(int, clock.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + int(fraction.ljust(6, "0"))


def numeric(printed: str) -> bytes:
    """Return a numeric as PostgreSQL sends it: counts of digits, sign and scale, then four decimal digits a word.

    The first word counts for 10000 to the power of the weight (src/backend/utils/adt/numeric.c, `numeric_send`).
    """
    if printed in _NOT_FINITE:
        return struct.pack(">HhHH", 0, 0, _NOT_FINITE[printed], 0)
    whole, _, fraction = printed.lstrip("-").partition(".")
    scale = len(fraction)
    whole, fraction = whole.zfill(-(-len(whole) // 4) * 4), fraction.ljust(-(-scale // 4) * 4, "0")
    both = whole + fraction
    words = [int(both[place : place + 4]) for place in range(0, len(both), 4)]
    weight = len(whole) // 4 - 1
    while words and words[0] == 0:
        words.pop(0)
        weight -= 1
    while words and words[-1] == 0:
        words.pop()
    sign = _NEGATIVE if printed.startswith("-") and words else 0
    return struct.pack(f">HhHH{len(words)}H", len(words), weight if words else 0, sign, scale, *words)


def _pair(send: Callable[[str], bytes]) -> tuple[bytes, Callable[[str], Any]]:
    return b"x", lambda text: (send(text), text.encode())


_WAYS: dict[str, tuple[bytes, Callable[[str], Any]]] = {
    "int2": (b"h", int),
    "int4": (b"i", int),
    "int8": (b"q", int),
    "bool": (b"b", "ft".index),
    "float8": (b"d", float),
    "date": (b"i", day),
    "time": (b"q", time_of_day),
    "timestamp": (b"q", moment),
    "timestamptz": (b"q", moment),
    "uuid": (b"u", str),
    "text": (b"t", str),
    "varchar": (b"t", str),
    "citext": (b"t", str),
    "enum": (b"t", str),
    "json": _pair(str.encode),
    "jsonb": _pair(lambda text: b"\x01" + text.encode()),
    "numeric": _pair(numeric),
    "bytea": _pair(lambda text: bytes.fromhex(text[2:])),
}
