"""Cut a condition, as PostgreSQL prints it, into the ways in which it can hold, each as text that can be evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gatepost import sql

_MANY = 16
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


def printed_ways(text: str) -> tuple[str, ...]:
    """Return the alternatives of a condition, or the whole where they are many: `a AND (b OR c)` has two.

    Args:
        text: The condition as `pg_get_expr` prints it, with parentheses around every AND inside of an OR.
    """
    found = _ways([piece for piece in sql.tokens(text) if piece.kind != "comment"])
    return found if len(found) <= _MANY else (text,)


def _ways(pieces: list[sql.Token]) -> tuple[str, ...]:
    pieces = _bare(pieces)
    sides = list(_split(pieces, "or"))
    if len(sides) > 1:
        return tuple(way for side in sides for way in _ways(side))
    parts = list(_split(pieces, "and"))
    if len(parts) < 2:
        return ("".join(piece.text for piece in pieces),)
    ways: list[tuple[str, ...]] = []
    size = 1
    for part in parts:
        alternatives = _ways(part)
        size *= len(alternatives)
        # What has too many alternatives stays together, so that no way is left out.
        ways.append(alternatives if size <= _MANY else ("".join(piece.text for piece in part),))
        size = size if size <= _MANY else size // len(alternatives)
    return tuple(" AND ".join(f"({part})" for part in way) for way in product(*ways))


def _bare(pieces: list[sql.Token]) -> list[sql.Token]:
    """Return the pieces without the space and the parentheses around all of them."""
    while pieces and pieces[0].kind == "space":
        pieces = pieces[1:]
    while pieces and pieces[-1].kind == "space":
        pieces = pieces[:-1]
    if len(pieces) < 3 or pieces[0].text != "(":
        return pieces
    closes = next(at for at, depth in enumerate(_depths(pieces)) if depth == 0)
    return _bare(pieces[1:-1]) if closes == len(pieces) - 1 else pieces


def _split(pieces: list[sql.Token], word: str) -> Iterator[list[sql.Token]]:
    """Yield what stands between the words on the outside, where no parenthesis and no CASE is open."""
    start = 0
    for at, depth in enumerate(_depths(pieces)):
        if depth == 0 and pieces[at].kind == "word" and pieces[at].name == word:
            yield pieces[start:at]
            start = at + 1
    yield pieces[start:]


def _depths(pieces: list[sql.Token]) -> Iterator[int]:
    """Yield how many parentheses and CASEs are open behind each piece."""
    depth = 0
    for piece in pieces:
        opens = piece.text in _OPENING or (piece.kind == "word" and piece.name == "case")
        closes = piece.text in _CLOSING or (piece.kind == "word" and piece.name == "end")
        depth += opens - closes
        yield depth
