"""Casts to json and jsonb: PostgreSQL's reading of a document, or a refusal, never a silent repair.

The jsonb type forgets white space and the order of keys; it also drops all but the last of doubled keys, and has
no NUL character (https://www.postgresql.org/docs/17/datatype-json.html). The first is its nature, the others would
be losses, and are refused.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.numbers import printed_float8, printed_numeric
from gatepost.transfer.values import Type

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_SHORT = 400


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
    return _short_jsonb(value) if len(value) <= _SHORT else _jsonb(value)


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
        text = json.dumps(_parse(_PLAIN, value), ensure_ascii=False, separators=(", ", ": "))
    except _NotPlain:
        text = _written(_parse(_EXACT, value))
    if "\\u0000" in text and _NUL.search(text):
        raise Refused("holds \\u0000, which jsonb cannot store")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    return text


_short_jsonb = lru_cache(maxsize=1024)(_jsonb)


def _parse(decoder: json.JSONDecoder, value: str) -> Any:  # noqa: ANN401 - a document is anything
    try:
        return decoder.decode(value)
    except json.JSONDecodeError as error:
        if not value:
            raise Refused("is an empty string, not JSON") from None
        raise Refused(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Refused("is nested too deeply to be read safely") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Refused(f"has the key {twice!r} twice, of which jsonb keeps one")
    if len(found) > 1:
        try:
            return dict(sorted(pairs, key=_order))
        except UnicodeEncodeError:
            raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    return found


def _order(pair: tuple[str, Any]) -> tuple[int, bytes]:
    key = pair[0].encode()
    return len(key), key


def _refuse_constant(word: str) -> None:
    raise Refused(f"holds {word}, which is not JSON")


def _plain_integer(text: str) -> int:
    if len(text) > 4000 or text == "-0":
        raise _NotPlain
    return int(text)


def _plain_float(text: str) -> float:
    number = float(text)
    if repr(number) != text or "e" in text or number == 0:
        raise _NotPlain
    return number


_PLAIN = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_plain_integer,
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
