"""Casts to json and jsonb: PostgreSQL's reading of a document, or a refusal, never a silent repair.

The jsonb type forgets white space and the order of keys; it also drops all but the last of doubled keys, and has
no NUL character (https://www.postgresql.org/docs/17/datatype-json.html). The first is its nature, the others would
be losses, and are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.numbers import printed_float8, printed_numeric
from gatepost.transfer.values import Type

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _NotPlain(Exception):
    """A number whose digits Python's float would not print back."""


class _Number:
    """A number kept as the text that PostgreSQL's numeric prints."""

    def __init__(self, text: str) -> None:
        self.text = printed_numeric(Decimal(text))


def json_from_text(value: str, target: Type, _how: How) -> str:
    """Take text that is a JSON document."""
    if target.family == "json":
        _parse(_CHECKER, value)
        return value
    return _jsonb(value)


def json_from_integer(value: int, _target: Type, _how: How) -> str:
    """Take a number: SQLite turns the document `42` into one where a column is declared JSON."""
    return str(value)


def json_from_float(value: float, target: Type, _how: How) -> str:
    """Take a number, as above."""
    if value in (float("inf"), float("-inf")):
        raise Refused("is infinite, which JSON cannot say")
    return printed_numeric(Decimal(repr(value))) if target.family == "jsonb" else printed_float8(value)


def parsed(value: str) -> Any:  # noqa: ANN401 - a document is anything
    """Return a document with its numbers exact, for the cast to an array."""
    return _parse(_EXACT, value)


def _jsonb(value: str) -> str:
    try:
        text = _dump(_parse(_EXACT if "-0" in value else _PLAIN, value))
    except (_NotPlain, TypeError):
        text = _written(_parse(_EXACT, value))
    if "\\u0000" in text and _NUL.search(text):
        raise Refused("holds \\u0000, which jsonb cannot store")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    return text


_dump = json.JSONEncoder(ensure_ascii=False).encode


def _parse(decoder: json.JSONDecoder, value: str) -> Any:  # noqa: ANN401 - a document is anything
    try:
        return decoder.decode(value)
    except json.JSONDecodeError as error:
        if not value:
            raise Refused("is an empty string, not JSON") from None
        raise Refused(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError:
        # Python refuses whole numbers of more than 4,300 digits; PostgreSQL does not.
        raise _NotPlain from None
    except RecursionError:
        raise Refused("is nested too deeply to be read safely") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) < 2:
        return dict(pairs)
    pick = _order(tuple([key for key, _ in pairs]))
    return dict(pick(pairs)) if pick else dict(pairs)


@lru_cache(maxsize=1024)
def _order(keys: tuple[str, ...]) -> Callable[[Any], Any] | None:
    """Return how to put an object's pairs into jsonb's order: shorter keys first, then by their bytes."""
    if len(set(keys)) != len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise Refused(f"has the key {twice!r} twice, of which jsonb keeps one")
    try:
        coded = [key.encode() for key in keys]
    except UnicodeEncodeError:
        raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    places = sorted(range(len(keys)), key=lambda place: (len(coded[place]), coded[place]))
    return itemgetter(*places) if places != list(range(len(keys))) else None


def _refuse_constant(word: str) -> None:
    raise Refused(f"holds {word}, which is not JSON")


def _plain_float(text: str) -> float:
    number = float(text)
    if repr(number) != text or "e" in text:
        raise _NotPlain
    return number


_PLAIN = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_plain_float,
    parse_constant=_refuse_constant,
)
_EXACT = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=_refuse_constant,
)
_CHECKER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


def _written(value: Any) -> str:  # noqa: ANN401 - a document is anything
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
