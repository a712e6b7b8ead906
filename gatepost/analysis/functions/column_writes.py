"""Split a function's body into statements, and find which values they write into which columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.schema import Function, Table
from gatepost.sql import Token, tokens

if TYPE_CHECKING:
    from gatepost.analysis.context import Context

_BREAKS = frozenset({"then", "else", "loop", "begin", "declare"})
_ENDS = frozenset("from where returning on union".split())


@dataclass(frozen=True)
class Filled:
    """A statement that writes rows of a table. `values` are the tokens with which each column is filled."""

    command: str
    table: Table
    values: dict[str, tuple[Token, ...]]


def chunks(body: str) -> list[tuple[list[Token], str]]:
    """Return the statements of a body, each with the words with which the next one starts."""
    found: list[list[Token]] = [[]]
    cases, before = 0, ""
    for token in tokens(body):
        if token.kind == "comment":
            continue
        word = token.text.lower() if token.kind == "word" else token.text
        cases += (word == "case" and before != "end") - (word == "end" and cases > 0)
        if not cases and (word == ";" or word in _BREAKS):
            found.append([])
        else:
            found[-1].append(token)
        before = word if token.kind != "space" else before
    kept = [chunk for chunk in found if any(token.kind != "space" for token in chunk)]
    firsts = [" ".join([token.text.lower() for token in chunk if token.kind != "space"][:2]) for chunk in kept]
    return list(zip(kept, [*firsts[1:], ""], strict=True))


def text_of(chunk: list[Token]) -> str:
    """Return a statement as it is written."""
    return "".join(token.text for token in chunk).strip()


def filled(function: Function, context: Context) -> Iterator[Filled]:
    """Yield the columns that each INSERT and UPDATE of a body fills, with variables replaced by their values.

    Args:
        function: The function.
        context: The database.
    """
    assigned: dict[str, tuple[Token, ...]] = {}
    for chunk, _ in chunks(function.body):
        pieces = tuple(token for token in chunk if token.kind != "space")
        name, value = _assignment(pieces)
        if name:
            assigned[name] = value
        words = [piece.name for piece in pieces]
        for at, word in enumerate(words):
            after = words[at + 1] if at + 1 < len(words) else ""
            found = None
            if word == "insert" and after == "into":
                found = _insert(pieces[at + 2 :], function, context)
            elif word == "update" and "set" in words[at:] and (at == 0 or words[at - 1] not in ("do", "for", "on")):
                found = _update(pieces[at + 1 :], function, context)
            if found is not None:
                yield Filled(found.command, found.table, {c: _put(v, assigned) for c, v in found.values.items()})
                break


def _put(value: tuple[Token, ...], assigned: dict[str, tuple[Token, ...]]) -> tuple[Token, ...]:
    """Return a value with variables replaced by what was assigned to them."""
    found: list[Token] = []
    for at, token in enumerate(value):
        beside = (value[at - 1].text if at else "", value[at + 1].text if at + 1 < len(value) else "")
        known = assigned.get(token.name or "") if "." not in beside else None
        found += known if known else (token,)
    return tuple(found)


def _assignment(pieces: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    for at, piece in enumerate(pieces[:-1]):
        if piece.text == ":" and pieces[at + 1].text == "=":
            return pieces[0].name or "", pieces[at + 2 :]
        if piece.name in ("select", "update", "insert", "delete", "for", "return"):
            break
        if piece.name == "default":
            return pieces[0].name or "", pieces[at + 1 :]
    return "", ()


def _insert(pieces: tuple[Token, ...], function: Function, context: Context) -> Filled | None:
    table, at = _table(pieces, function, context)
    if table is None:
        return None
    if at < len(pieces) and pieces[at].name == "as":
        at += 2
    columns = [column.name for column in table.columns]
    if at < len(pieces) and pieces[at].text == "(" and pieces[at + 1].name not in ("select", "with"):
        listed, at = _bracket(pieces, at)
        columns = [part[0].name or "" for part in listed if part]
    if at >= len(pieces):
        return None
    if pieces[at].name == "values" and at + 1 < len(pieces):
        rows, _ = _bracket(pieces, at + 1)
    elif pieces[at].name == "select":
        rows = _parts(pieces[at + 1 :], _ENDS)
    else:
        return None
    return Filled("insert", table, dict(zip(columns, rows, strict=False)))


def _update(pieces: tuple[Token, ...], function: Function, context: Context) -> Filled | None:
    table, at = _table(pieces, function, context)
    start = next((i for i in range(at, len(pieces)) if pieces[i].name == "set"), None)
    if table is None or start is None:
        return None
    assignments = _parts(pieces[start + 1 :], _ENDS)
    values = {part[0].name or "": part[2:] for part in assignments if len(part) > 2 and part[1].text == "="}
    return Filled("update", table, values)


def _table(pieces: tuple[Token, ...], function: Function, context: Context) -> tuple[Table | None, int]:
    """Return the table that a name refers to, and where the name ends."""
    at = 1 if pieces and pieces[0].name == "only" else 0
    if at >= len(pieces) or pieces[at].name is None:
        return None, at
    name = pieces[at].name or ""
    if at + 2 < len(pieces) and pieces[at + 1].text == ".":
        return context.live.table(name, pieces[at + 2].name or ""), at + 3
    found = (context.live.table(schema, name) for schema in context.bodies.path(function))
    return next((table for table in found if table is not None), None), at + 1


def _bracket(pieces: tuple[Token, ...], at: int) -> tuple[list[tuple[Token, ...]], int]:
    """Return the comma-separated parts of a bracket, and where it ends."""
    depth = 0
    for end in range(at, len(pieces)):
        depth += {"(": 1, ")": -1}.get(pieces[end].text, 0)
        if depth == 0:
            return _parts(pieces[at + 1 : end], frozenset()), end + 1
    return [], len(pieces)


def _parts(pieces: tuple[Token, ...], ends: frozenset[str]) -> list[tuple[Token, ...]]:
    """Return the comma-separated parts outside brackets, up to a word that ends the list."""
    depth = 0
    found: list[list[Token]] = [[]]
    for piece in pieces:
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(piece.text, 0)
        if depth == 0 and piece.kind == "word" and piece.text.lower() in ends:
            break
        if depth == 0 and piece.text == ",":
            found.append([])
        else:
            found[-1].append(piece)
    return [tuple(part) for part in found]
