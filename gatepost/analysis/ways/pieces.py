"""Cut SQL into what stands between words and commas, where no parenthesis, bracket and CASE is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatepost import sql
from gatepost.sql import Token

_OPENING, _CLOSING = frozenset("(["), frozenset(")]")
_SPACE = Token("space", " ")
_BEHIND_ROWS = ("group", "having", "order", "limit", "offset", "fetch", "for", "window")
CLAUSES = ("from", "where", *_BEHIND_ROWS)

Pieces = Sequence[Token]


def pieces_of(text: str) -> list[Token]:
    """Return the tokens of a text, a space in place of each comment."""
    return [_SPACE if piece.kind == "comment" else piece for piece in sql.tokens(text)]


def text_of(pieces: Pieces) -> str:
    """Return the text that pieces make, without the space around it."""
    return "".join(piece.text for piece in pieces).strip()


def words_of(pieces: Pieces) -> list[str]:
    """Return the pieces without space, in small letters where they are words."""
    return [_word(piece) or piece.text for piece in pieces if piece.kind != "space"]


def solid(pieces: Pieces) -> list[Token]:
    """Return the pieces without space."""
    return [piece for piece in pieces if piece.kind != "space"]


def trimmed(pieces: Pieces) -> Pieces:
    """Return the pieces without the space around them."""
    while pieces and pieces[0].kind == "space":
        pieces = pieces[1:]
    while pieces and pieces[-1].kind == "space":
        pieces = pieces[:-1]
    return pieces


def bare(pieces: Pieces) -> Pieces:
    """Return the pieces without the space and the parentheses around all of them."""
    pieces = trimmed(pieces)
    if len(pieces) < 3 or pieces[0].text != "(" or closes(pieces, 0) != len(pieces) - 1:
        return pieces
    return bare(pieces[1:-1])


def closes(pieces: Pieces, at: int) -> int:
    """Return where the parenthesis at a place closes, or -1."""
    return next((at + further for further, depth in enumerate(_depths(pieces[at:])) if depth == 0), -1)


def split(pieces: Pieces, word: str) -> list[Pieces]:
    """Return what stands between the words on the outside. The AND of a BETWEEN is none that joins conditions."""
    found, start, between = [], 0, False
    for at, depth in enumerate(_depths(pieces)):
        said = _word(pieces[at]) or pieces[at].text if depth == 0 else ""
        if said == word and not (between and word == "and"):
            found.append(pieces[start:at])
            start = at + 1
        between = said == "between" or (between and said != "and")
    return [*found, pieces[start:]]


def clauses(pieces: Pieces) -> dict[str, Pieces]:
    """Return the clauses of a SELECT by the word that each starts with, its outputs under `select`, in their order.

    What stands behind the rows that it finds (GROUP BY, ORDER BY …) is under `behind`, its word included.
    """
    found: dict[str, Pieces] = {}
    start, name, before = 0, "select", ""
    for at, depth in enumerate(_depths(pieces)):
        word = _word(pieces[at]) if depth == 0 else ""
        if word in CLAUSES and name != "behind" and before != "distinct":
            found[name] = pieces[start:at]
            name, start = (word, at + 1) if word in ("from", "where") else ("behind", at)
        before = word or (before if pieces[at].kind == "space" else "")
    found[name] = pieces[start:]
    found["select"] = trimmed(found["select"])[1:]
    return found


def _word(piece: Token) -> str:
    return piece.text.lower() if piece.kind == "word" else ""


def _depths(pieces: Pieces) -> Iterator[int]:
    """Yield how many parentheses and CASEs are open behind each piece."""
    depth = 0
    for piece in pieces:
        opens = piece.text in _OPENING or _word(piece) == "case"
        closing = piece.text in _CLOSING or _word(piece) == "end"
        depth += opens - closing
        yield depth
