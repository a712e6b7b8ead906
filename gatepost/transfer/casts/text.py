"""Casts to text, enums, UUIDs, bytes and arrays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gatepost.transfer.casts.documents import parsed
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type

_UUID = re.compile(r"\{?([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})\}?")
_BARE_ELEMENT = re.compile(r'[^ \t\n\r\v\f{},"\\]+')
"""What an array prints without quotes; only the blanks of `array_isspace` need them."""


def text_from_text(value: str, target: Type, _how: TimeOptions) -> str:
    """Take text that PostgreSQL can store, and that fits."""
    if "\0" in value:
        raise Refused("holds a NUL character, which PostgreSQL cannot store")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("is not valid UTF-8") from None
    if target.limit is not None and len(value) > target.limit:
        raise Refused(f"has {len(value)} characters, more than {target.printed} keeps")
    if target.family == "bpchar":
        if value.endswith(" "):
            raise Refused(f"ends in a blank, which {target.printed} cannot distinguish from its padding")
        return value.ljust(target.limit or 0)
    return value


def text_from_number(value: float, target: Type, how: TimeOptions) -> str:
    """Take a number as Python prints it, which reads back as the same number."""
    return text_from_text(repr(value), target, how)


def enum_from_text(value: str, target: Type, _how: TimeOptions) -> str:
    """Take one of the enum's labels, to the letter."""
    if value not in target.labels:
        raise Refused(f"is not one of {', '.join(target.labels)}")
    return value


def uuid_from_text(value: str, _target: Type, _how: TimeOptions) -> str:
    """Take 32 hexadecimal digits, with or without hyphens and braces."""
    found = _UUID.fullmatch(value)
    if not found or value.startswith("{") != value.endswith("}"):
        raise Refused("is an empty string, not a UUID" if not value else "is not a UUID")
    return "-".join(found.groups()).lower()


def uuid_from_bytes(value: bytes, target: Type, how: TimeOptions) -> str:
    """Take the 16 bytes of a UUID."""
    if len(value) != 16:
        raise Refused(f"is a BLOB of {len(value)} bytes, and a UUID has 16")
    return uuid_from_text(value.hex(), target, how)


def bytea_from_bytes(value: bytes, _target: Type, _how: TimeOptions) -> str:
    """Take the bytes, in PostgreSQL's hexadecimal form."""
    return "\\x" + value.hex()


def array_rule(cast: Callable[[Any, Type, TimeOptions], str]) -> Callable[[str, Type, TimeOptions], str]:
    """Return the rule for an array, given the rule for one element.

    Lists are kept in SQLite as JSON, so that is what is read; a nested list must be as regular as PostgreSQL's arrays.
    """

    def array_from_text(value: str, target: Type, how: TimeOptions) -> str:
        document = parsed(value)
        if not isinstance(document, list) or target.element is None:
            raise Refused("is not a JSON list")
        if not document:
            return "{}"
        _shape(document)
        return _array(document, target.element, how, cast)

    return array_from_text


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401 - a document is anything
    if not isinstance(value, list):
        return ()
    shapes = {_shape(item) for item in value}
    if len(shapes) > 1 or (not value):
        raise Refused("is a list whose inner lists differ in length, which an array cannot hold")
    return (len(value), *shapes.pop())


def _array(value: list[Any], element: Type, how: TimeOptions, cast: Callable[[Any, Type, TimeOptions], str]) -> str:
    parts = []
    for item in value:
        if item is None:
            parts.append("NULL")
        elif isinstance(item, list):
            parts.append(_array(item, element, how, cast))
        elif isinstance(item, dict) and element.family not in ("json", "jsonb"):
            raise Refused("is a list of objects, which the array's type cannot hold")
        else:
            parts.append(_quoted(cast(_scalar(item, element), element, how)))
    return "{" + ",".join(parts) + "}"


def _scalar(item: Any, element: Type) -> Any:  # noqa: ANN401 - a document is anything
    if isinstance(item, bool):
        if element.family != "bool":
            raise Refused(f"is a list with a truth value, not with {element.printed}")
        return int(item)
    if isinstance(item, str):
        return item
    text = getattr(item, "text", None)
    if text is None or element.family == "bool":
        raise Refused(f"is a list with something that is not {element.printed}")
    return int(text) if "." not in text and len(text) < 4000 else text


def _quoted(text: str) -> str:
    if _BARE_ELEMENT.fullmatch(text) and text.upper() != "NULL":
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
