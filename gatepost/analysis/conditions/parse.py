"""Parse a condition as PostgreSQL prints it. Each distinct shape is parsed once.

The policies of many tables often differ only in names. So the names of columns, tables and aliases are replaced, the
remaining shape is parsed, and the names are filled in again. PostgreSQL prints its keywords in capitals, so a bare word
in small letters is a name, but for `true` and `false`, functions, types, and the field of an EXTRACT.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse_cache import PREFIX, Pattern
from gatepost.analysis.conditions.terms import FALSE, TRUE, Term


@lru_cache(maxsize=20_000)
def parse(text: str) -> Term:
    """Return a policy's expression, as `pg_get_expr` prints it with an empty search path, as a term.

    Args:
        text: The expression.

    Raises:
        NotUnderstood: the parser does not know it, or it is nested too deeply.
    """
    _refuse_nested(text)
    plain = _PLAIN.get(text.strip().lower())
    if plain is not None:
        return plain
    shape, names = _shape(text)
    if names:
        try:
            return _pattern(shape).filled(names)
        except NotUnderstood:
            pass  # a name that is put aside was part of something else, such as a list of columns with their types
    return _parsed(text)


def _refuse_nested(text: str) -> None:
    """Refuse text that is nested too deeply for Python's stack or the parser."""
    if len(text) < _SHORT:
        return
    depth = {"(": 0, "[": 0}
    for found in _NESTING.finditer(text):
        kind, step = _STEPS.get(found[0], ("(", 0))
        depth[kind] += step
        if depth["("] > DEEPEST or depth["["] > _DEEPEST_ARRAY:
            raise NotUnderstood("it is nested too deeply")


DEEPEST = 100
"""Parentheses and CASEs inside each other. Real policies have a tenth of that."""
_DEEPEST_ARRAY = 8
"""The parser takes twice as long for each ARRAY[…] inside another one."""
_SHORT = 100
"""Text that is too short to be nested that deeply."""
_STEPS = {"(": ("(", 1), ")": ("(", -1), "CASE": ("(", 1), "END": ("(", -1), "[": ("[", 1), "]": ("[", -1)}
_PLAIN = {"true": TRUE, "(true)": TRUE, "false": FALSE, "(false)": FALSE}
_KEPT = frozenset("auth storage realtime extensions pg_catalog true false".split())
"""Schemas whose functions are known by name, and the two small words that are values."""
_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*\""""
_WORD = r"""(?<![\w$"])[a-z_][a-z0-9_]*(?![\w$"])"""
_NO_NAME = re.compile(
    rf"""{_QUOTED}
    | ({_WORD}\s*\(                                             # a function
    | ::{_WORD}(?!\.)(?:\(\d+(?:,\d+)?\))?(?:[ ][a-z]+)*       # a type, of one word or of several
    | EXTRACT\({_WORD})""",
    re.VERBOSE,
)
_NESTING = re.compile(rf"{_QUOTED}|\b(?:CASE|END)\b|[()\[\]]")
_WORDS = re.compile(_WORD)
_PIECE = re.compile(f"{_QUOTED}|({_WORD})")


def _shape(text: str) -> tuple[str, dict[str, str]]:
    """Return a text with numbered names in place of its own, and the names that they replace.

    A word that is no name in one place is kept in all of them, so that what was the same stays the same.
    """
    if PREFIX in text:
        return text, {}
    kept = {word for found in _NO_NAME.finditer(text) if found[1] for word in _WORDS.findall(found[1])} | _KEPT
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if name is None or name in kept:
            return found[0]
        return numbers.get(name) or numbers.setdefault(name, f"{PREFIX}{len(numbers)}_")

    shape = _PIECE.sub(number, text)
    return shape, {number: name for name, number in numbers.items()}


@lru_cache(maxsize=5_000)
def _pattern(shape: str) -> Pattern:
    return Pattern(_parsed(shape))


@lru_cache(maxsize=5_000)
def _parsed(text: str) -> Term:
    from gatepost.analysis.conditions import grammar

    try:
        if grammar.available():
            from gatepost.analysis.conditions.from_grammar import Reader

            return Reader().term(grammar.expression(text))
        return _by_sqlglot(text)
    except RecursionError:
        raise NotUnderstood("it is nested too deeply") from None


def _by_sqlglot(text: str) -> Term:
    """Return an expression as sqlglot reads it, where PostgreSQL's own grammar has no wheel."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    from gatepost.analysis.conditions.by_sqlglot.from_parser import Converter

    try:
        tree: Any = sqlglot.parse_one(text, dialect="postgres")
        return Converter().term(tree)
    except (SqlglotError, AttributeError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise NotUnderstood(str(error).partition("\n")[0] or type(error).__name__) from None
