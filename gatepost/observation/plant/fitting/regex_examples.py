"""Create texts that match a regular expression, a different one for each row.

The part of PostgreSQL's regular expressions that CHECK constraints use
(https://www.postgresql.org/docs/17/functions-matching.html#POSIX-SYNTAX-DETAILS). Anything else has no shape.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

_WORD_CHARACTERS = frozenset("cnryz-0123456789abcdef")
_ROOM = 20
"""The maximal length of a canary's word."""
_SEVERAL = 6
"""How many characters to use where a class may stand several times, so that rows differ."""
_NAMED = {
    "alpha": string.ascii_letters,
    "alnum": string.ascii_letters + string.digits,
    "digit": string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
    "space": " ",
    "punct": string.punctuation,
}
_ESCAPED = {"d": string.digits, "w": string.ascii_lowercase + string.digits + "_", "s": " ", "D": "a", "S": "a"}
_NOTHING = frozenset("AZmMyYb")
_PRINTABLE = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_ .:/@#"
_QUANTIFIER = re.compile(r"([*+?]|\{(\d+)(,(\d*))?\})\??")


@dataclass(frozen=True)
class Shape:
    """Texts that match, as the characters that each place accepts. None stands for the word of a canary."""

    places: tuple[str | None, ...]

    def filled(self, word: str, number: int) -> str:
        """Return the text of a row.

        Args:
            word: The word of its canary.
            number: The row's number; texts of two numbers differ, as far as there are different ones.
        """
        found: list[str] = []
        for place in reversed(self.places):
            if place is None:
                found.append(word)
                continue
            number, at = divmod(number, len(place))
            found.append(place[at])
        return "".join(reversed(found))


def shape(pattern: str) -> Shape | None:
    """Return the shape of a regular expression, or None where it could not be parsed."""
    try:
        places, rest = _branch(pattern)
    except (ValueError, IndexError):
        return None
    return Shape(tuple(places)) if not rest else None


def _branch(text: str) -> tuple[list[str | None], str]:
    """Return the places of the first alternative, and what follows the group around it."""
    found: list[str | None] = []
    while text and text[0] not in "|)":
        atom, text = _atom(text)
        quantifier = _QUANTIFIER.match(text)
        if quantifier is None:
            found += atom
            continue
        text = text[quantifier.end() :]
        found += _repeated(atom, *_bounds(quantifier))
    if text.startswith("|"):
        text = _after_alternatives(text[1:])
    return found, text


def _after_alternatives(text: str) -> str:
    while True:
        _, text = _branch(text)
        if not text.startswith("|"):
            return text
        text = text[1:]


def _atom(text: str) -> tuple[list[str | None], str]:
    first, rest = text[0], text[1:]
    if first in "^$":
        return [], rest
    if first == "(":
        if rest.startswith("?") and not rest.startswith("?:"):
            raise ValueError(text)
        places, rest = _branch(rest.removeprefix("?:"))
        return places, rest[1:]
    if first == "[":
        characters, rest = _class(rest)
        return [characters], rest
    if first == ".":
        return [_PRINTABLE], rest
    if first == "\\":
        if rest[0] in _NOTHING:
            return [], rest[1:]
        if rest[0] in _ESCAPED or not rest[0].isalnum():
            return [_ESCAPED.get(rest[0], rest[0])], rest[1:]
        raise ValueError(text)
    return [first], rest


def _class(text: str) -> tuple[str, str]:
    negated = text.startswith("^")
    text = text[negated:]
    found, first = "", True
    while first or text[0] != "]":
        first = False
        if text.startswith("[:"):
            name, _, text = text[2:].partition(":]")
            found += _NAMED.get(name, "")
        elif text[0] == "\\":
            found += _ESCAPED.get(text[1], text[1])
            text = text[2:]
        elif len(text) > 2 and text[1] == "-" and text[2] != "]":
            found += "".join(chr(code) for code in range(ord(text[0]), min(ord(text[2]), ord(text[0]) + 200) + 1))
            text = text[3:]
        else:
            found += text[0]
            text = text[1:]
    characters = "".join(one for one in _PRINTABLE if one not in found) if negated else "".join(dict.fromkeys(found))
    if not characters:
        raise ValueError(text)
    return characters, text[1:]


def _bounds(quantifier: re.Match[str]) -> tuple[int, int]:
    if quantifier[1] in ("*", "+", "?"):
        return {"*": (0, 1000), "+": (1, 1000), "?": (0, 1)}[quantifier[1]]
    least = int(quantifier[2])
    if quantifier[3] is None:
        return least, least
    return least, int(quantifier[4]) if quantifier[4] else 1000


def _repeated(atom: list[str | None], least: int, most: int) -> list[str | None]:
    if least > 1000:
        raise ValueError(least)
    if len(atom) == 1 and atom[0] is not None and len(atom[0]) > 1:
        characters = atom[0]
        if set(characters) >= _WORD_CHARACTERS and least <= 8 and most >= _ROOM and least:
            return [None]
        return [characters] * max(least, min(most, _SEVERAL) if least else 0)
    return atom * least
