"""Hide the values of columns named like secrets in every message, because messages end up in logs.

The files of `--rejects` hold whole rows, by design, and are made for their owner's eyes only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatepost.name_hints import is_secret

HIDDEN = "…"

_KEY = re.compile(r"Key \((?P<columns>.*?)\)=\(.*?\)(?= (?:is|already|conflicts)\b|\.?$)", re.DOTALL)
_ROW = re.compile(r"(row contains) \(.*\)", re.DOTALL)
_COPIED = re.compile(r'(?P<place>line \d+)(?:, column (?P<column>[^:\n]+))?: ".*"', re.DOTALL)


def shown(column: str, text: str) -> str:
    """Return a value as a message shows it: hidden where its column is named like a secret.

    Args:
        column: The column.
        text: The value, written and shortened.
    """
    return HIDDEN if is_secret(column) and text != "NULL" else text


def without_secrets(text: str, columns: Iterable[tuple[str, object]] = ()) -> str:
    """Return PostgreSQL's message without the values of secrets.

    Args:
        text: A message, a detail or a context of the server, in English.
        columns: The row's columns and values, where it is known: a trigger may repeat one in its own words.
    """
    text = _KEY.sub(_key, text)
    text = _ROW.sub(rf"\1 ({HIDDEN})", text)
    text = _COPIED.sub(_copied, text)
    for column, value in columns:
        if value is not None and str(value) and is_secret(column):
            text = text.replace(str(value), HIDDEN)
    return text


def _key(found: re.Match[str]) -> str:
    secret = any(is_secret(column.strip(' "')) for column in found["columns"].split(","))
    return f"Key ({found['columns']})=({HIDDEN})" if secret else found[0]


def _copied(found: re.Match[str]) -> str:
    column = found["column"]
    if column is None:
        return found["place"]
    return f"{found['place']}, column {column}" if is_secret(column) else found[0]
