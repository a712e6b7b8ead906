"""The only door from foreign text to a person's eyes.

Names, comments and messages of a database are written by whoever owns the database. Printed as they are, they move the
cursor, start a line with a workflow command, or hide what follows. Everything foreign passes one of these functions
before a format prints it.
"""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are not shown as they are: controls, directions, invisible marks, line separators."""


def line(text: str) -> str:
    r"""Return foreign text as one line of printable characters.

    Args:
        text: What a database, a file or a server said.

    Returns:
        The text with every control, direction mark and line break written as its escape, as in `\x1b` or `\n`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSAFE else character for character in text
    )


def block(text: str) -> str:
    """Return foreign text of several lines: each line as `line` returns it."""
    return "\n".join(line(one) for one in text.split("\n"))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
