"""Python source for revisions: calls in a few lines, SQL in blocks that people can read."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from gatepost import sql

WIDTH = 96
_INDENT = "    "
_QUOTES = '"""'


def call(name: str, positional: Sequence[object], named: Mapping[str, object]) -> str:
    """Return the source of a call, in one line where it fits."""
    first = ", ".join(map(text, positional))
    one_line = f"{name}({', '.join(filter(None, [first, *(f'{key}={text(value)}' for key, value in named.items())]))})"
    if len(one_line) <= WIDTH and not any(_is_block(value) for value in named.values()):
        return one_line
    lines = [
        f"{first},",
        *(f"{key}={_block(value) if _is_block(value) else text(value)}," for key, value in named.items()),
    ]
    return f"{name}(\n{textwrap.indent(chr(10).join(lines), _INDENT)}\n)"


def text(value: object) -> str:
    """Return a value as Python source, in double quotes where they need no escape."""
    if isinstance(value, str):
        source = repr(value)
        if source.startswith("'") and '"' not in source:
            return '"' + source[1:-1].replace("\\'", "'") + '"'
        return source
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(text, value))}]"
    return repr(value)


def _is_block(value: object) -> bool:
    """Return whether a text is SQL of several lines, or long enough for them, that can be indented and wrapped."""
    if not isinstance(value, str) or ("\n" not in value and len(value) <= WIDTH):
        return False
    return may_be_indented(value) and value.isascii() and not any(c in value for c in ('"""', "\\", "\t", "\r"))


def may_be_indented(value: str) -> bool:
    """Return whether white space at the beginning of a line is not inside a literal, a name or a comment."""
    return not any(
        "\n" in token.text or token.kind == "comment" for token in sql.tokens(value) if token.kind != "space"
    )


def _block(value: object) -> str:
    lines = textwrap.dedent(_wrapped(str(value))).strip()
    return f"{_QUOTES}\n{textwrap.indent(lines, _INDENT)}\n{_QUOTES}"


def unblocked(value: str | None) -> str | None:
    """Return SQL text as it was before it became a block."""
    if value is None or not value.startswith("\n") or not may_be_indented(value):
        return value
    return textwrap.dedent(value).strip()


def _wrapped(value: str) -> str:
    """Break a long line before the outermost AND and OR."""
    if "\n" in value:
        return value
    pieces = sql.tokens(value)
    depth, places = 0, []
    for at, piece in enumerate(pieces):
        depth += {"(": 1, ")": -1}.get(piece.text, 0)
        if piece.kind == "word" and piece.name in ("and", "or") and at and pieces[at - 1].kind == "space":
            places.append((depth, at - 1))
    outermost = min((depth for depth, _ in places), default=0)
    breaks = {at for depth, at in places if depth == outermost}
    return "".join("\n  " if at in breaks else piece.text for at, piece in enumerate(pieces))


def split(name: str, schema: str) -> tuple[str, str]:
    """Return (schema, name) of a sequence that is written bare or, in another schema, quoted and qualified."""
    if not name.startswith('"'):
        return schema, name
    first, second = (token.name or "" for token in sql.tokens(name) if token.kind == "quoted")
    return first, second
