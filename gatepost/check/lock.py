"""The access matrix as stable text for git: a line for each table, command and class of callers, in `access.lock`.

The diff of a pull request then shows what changes, and `gatepost check --locked` fails where the file is stale.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gatepost.display import line
from gatepost.errors import SettingsError
from gatepost.finding import Finding, Result
from gatepost.schema import COMMANDS

FILE = Path("access.lock")
_HEAD = "# Who can do what with which rows, as gatepost tried it. Written by: gatepost check --lock\n"
_CLASSES = {
    "anon": ("anon",), "signed in": ("ann", "bob"), "anonymous sign-in": ("anonymous_sign_in",),
    "claims of one's own": ("self_claiming",), "admin claims": ("admin",), "service_role": ("service_role",),
}  # fmt: skip
"""The classes of callers, each with the personas who stand for it."""
_WIDEST = ("all", "some", "own", "error", "unknown", "none")


def as_lock(result: Result) -> str:
    """Return the access matrix of a check as the text of the file.

    Args:
        result: Of `gatepost check`.
    """
    matrix: Any = result.sections.get("matrix") or {"personas": [], "tables": []}
    there = {persona["name"] for persona in matrix["personas"]}
    classes = {name: [p for p in personas if p in there] for name, personas in _CLASSES.items()}
    known = {name for personas in _CLASSES.values() for name in personas}
    classes |= {name: [name] for name in sorted(there - known)}
    lines = sorted(found for table in matrix["tables"] for found in _of_table(table, classes))
    return _HEAD + "".join(f"{one}\n" for one in lines)


def _of_table(table: Any, classes: dict[str, list[str]]) -> Iterator[str]:  # noqa: ANN401  plain values of the JSON
    for who, personas in classes.items():
        for command in COMMANDS:
            reaches = [table["cells"][name][command]["reach"] for name in personas]
            if reaches:
                widest = min(reaches, key=_WIDEST.index)
                yield line(f"{table['table']} | {command} | {who} | {_worded(widest, table['owned'])}")


def _worded(reach: str, owned: bool) -> str:
    words = {"all": "every row", "own": "own rows", "some": "some rows", "none": "-", "unknown": "not known"}
    return "its policies fail" if reach == "error" else words[reach] if owned or reach != "own" else "some rows"


def stale(result: Result, file: Path) -> tuple[Finding, ...]:
    """Return a finding for each line of the file that no longer holds, or that it lacks.

    Args:
        result: Of `gatepost check`.
        file: What was written before.

    Raises:
        SettingsError: the file cannot be read.
    """
    try:
        before = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f'"{file}" cannot be read: {error}', "gatepost check --lock") from None
    return tuple(_findings(before.splitlines(), as_lock(result).splitlines(), file))


def _findings(before: list[str], after: list[str], file: Path) -> Iterable[Finding]:
    for at, text in enumerate(difflib.ndiff(before, after)):
        sign, said = text[:2], text[2:]
        if sign in ("+ ", "- ") and not said.startswith("#"):
            held = "holds now and is not in it" if sign == "+ " else "is in it and holds no longer"
            yield Finding(
                "access-lock-stale",
                "error",
                said.partition(" | ")[0],
                f'"{said}" {held}',
                "gatepost check --lock",
                detail=f"{sign.strip()} {said.partition(' | ')[2]}",
                place=f"{file}:{at + 1}" if sign == "- " else "",
            )
