"""Cast whole columns at once, if every value is of the kind that the column expects.

A function here returns None if anything is unusual. The caller then casts value by value with `registry.py`, so that
only one place refuses values. These functions are fast because each step is one call over the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatepost.transfer.casts.documents import json_from_text
from gatepost.transfer.casts.numbers import RANGES
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type


class _Null(str):
    """A text that is one object only: a value of one sign could be the same object as a plain text of that sign."""

    __slots__ = ()


NULL: str = _Null("\x03")
"""Stands for NULL until a batch is written out; the three signs are ones that text hardly ever holds."""

COLUMN, LINE = "\x01", "\x02"
"""Stand between the values of a row and between the rows, so that a whole batch can be escaped at once."""


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of a batch as PostgreSQL prints it, with `NULL` for its NULLs."""

    printed: Sequence[str]
    nulls: int


Fast = Callable[[Sequence[Any], Type, TimeOptions], TextColumn | None]

_TEXT_KINDS = ({str}, {str, type(None)})
_INTEGER_KINDS = ({int}, {int, type(None)})
_FLOAT_KINDS = ({float}, {float, type(None)})
_BOOL = {0: "f", 1: "t", None: NULL}
_TEXT_OR_NULL = {str, type(None)}
_MOMENT_SHAPES = {b"-- ::.", b"-- ::"}


def _texts(values: Sequence[Any], target: Type, _how: TimeOptions) -> TextColumn | None:
    """Text as it is; a NUL character or a surrogate is found when the whole batch is written out."""
    kinds = set(map(type, values))
    if kinds == {str}:
        fits = target.limit is None or max(map(len, values)) <= target.limit
        return TextColumn(values, 0) if fits else None
    if kinds not in _TEXT_KINDS:
        return None
    printed = [NULL if value is None else value for value in values]
    if target.limit is not None and max(map(len, printed)) > target.limit:
        return None
    return TextColumn(printed, values.count(None))


def _integers(values: Sequence[Any], target: Type, _how: TimeOptions) -> TextColumn | None:
    if set(map(type, values)) not in _INTEGER_KINDS:
        return None
    nulls = values.count(None)
    present = values if not nulls else [value for value in values if value is not None]
    low, high = RANGES[target.family]
    if min(present) < low or max(present) > high:
        return None
    printed = list(map(str, values)) if not nulls else [NULL if value is None else str(value) for value in values]
    return TextColumn(printed, nulls)


def _bools(values: Sequence[Any], _target: Type, _how: TimeOptions) -> TextColumn | None:
    if set(map(type, values)) not in _INTEGER_KINDS or not set(values) <= _BOOL.keys():
        return None
    printed = [_BOOL[value] for value in values]
    return TextColumn(printed, values.count(None))


def _floats(values: Sequence[Any], _target: Type, _how: TimeOptions) -> TextColumn | None:
    if set(map(type, values)) not in _FLOAT_KINDS:
        return None
    nulls = values.count(None)
    present = values if not nulls else [value for value in values if value is not None]
    if not -1e15 < min(present) <= max(present) < 1e15:
        return None
    # One call for all digits; below 1e15 the only difference to PostgreSQL's printing is the `.0` of whole numbers.
    joined = str(present)[1:-1] + ","
    if ".0," in joined:
        joined = joined.replace(".0,", ",")
    printed = joined[:-1].split(", ") if len(present) > 1 else [joined.rstrip(",")]
    if nulls:
        found = iter(printed)
        printed = [NULL if value is None else next(found) for value in values]
    return TextColumn(printed, nulls)


def _moments(values: Sequence[Any], target: Type, how: TimeOptions) -> TextColumn | None:
    """`YYYY-MM-DD HH:MM:SS` with or without six digits, the two forms that apps and CURRENT_TIMESTAMP write."""
    if how.zone is not None or target.limit is not None or set(map(type, values)) not in _TEXT_KINDS:
        return None
    nulls = values.count(None)
    present = values if not nulls else [value for value in values if value is not None]
    joined = "\n".join(present) + "\n"
    lengths = set(map(len, present))
    if not joined.isascii() or not are_moments(joined[:-1].encode(), len(present)):
        return None
    end = "+00" if target.family == "timestamptz" else ""
    if lengths == {26}:
        for _ in range(6):
            joined = joined.replace("0\n", "\n")
        printed = joined.replace(".\n", "\n").replace("\n", f"{end}\n").split("\n")[:-1]
    else:
        printed = [(text if text[-1] != "0" or len(text) == 19 else _trimmed(text)) + end for text in present]
    if nulls:
        found = iter(printed)
        printed = [NULL if value is None else next(found) for value in values]
    return TextColumn(printed, nulls)


def _documents(values: Sequence[Any], target: Type, how: TimeOptions) -> TextColumn | None:
    """Documents one by one, but without looking up the rule of each; one that is refused is left to its rule."""
    if not set(map(type, values)) <= _TEXT_OR_NULL:
        return None
    try:
        printed = [NULL if value is None else json_from_text(value, target, how) for value in values]
    except Refused:
        return None
    return TextColumn(printed, values.count(None))


def are_moments(joined: bytes, count: int) -> bool:
    """Return whether lines are so many moments of the two forms above, each with a date and a time that exist."""
    # The places of the signs, then the places and ranges of the digits: together they are the whole format.
    shapes = joined.translate(None, b"0123456789").split(b"\n")
    if len(shapes) != count or not set(shapes) <= _MOMENT_SHAPES:
        return False
    lines = joined.decode("ascii").split("\n")
    if not set(map(len, lines)) <= {19, 26}:
        return False
    try:
        # An hour of 24 is the next day's first to some versions of Python, and is left to the rule.
        return all(map(datetime.fromisoformat, lines)) and b" 24:" not in joined
    except ValueError:
        return False


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".")


FAST: dict[str, Fast] = {
    "text": _texts,
    "varchar": _texts,
    "citext": _texts,
    "int2": _integers,
    "int4": _integers,
    "int8": _integers,
    "bool": _bools,
    "float8": _floats,
    "timestamp": _moments,
    "timestamptz": _moments,
    "json": _documents,
    "jsonb": _documents,
}
"""The types that have a way for whole columns; every other goes value by value."""

TEXTS = frozenset(family for family, way in FAST.items() if way is _texts)
"""The types whose fast way leaves something to be found later."""
