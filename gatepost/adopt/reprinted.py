"""What PostgreSQL prints of a condition, and reads as another one.

`IN` over varchar gains a cast with each dump. `BETWEEN` and a comparison of rows are printed as an AND in brackets, and
as the first part of a longer AND those brackets are gone when it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatepost import sql

_LIST_OF_VARCHAR = re.compile(
    r"\)::text (?P<sign>= ANY|<> ALL) \(\(ARRAY\["
    r"(?P<values>(?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]\)"
)
_NESTED = "((("
_OPERATOR = "+-*/<>=~!@#%^&|`?"


def as_written(text: str) -> str:
    """Return SQL in which such conditions are written so that PostgreSQL prints them as they were found."""
    if _LIST_OF_VARCHAR.search(text) is not None:
        text = _with_lists(text)
    return _with_first_parts(text) if _NESTED in text else text


def _with_lists(text: str) -> str:
    """Return lists of varchar as their author wrote them; PostgreSQL reads what it prints of one differently."""
    opened, stack, at = dict[int, int](), list[int](), 0
    for token in sql.tokens(text):
        if token.text == "(":
            stack.append(at)
        elif token.text == ")" and stack:
            opened[at] = stack.pop()
        at += len(token.text)
    for found in reversed(list(_LIST_OF_VARCHAR.finditer(text))):
        start = opened.get(found.start())
        if start is not None:
            word = "IN" if found["sign"] == "= ANY" else "NOT IN"
            values = found["values"].replace("::character varying", "")
            compared = text[start + 1 : found.start()]
            text = f"{text[:start]}{compared} {word} ({values}){text[found.end() :]}"
    return text


def _with_first_parts(text: str) -> str:
    pieces = _pieces(text)
    closed = _closing(pieces)
    for start, end in sorted(closed.items(), reverse=True):
        following = "".join(pieces[end + 1 : end + 4]).upper()
        if pieces[start - 1 : start] == ["("] and following.startswith(" AND "):
            written = _as_one(pieces[start + 1 : end])
            if written is not None:
                pieces[start + 1 : end] = [written, *[""] * (end - start - 2)]
    return "".join(pieces)


def _pieces(text: str) -> list[str]:
    """Return the tokens of SQL, each operator as one."""
    found: list[str] = []
    for token in sql.tokens(text):
        if found and token.text in _OPERATOR and found[-1][-1] in _OPERATOR:
            found[-1] += token.text
        else:
            found.append(token.text)
    return found


def _closing(pieces: Sequence[str]) -> dict[int, int]:
    """Return where each bracket is closed."""
    found, opened = {}, list[int]()
    for at, piece in enumerate(pieces):
        if piece == "(":
            opened.append(at)
        elif piece == ")" and opened:
            found[opened.pop()] = at
    return found


def _as_one(pieces: Sequence[str]) -> str | None:
    """Return what is inside brackets as BETWEEN or as a comparison of rows, where it is one of them."""
    parts = [_comparison(part) for part in _split(pieces, "AND")]
    if len(parts) < 2 or any(part is None for part in parts):
        return None
    sides = [part for part in parts if part is not None]
    signs = [sign for _, sign, _ in sides]
    if signs == [">=", "<="] and sides[0][0] == sides[1][0]:
        return f"{sides[0][0]} BETWEEN {sides[0][2]} AND {sides[1][2]}"
    if set(signs) == {"="}:
        return f"({', '.join(left for left, _, _ in sides)}) = ({', '.join(right for _, _, right in sides)})"
    return None


def _comparison(pieces: Sequence[str]) -> tuple[str, str, str] | None:
    """Return the sides of a comparison in brackets."""
    inner = [piece for piece in pieces if piece]
    while inner and inner[0].isspace():
        inner = inner[1:]
    while inner and inner[-1].isspace():
        inner = inner[:-1]
    if len(inner) < 3 or inner[0] != "(" or _closing(inner).get(0) != len(inner) - 1:
        return None
    inner = inner[1:-1]
    for sign in (">=", "<=", "="):
        sides = ["".join(side).strip() for side in _split(inner, sign)]
        if len(sides) == 2:
            return sides[0], sign, sides[1]
    return None


def _split(pieces: Sequence[str], by: str) -> Iterator[Sequence[str]]:
    depth, start = 0, 0
    for at, piece in enumerate(pieces):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and piece.upper() == by:
            yield pieces[start:at]
            start = at + 1
    yield pieces[start:]
