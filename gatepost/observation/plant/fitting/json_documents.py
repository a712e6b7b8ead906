"""Make JSON documents that a constraint may accept, from the keys and the values that it names."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from gatepost.analysis.compared_values import pieces_in, unquoted

_TYPES = frozenset("array object string number boolean null".split())
_KEYS = frozenset({"->", "->>", "?", "?&", "?|"})
_FIGURE = re.compile(r"(?<![\w.'])\d{1,9}(?![\w'.])")
_MOST_KEYS = 8
_MOST = 300
"""How many documents are made of every combination of keys and values."""


def documents(texts: Sequence[str]) -> Iterator[str]:
    """Yield documents, those first that hold what the texts compare.

    Args:
        texts: The definitions of constraints, or the bodies of functions.
    """
    keys, values = _keys_and_values(texts)
    for value in values:
        if value[:1] in ("{", "["):
            yield value
    figures = sorted({int(one) for text in texts for one in _FIGURE.findall(text)})
    known: tuple[object, ...] = ("cnry-{}", 1, [], True, *values, *figures, {}, ["cnry-{}"], [{}], "1")
    keys = keys[:_MOST_KEYS]
    yield from (_written(dict.fromkeys(keys, kind)) for kind in known)
    if keys:
        yield _written([dict.fromkeys(keys, "cnry-{}")])
        places = sorted(itertools.product(range(len(known)), repeat=min(len(keys), 3)), key=sum)
        for one in places[:_MOST]:
            rest = dict.fromkeys(keys[3:], "cnry-{}")
            yield _written({**{key: known[at] for key, at in zip(keys, one, strict=False)}, **rest})
    yield from ('{"canary": "cnry-{}"}', '["cnry-{}"]', "[1]", "[]", "{ }", '"x"', "1", "true")


def _keys_and_values(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the literals that name a key, and the others."""
    keys: dict[str, None] = {}
    values: dict[str, None] = {}
    for text in texts:
        pieces = pieces_in(text)
        for at, piece in enumerate(pieces):
            if piece.kind != "literal" or "'" not in piece.text:
                continue
            name = unquoted(piece.text)
            before = next(
                (one.text for one in reversed(pieces[:at]) if one.text not in ("(", "[") and one.name != "array"), ""
            )
            after_comma = before == "," and bool(keys)
            if before in _KEYS or (after_comma and any(one.text in ("?&", "?|") for one in pieces[:at])):
                keys[name] = None
            elif name not in _TYPES:
                values[name] = None
    return list(keys) or list(values), list(values)


def _written(document: object) -> str:
    """Return a document as text in which the braces of an empty object are no place for a canary."""
    return json.dumps(document).replace("{}", "{ }").replace("cnry-{ }", "cnry-{}")
