"""A script as its statements, as far as it can be read; what cannot is an error with file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatepost.sources.files import Script
from gatepost.sql_script import Statement, readable

_BREAKPOINT = re.compile(r"--> statement-breakpoint[ \t]*\r?$", re.MULTILINE)
"""What Drizzle writes between two statements."""
_COPY = re.compile(
    r"^(?P<head>[ \t]*COPY\s+[^;']*?\sFROM\s+STDIN\b[^;]*;)[^\n]*\n(?P<rows>.*?)^\\\.[ \t]*\r?$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_RESTRICT = re.compile(r"^\\(?:un)?restrict [A-Za-z0-9]+[ \t]*\r?$", re.MULTILINE)
"""What pg_dump writes around its script since 2025, for psql."""
_ROWS = "holds the rows of a COPY, which psql alone can send: they are not loaded"
_MOST_ERRORS = 20


@dataclass(frozen=True)
class Mistake:
    """A place that is no SQL: its file, its line and what is wrong."""

    file: str
    line: int
    message: str


def split(script: Script) -> tuple[tuple[Statement, ...], tuple[Mistake, ...]]:
    """Return the statements of a script, and the places that cannot be run.

    Lines for psql and the rows of a COPY are passed over; after a quote that nothing closes there is nothing to read.
    """
    text, name = script.text, script.name
    mistakes = [Mistake(name, _line(text, found.start()), _ROWS) for found in _COPY.finditer(text)]
    text = _COPY.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = _RESTRICT.sub("", _BREAKPOINT.sub(";", text))
    for _ in range(_MOST_ERRORS):
        statements, error = readable(text, name)
        if error is None:
            break
        mistakes.append(Mistake(name, error.line, error.reason))
        if not error.for_psql:
            break
        text = _without_line(text, error.line)
    return statements, tuple(mistakes)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _without_line(text: str, line: int) -> str:
    lines = text.split("\n")
    lines[line - 1] = ""
    return "\n".join(lines)
