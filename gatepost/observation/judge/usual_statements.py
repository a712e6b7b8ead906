"""Report statements that clients send and the policies refuse, although they let their sender write such a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatepost.finding import Finding
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import comma_joined
from gatepost.personas import Persona
from gatepost.schema import Command, Table

_COMMANDS: tuple[Command, ...] = ("insert", "update")
_FIX = "a policy for SELECT must let the new row through, too"
_NOT = {False: "does not", True: "do not"}


def refused_statements(table: Table, record: Observations, personas: Sequence[Persona]) -> Iterator[Finding]:
    """Yield one finding for each kind of statement; it is information, since it may be intended.

    Args:
        table: The table.
        record: The results.
        personas: Those who tried.
    """
    found: dict[tuple[Command, str], list[tuple[Persona, str]]] = {}
    for persona in personas:
        for command in _COMMANDS:
            for kind, statement in record.cell(persona.name, table, command).refused.items():
                found.setdefault((command, kind), []).append((persona, statement))
    for (command, kind), several in found.items():
        names = comma_joined([persona.name for persona, _ in several])
        persona, statement = several[0]
        yield Finding(
            "usual-statement-refused",
            "info",
            str(table),
            f"{names} can {command} rows of their own in {table}, but not by {kind}: {_missing(table, persona)}",
            fix=_FIX,
            detail=f"{command}: {kind.split(',')[0]}",
            witness=f"{describe(persona)}: {statement}",
        )


def _missing(table: Table, persona: Persona) -> str:
    """Return the piece that is missing: each of these statements reads the row that it leaves."""
    seeing = [
        f'"{one.name}"'
        for one in table.policies
        if one.permissive and one.command in ("select", "all") and {persona.role, "public"} & {*one.roles}
    ]
    if not seeing:
        return f'"{persona.role}" has no policy for SELECT, and it reads the new row, too'
    return f"it reads the new row, too, which {comma_joined(seeing)} for SELECT {_NOT[len(seeing) > 1]} let through"
