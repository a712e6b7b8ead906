"""Find SQL that a PL/pgSQL body builds at run time, and how much of it the caller decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from gatepost.schema import Function
from gatepost.sql import Token

Dynamic = Literal["none", "constant", "quoted", "chosen", "open"]
"""`constant`: no value in it. `quoted`: values are quoted as literals, and names sort or group. `chosen`: the caller
names a table or a column. `open`: the caller's text becomes code."""

_ORDER: tuple[Dynamic, ...] = ("none", "constant", "quoted", "chosen", "open")
_BEGINS = frozenset({";", "declare", "begin", "then", "else", "loop"})
_OF_A_CASE = frozenset({"case", "when", "then", "else", "end"})
_SORTS = r"\b(?:order|group)\s+by\s+(?:\w+\.)?"
_TEXTS = frozenset({"text", "character varying", "name", "json", "jsonb", "text[]", "citext", "character"})


def dynamic_sql(pieces: list[Token], function: Function) -> Dynamic:
    """Return the most dangerous way in which a body builds SQL.

    Args:
        pieces: The tokens of the body, without white space and comments.
        function: The function. The caller decides its arguments.
    """
    theirs = _given(function)
    found: Dynamic = "none"
    for expression in _executed(pieces):
        found = max(found, _judged(expression, theirs, pieces), key=_ORDER.index)
    return found


def executed_literals(pieces: list[Token]) -> Iterator[str]:
    """Yield the text of each literal in SQL that is built at run time, including literals assigned to a variable."""
    for expression in _executed(pieces):
        for part in (expression, *(a for piece in expression if piece.name for a in _assigned(pieces, piece.name))):
            for piece in part:
                if piece.kind == "literal":
                    yield _unquoted(piece.text)


def _unquoted(literal: str) -> str:
    tag = re.match(r"\$\w*\$", literal)
    if tag is not None:
        return literal[tag.end() : -tag.end()]
    return literal[literal.index("'") + 1 : -1].replace("''", "'")


def _given(function: Function) -> frozenset[str]:
    """Return the names by which the body uses arguments that can hold code."""
    types = function.arguments.split(", ") if function.arguments else []
    named = zip(function.parameters, types, strict=False)
    names = {name.lower() for name, kind in named if name and kind.rpartition(".")[2] in _TEXTS}
    return frozenset(names | {f"${at}" for at, kind in enumerate(types, 1) if kind in _TEXTS})


def _executed(pieces: list[Token]) -> Iterator[list[Token]]:
    """Yield the expression behind each EXECUTE."""
    for at, piece in enumerate(pieces):
        if piece.kind != "word" or piece.text.lower() != "execute":
            continue
        following = pieces[at + 1].text.lower() if at + 1 < len(pieces) else ""
        if following not in ("function", "procedure"):
            yield _until(pieces, at + 1, {";", "into", "using", "loop"})


def _until(pieces: list[Token], start: int, ends: set[str]) -> list[Token]:
    depth, found = 0, []
    for piece in pieces[start:]:
        if depth == 0 and piece.text.lower() in ends:
            break
        depth += {"(": 1, ")": -1}.get(piece.text, 0)
        found.append(piece)
    return found


def _judged(expression: list[Token], theirs: frozenset[str], pieces: list[Token], depth: int = 0) -> Dynamic:
    words = [piece.name or piece.text for piece in expression if piece.kind in ("word", "quoted")]
    texts = "".join(piece.text for piece in expression if piece.kind == "literal")
    if not words and all(piece.kind == "literal" for piece in expression):
        return "constant"
    found: Dynamic = "quoted"
    for at, piece in enumerate(expression):
        name = _name(expression, at)
        if name in theirs and not _only_decides(expression, at):
            found = max(found, _way(expression, at, texts), key=_ORDER.index)
        elif depth < 3 and piece.name is not None:
            for assigned in _assigned(pieces, piece.name):
                found = max(found, _judged(assigned, theirs, pieces, depth + 1), key=_ORDER.index)
    return found


def _name(expression: list[Token], at: int) -> str:
    piece = expression[at]
    if piece.text == "$" and at + 1 < len(expression):
        return f"${expression[at + 1].text}"
    return piece.name or ""


def _way(expression: list[Token], at: int, texts: str) -> Dynamic:
    """Return how a caller's argument gets into the text."""
    functions = [p.text.lower() for p, after in pairwise(expression) if after.text == "("]
    before = expression[at - 2].text.lower() if at > 1 and expression[at - 1].text == "(" else ""
    if before in ("quote_literal", "quote_nullable"):
        return "quoted"
    if before == "quote_ident":
        return "quoted" if _sorts(expression[: at - 2]) else "chosen"
    if "format" in functions:
        named = re.sub(_SORTS + r"%(?:\d+\$)?I", "", texts, flags=re.IGNORECASE)
        kinds = set(re.findall(r"%(?:\d+\$)?-?\d*([sIL])", named))
        return "open" if "s" in kinds else "chosen" if "I" in kinds else "quoted"
    return "open"


def _only_decides(expression: list[Token], at: int) -> bool:
    """Return whether an argument stands in a condition of CASE, so that its text goes nowhere."""
    words = [piece.text.lower() for piece in expression[:at] if piece.kind == "word"]
    return next((word for word in reversed(words) if word in _OF_A_CASE), "") in ("case", "when")


def _sorts(before: list[Token]) -> bool:
    """Return whether the text that is built so far ends where the name of a sort or group column stands."""
    last = next((piece for piece in reversed(before) if piece.text.strip("|")), None)
    if last is None or last.kind != "literal":
        return False
    return re.search(_SORTS + "$", _unquoted(last.text), re.IGNORECASE) is not None


def _assigned(pieces: list[Token], name: str) -> Iterator[list[Token]]:
    """Yield each value assigned to a variable in the body: `name := …` and, in DECLARE, `name type := …`."""
    first = 0
    for at, piece in enumerate(pieces[:-1]):
        if piece.text.lower() in _BEGINS:
            first = at + 1
        elif piece.text == ":" and pieces[at + 1].text == "=" and pieces[first].name == name:
            yield _until(pieces, at + 2, {";"})
