"""Lay out a line of Python as a formatter does: double quotes, and one argument a line where it is too long."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

WIDTH = 120
_STEP = 4
_OPEN, _CLOSE = "([{", ")]}"


def laid_out(code: str, indent: int = 0, after: str = "") -> str:
    """Return an expression in lines that are no longer than the width, where it can be divided.

    Args:
        code: One line of Python.
        indent: The spaces before it.
        after: What follows it, such as a comma.
    """
    return "\n".join(_lines(_with_double_quotes(code), indent, after))


def _lines(code: str, indent: int, after: str) -> Iterator[str]:
    line = f"{' ' * indent}{code}{after}"
    group = _longest_group(code) if len(line) > WIDTH else None
    if group is None:
        yield line
        return
    start, end = group
    parts = list(_split(code[start + 1 : end]))
    called = code[start] != "(" or (start > 0 and (code[start - 1].isalnum() or code[start - 1] in "_)]"))
    # A comma after the only part of a bracket that is no call would make it a tuple.
    comma = "," if called or len(parts) > 1 else ""
    yield f"{' ' * indent}{code[: start + 1]}"
    for part in parts:
        yield from _lines(part, indent + _STEP, comma)
    yield f"{' ' * indent}{code[end:]}{after}"


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    kept = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token for token in kept if token.type not in (tokenize.NEWLINE, tokenize.ENDMARKER)]


def _with_double_quotes(code: str) -> str:
    written, at = "", 0
    for token in _tokens(code):
        plain = token.type == tokenize.STRING and token.string.startswith("'")
        if plain and '"' not in token.string and "\\" not in token.string:
            written += f'{code[at : token.start[1]]}"{token.string[1:-1]}"'
            at = token.end[1]
    return written + code[at:]


def _longest_group(code: str) -> tuple[int, int] | None:
    """Return where the longest bracket opens and closes that stands in no other one."""
    groups, depth, start = [], 0, 0
    for token in _tokens(code):
        if token.string in _OPEN:
            start = token.start[1] if depth == 0 else start
            depth += 1
        elif token.string in _CLOSE:
            depth -= 1
            if depth == 0:
                groups.append((start, token.start[1]))
    longest = max(groups, key=lambda group: group[1] - group[0], default=None)
    return longest if longest is not None and longest[1] - longest[0] > 1 else None


def _split(code: str) -> Iterator[str]:
    depth, start = 0, 0
    for token in _tokens(code):
        depth += (token.string in _OPEN) - (token.string in _CLOSE)
        if depth == 0 and token.string == ",":
            yield code[start : token.start[1]].strip()
            start = token.end[1]
    if code[start:].strip():
        yield code[start:].strip()
