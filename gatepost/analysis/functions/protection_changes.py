"""Find statements in functions that take the protection of tables away: row security off, other policies, a GRANT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.analysis.dynamic_sql import executed_literals
from gatepost.analysis.functions.caller_checks import refuses_strangers
from gatepost.sql import Token, tokens

if TYPE_CHECKING:
    from gatepost.analysis.context import Context
    from gatepost.analysis.functions.security_definer import Callable
    from gatepost.schema import Function, Table

_BEFORE = frozenset({"begin", "then", "else", "loop"})
_BRANCHES = frozenset({"if", "case", "elsif", "while", "raise", "return", "exit", "assert", "exception", "execute"})
_POLICY = {"create": "make a policy on", "alter": "change a policy of", "drop": "drop a policy of"}


@dataclass(frozen=True)
class ProtectionChange:
    """A statement of a function that takes protection away.

    Args:
        what: What it does, as a verb with its object.
        certain: Whether it is carried out for everybody who calls the function: nothing stands before it that might
            end the call, and the function's owner owns the table.
    """

    what: str
    certain: bool


def protection_changes(found: Callable, context: Context) -> tuple[ProtectionChange, ...]:
    """Return what a function does to the protection of tables, unless it refuses strangers before.

    Args:
        found: The function.
        context: The database.
    """
    changes: list[ProtectionChange] = []
    seen, waiting = set(), [found.function]
    while waiting:
        function = waiting.pop()
        if function.key in seen or function.language not in ("sql", "plpgsql"):
            continue
        seen.add(function.key)
        changes += _changes(function, found.function, context)
        called = (context.live.function(*key) for key in context.bodies.alone(function).calls)
        waiting += [one for one in called if one is not None]
    return () if not changes or refuses_strangers(found, context) else tuple(changes)


def _changes(function: Function, called: Function, context: Context) -> Iterator[ProtectionChange]:
    certain = function == called
    owner = called.owner if called.definer else ""
    for statement in _statements(_code(function.body)):
        for words in (statement, *map(_code, executed_literals(statement))):
            change = _change(words, function, owner, context)
            if change is not None:
                yield ProtectionChange(change.what, certain and change.certain)
        # What follows an IF, or a call that may raise, is not carried out for everybody.
        own = {piece.name for piece in statement} & {name for _, name in context.bodies.functions}
        certain = certain and not ({piece.text.lower() for piece in statement} & _BRANCHES or own)


def _change(pieces: list[Token], function: Function, owner: str, context: Context) -> ProtectionChange | None:
    words = [piece.text.lower() for piece in pieces]
    text = " ".join(words)
    if words[:2] == ["alter", "table"]:
        off = "disable row level security" in text or "no force row level security" in text
        if not off and "owner to" not in text:
            return None
        what, at = "switch row security off on" if off else "give away", 2
    elif words[1:2] == ["policy"] and words[0] in _POLICY and "on" in words:
        what, at = _POLICY[words[0]], words.index("on") + 1
    elif words[:1] == ["grant"] and "on" in words:
        what, at = "grant privileges on", words.index("on") + 1
    elif words[:1] == ["grant"]:
        return ProtectionChange("make a role a member of another", certain=False)
    else:
        return None
    table = _table(pieces, words, at, function, context)
    named = f'"{table}"' if table is not None else "a table"
    owned = table is not None and bool(owner) and table.owner in context.privileges.inherited(owner)
    return ProtectionChange(f"{what} {named}", owned or (table is not None and context.privileges.superuser(owner)))


def _table(pieces: list[Token], words: list[str], at: int, function: Function, context: Context) -> Table | None:
    while at < len(words) and words[at] in ("if", "exists", "only", "table"):
        at += 1
    name = pieces[at].name if at < len(pieces) else None
    if name is None:
        return None
    if words[at + 1 : at + 2] == ["."]:
        return context.live.table(name, (pieces[at + 2].name or "") if at + 2 < len(pieces) else "")
    found = (context.live.table(schema, name) for schema in context.bodies.path(function))
    return next((table for table in found if table is not None), None)


def _code(text: str) -> list[Token]:
    return [token for token in tokens(text) if token.kind not in ("space", "comment")]


def _statements(pieces: list[Token]) -> Iterator[list[Token]]:
    """Yield the statements of a body; a condition with its THEN is one of its own."""
    statement: list[Token] = []
    for piece in pieces:
        word = piece.text.lower()
        if word == ";" or (piece.kind == "word" and word in _BEFORE):
            yield [*statement, piece]
            statement = []
        else:
            statement.append(piece)
    yield statement
