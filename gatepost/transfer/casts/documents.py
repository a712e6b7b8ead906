"""Casts to json and jsonb: the document as PostgreSQL reads it, or a refusal, never a silent repair.

The jsonb type drops white space and the order of keys, which is accepted. It would also drop all but the last of
duplicate keys, and it cannot store a NUL character; such documents are refused
(https://www.postgresql.org/docs/17/datatype-json.html).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from json import encoder
from operator import itemgetter
from typing import Any

from gatepost.transfer.casts.numbers import printed_float8, printed_numeric
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type

_LAST_KIND = 12
"""The highest number of a kind of element in SQLite's JSONB."""

_SHORT = 48
"""Documents up to this many characters are remembered."""

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _NotPlain(Exception):
    """A number whose digits Python's float would not print back."""


class _Number:
    """A number kept as the text that PostgreSQL's numeric prints."""

    def __init__(self, text: str) -> None:
        self.text = printed_numeric(Decimal(text))


def json_from_text(value: str, target: Type, _how: TimeOptions) -> str:
    """Take text that is a JSON document."""
    if target.family == "json":
        _parse(_CHECKER, value)
        return value
    return _short_jsonb(value) if len(value) <= _SHORT else _jsonb(value)


def json_from_bytes(value: bytes, target: Type, _: TimeOptions) -> str:
    """Refuse a BLOB, with the way to read it where it has SQLite's own form of JSON."""
    form = '; it may be SQLite\'s JSONB: --compute "TABLE.COLUMN=json(COLUMN)" with SQLite 3.45' * is_jsonb(value)
    raise Refused(f"is a BLOB, which {target.printed} cannot hold exactly{form}")


def is_jsonb(value: bytes) -> bool:
    """Return whether bytes are one element of SQLite's JSONB by its header (https://www.sqlite.org/jsonb.html)."""
    if not value or value[0] & 15 > _LAST_KIND:
        return False
    code = value[0] >> 4
    wide = {12: 1, 13: 2, 14: 4, 15: 8}.get(code, 0)
    size = int.from_bytes(value[1 : 1 + wide], "big") if wide else code
    return len(value) == 1 + wide + size


def json_from_integer(value: int, _target: Type, _how: TimeOptions) -> str:
    """Take a number: SQLite turns the document `42` into one where a column is declared JSON."""
    return str(value)


def json_from_float(value: float, target: Type, _how: TimeOptions) -> str:
    """Take a number, as above."""
    if value in (float("inf"), float("-inf")):
        raise Refused("is infinite, which JSON cannot say")
    return printed_numeric(Decimal(repr(value))) if target.family == "jsonb" else printed_float8(value)


def parsed(value: str) -> Any:  # noqa: ANN401 - a document is anything
    """Return a document with its numbers exact, for the cast to an array."""
    return _parse(_EXACT, value)


def _jsonb(value: str) -> str:
    try:
        # What `decode` and `encode` come down to, without what they do around each document.
        document, end = _scan(value, 0)
        text = "".join(_pieces(document, 0)) if end == len(value) and "-0" not in value else _exactly(value)
    except (StopIteration, ValueError, RecursionError, _NotPlain):
        text = _exactly(value)
    if "\\u0000" in text and _NUL.search(text):
        raise Refused("holds \\u0000, which jsonb cannot store")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    return text


@lru_cache(maxsize=1024)
def _short_jsonb(value: str) -> str:
    """Print a short document; `null`, `{}` and `["chat"]` come again and again."""
    return _jsonb(value)


def _exactly(value: str) -> str:
    return _written(_parse(_EXACT, value))


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
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise Refused(f"has the key {twice!r} twice, of which jsonb keeps one")
    order = _order(tuple(found))
    return dict(zip(order[0], order[1](found), strict=True)) if order else found


@lru_cache(maxsize=1024)
def _order(keys: tuple[str, ...]) -> tuple[tuple[str, ...], Callable[[dict[str, Any]], tuple[Any, ...]]] | None:
    """Return keys in jsonb's order, shorter ones first, then by their bytes, and what picks their values so."""
    try:
        coded = {key: key.encode() for key in keys}
    except UnicodeEncodeError:
        raise Refused("holds half of a surrogate pair, which jsonb cannot store") from None
    ordered = tuple(sorted(keys, key=lambda key: (len(coded[key]), coded[key])))
    return (ordered, itemgetter(*ordered)) if ordered != keys else None


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
_scan = _PLAIN.scan_once  # type: ignore[attr-defined]
_CHECKER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


def _written(value: Any) -> str:  # noqa: ANN401 - a document is anything
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _all_pieces(document: Any, _level: int) -> Iterable[str]:  # noqa: ANN401 - a document is anything
    return (json.dumps(document, ensure_ascii=False),)


# One encoder for all documents; the module's own way makes one for each, which costs more than most documents do.
_make = encoder.c_make_encoder  # type: ignore[attr-defined]
_pieces: Callable[[Any, int], Iterable[str]] = (
    _make(None, None, encoder.encode_basestring, None, ": ", ", ", False, False, True) if _make else _all_pieces
)
