"""Read a condition as PostgreSQL prints it; each distinct shape is parsed once.

The policies of many tables are often the same but for names, so the names that stand before or after a dot are put
aside, and the tree of the shape is filled with them again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gatepost.access.conditions.rewrite import renamed
from gatepost.access.conditions.terms import FALSE, TRUE, Term


class NotUnderstood(Exception):
    """The parser does not know a piece of SQL; the message is why."""


@lru_cache(maxsize=20_000)
def parse(text: str) -> Term:
    """Return a policy's expression, as `pg_get_expr` prints it with an empty search path, as a term.

    Args:
        text: The expression.

    Raises:
        NotUnderstood: the parser does not know it.
    """
    plain = _PLAIN.get(text.strip().lower())
    if plain is not None:
        return plain
    shape, names = _shape(text)
    if names:
        try:
            return renamed(_parsed(shape), names)
        except NotUnderstood:
            pass  # a name that is put aside was part of something else, such as a type of several words
    return _parsed(text)


_PLAIN = {"true": TRUE, "(true)": TRUE, "false": FALSE, "(false)": FALSE}
_PIECE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$"])([a-z_][a-z0-9_]*)(?![\w$"])(\s*\()?""")
_DOTTED = re.compile(r"(?<![\w$\"])([a-z_][a-z0-9_]*)(?=\.)|(?<=\.)([a-z_][a-z0-9_]*)(?![\w$\"])")
_KEPT = frozenset("auth storage realtime extensions pg_catalog".split())
"""Schemas whose functions are known by name."""


def _shape(text: str) -> tuple[str, dict[str, str]]:
    """Return a text with numbered names in place of those beside a dot, and what they stood for."""
    dotted = {name for found in _DOTTED.finditer(text) for name in found.groups() if name} - _KEPT
    dotted -= {found[1] for found in _PIECE.finditer(text) if found[2]}
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if name not in dotted:
            return found[0]
        return numbers.setdefault(name, f"gp_{len(numbers)}_") + (found[2] or "")

    shape = _PIECE.sub(number, text)
    return shape, {number: name for name, number in numbers.items()}


@lru_cache(maxsize=5_000)
def _parsed(text: str) -> Term:
    import sqlglot
    from sqlglot.errors import SqlglotError

    from gatepost.access.conditions.convert import Converter

    try:
        tree: Any = sqlglot.parse_one(text, dialect="postgres")
        return Converter().term(tree)
    except (SqlglotError, RecursionError, AttributeError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise NotUnderstood(str(error).partition("\n")[0] or type(error).__name__) from None
