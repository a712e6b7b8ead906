"""Handle exceptions that the application's own code raises: which are verdicts, and which values the code accepts.

A trigger that refuses some values stands in front of row security, and what row security would say is seen only with
values that it lets pass. They are taken from what the code compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from gatepost.analysis.compared_values import pieces_in
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.plant.canaries import Canary
from gatepost.observation.plant.fitting.candidate_values import Fix, filled, options, some_of
from gatepost.observation.plant.fitting.combinations import KEPT, Values
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import FILES, Survey
from gatepost.personas import Persona
from gatepost.schema import Column, Command, Table, Trigger

_MOST = 24
"""How many rows are tried with other values."""
_WHEN = re.compile(r"\bWHEN\s*\(", re.IGNORECASE)
_LEVELS = frozenset("debug log info notice warning".split())


@dataclass(frozen=True)
class Guards:
    """The triggers that run before one command on a table."""

    survey: Survey
    table: Table
    command: Command

    @cached_property
    def _triggers(self) -> list[tuple[Trigger, str]]:
        """The triggers that may raise an exception, with their bodies."""
        found = [
            (trigger, self.survey.bodies.get(trigger.function, ""))
            for trigger in self.survey.triggers[self.table.key]
            if self.command in trigger.events
        ]
        return [(trigger, body) for trigger, body in found if "raise" in self.survey.calls.reachable([body])[0]]

    @property
    def may_refuse(self) -> bool:
        """Whether a trigger may raise an exception."""
        return bool(self._triggers)

    @cached_property
    def refuse_always(self) -> bool:
        """Whether a trigger raises an exception before it reads anything, so that nobody can pass it."""
        return any(
            _raises_first(body) and not _WHEN.search(trigger.definition.partition(" EXECUTE ")[0])
            for trigger, body in self._triggers
        )

    @cached_property
    def _texts(self) -> list[str]:
        called = {name for _, body in self._triggers for name in self.survey.calls.reachable([body])[0]}
        more = [f.body for f in self.survey.live.functions if f.name in called & self.survey.calls.bodies.keys()]
        return [body for _, body in self._triggers] + more

    @cached_property
    def _columns(self) -> list[Column]:
        """The columns that the code reads and that do not say who owns a row."""
        names = {piece.name for text in self._texts for piece in pieces_in(text) if piece.name}
        known = (self.survey.identities, self.survey.keys, self.survey.clues.claims)
        return [
            column
            for column in self.table.columns
            if column.name in names
            and not column.generated
            and not any((*self.table.key, column.name) in one for one in known)
            and self.table.key not in FILES
        ]

    def values(self) -> list[Values]:
        """Return other values that a row may hold in the columns that the code reads."""
        found = {column.name: options(self.survey, column, self._texts) for column in self._columns}
        if not found:
            return []
        return [
            {name: self._filled(name, fix) for name, fix in combination if fix != KEPT}
            for combination in some_of(found, _MOST)
        ]

    def values_of(self, column: Column) -> list[str | None]:
        """Return other values that one column may hold, the first few."""
        if not self._triggers or column not in self._columns:
            return []
        found = [fix for fix in options(self.survey, column, self._texts) if fix not in (KEPT, None)]
        return [self._filled(column.name, fix) for fix in found[:4]]

    def _filled(self, name: str, fix: Fix) -> str | None:
        place = next(at for at, column in enumerate(self.table.columns) if column.name == name)
        return filled(fix, Canary(self.survey.numbers[self.table.key], FRESH, place), FRESH)


def _raises_first(body: str) -> bool:
    """Return whether the first statement of a PL/pgSQL body raises an exception."""
    names = [piece.text.lower() for piece in pieces_in(body)]
    if "begin" not in names:
        return False
    rest = names[names.index("begin") + 1 :]
    return rest[:1] == ["raise"] and not _LEVELS & set(rest[1:2])


def settle_reads(record: Observations, personas: Iterable[Persona]) -> None:
    """Treat an exception of a policy's function as a refusal if the same function lets other callers read.

    Args:
        record: The results of reading, with the exceptions as they came.
        personas: The personas that read. If it raises for every caller, nothing is known about whom it keeps out.
    """
    readers = [persona for persona in personas if persona.role != "service_role"]
    for table in {key[1] for key in record.cells}:
        cells = {persona: record.cells.get((persona.name, table, "select")) for persona in readers}
        served = {persona.role for persona, cell in cells.items() if cell is not None and cell.outcome == "done"}
        reading = any(cell is not None and cell.rows for cell in cells.values())
        for persona, cell in cells.items():
            lets_others = persona.role in served or (reading and not persona.traits.onlooker)
            if cell is not None and cell.outcome == "refused by the application" and lets_others:
                record.cells[persona.name, table, "select"] = replace(cell, certain=True)
