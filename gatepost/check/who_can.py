"""Answer who can read or write which rows of a table, and what decides it, from what was tried."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatepost.errors import SettingsError
from gatepost.finding import Result
from gatepost.schema import COMMANDS, Command

_WORDS = {
    "all": "every row",
    "own": "their own rows",
    "some": "some rows",
    "none": "nothing",
    "unknown": "not known",
    "error": "an error",
}


@dataclass(frozen=True)
class Answer:
    """What the same thing decides for some personas.

    Args:
        table: The table, as `schema.name`.
        command: The command.
        personas: Who tried.
        reach: Which rows, in words.
        because: What decides it: policies, a privilege, or what PostgreSQL said.
    """

    table: str
    command: Command
    personas: tuple[str, ...]
    reach: str
    because: str

    @property
    def sentence(self) -> str:
        """The answer as a sentence."""
        names, done = ", ".join(self.personas), self.command.upper()
        if self.reach == "nothing":
            return f"{names} cannot {done} on {self.table}: {self.because}"
        if self.reach in ("not known", "an error"):
            return f"{names}: {done} on {self.table} is {self.reach}: {self.because}"
        return f"{names} can {done} {self.reach} of {self.table}: {self.because}"


def who_can(observed: Result, table: str, command: Command | None = None, persona: str | None = None) -> list[Answer]:
    """Return who can do what with a table, one answer a command and reason.

    Args:
        observed: Of an observation.
        table: The table, as `schema.name`, or its name in `public`.
        command: Only this command.
        persona: Only this persona.

    Raises:
        SettingsError: there is no such table or persona.
    """
    matrix: Any = observed.sections["matrix"]
    wanted = table if "." in table else f"public.{table}"
    rows = {row["table"]: row for row in matrix["tables"]}
    people = {one["name"]: one for one in matrix["personas"]}
    if wanted not in rows:
        raise _unknown("table", wanted, rows)
    if persona is not None and persona not in people:
        raise _unknown("persona", persona, people)
    names = [persona] if persona is not None else list(people)
    return [
        answer
        for one in ([command] if command else COMMANDS)
        for answer in _of_command(rows[wanted], one, names, people)
    ]


def _of_command(row: Any, command: Command, names: list[str], people: dict[str, Any]) -> Iterator[Answer]:  # noqa: ANN401
    together: dict[tuple[str, str], list[str]] = {}
    for name in names:
        cell = row["cells"][name][command]
        whole = {"reach": "some"} if cell["reach"] == "own" and not row["owned"] else {}
        key = (_WORDS[(cell | whole)["reach"]], _because(row, cell, people[name]["role"]))
        together.setdefault(key, []).append(name)
    for (reach, because), personas in together.items():
        yield Answer(row["table"], command, tuple(personas), reach, because)


def _because(row: Any, cell: Any, role: str) -> str:  # noqa: ANN401  plain values, as they stand in the JSON
    if cell["reach"] in ("unknown", "error"):
        return str(cell["said"] or cell["outcome"])
    if cell["outcome"] == "refused by privilege":
        return f"{role} has no privilege for it"
    if not row["row_security"]:
        return "row security is off"
    if cell["policies"]:
        return f"{'no row passes ' if cell['reach'] == 'none' else 'policy '}{'; '.join(cell['policies'])}"
    return f"no policy is for {role}" if cell["reach"] == "none" else f"{role} bypasses row security"


def _unknown(kind: str, name: str, known: dict[str, Any]) -> SettingsError:
    near = difflib.get_close_matches(name, known, 1)
    return SettingsError(
        f'there is no {kind} "{name}" among those that were tried',
        f'Did you mean "{near[0]}"?' if near else f"one of {', '.join(sorted(known)[:20])}",
    )
