"""Try statements on one table as one persona, and record what it sees after each successful one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.application_errors import Guards
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.probes import Found, Look, Tried
from gatepost.observation.attempt.trial.results import Crossing, Escalation, Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.personas import Persona
from gatepost.schema import Column, Command, Table

Looked = tuple[Answer, list[tuple[Table, Look]]]
"""A result, and the reads whose results follow those of its own probes."""


@dataclass
class Attempts:
    """Tries statements as one persona on one table, and records which rows became visible."""

    stage: TrialSession
    record: Observations
    influence: Influence
    persona: Persona
    table: Table
    escalations: list[Escalation] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    _guarding: dict[Command, Guards] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is tried, for a report."""
        return f"{self.table}: writing as {self.persona.name}"

    @property
    def world(self) -> str:
        """The name of the persona's own row set."""
        return self.persona.row_set

    @property
    def watched(self) -> bool:
        """Whether rows that become visible are an escalation. Personas that may see everything are not watched."""
        return self.persona.watched

    def _guards(self, command: Command) -> Guards:
        if command not in self._guarding:
            self._guarding[command] = Guards(self.stage.survey, self.table, command)
        return self._guarding[command]

    def _try(
        self, wanted: Sequence[Trial], column: Column | None = None, *, removed: bool = False
    ) -> Trying[list[Looked]]:  # fmt: skip
        """Try statements, and after each one read every table that may show other rows then.

        Args:
            wanted: The trials; the looks come behind their own probes.
            column: The column that they change, or None for whole rows.
            removed: Whether they remove rows.
        """
        columns = None if column is None else frozenset([column.name])
        touched = [self.influence.touched(self.table, columns, removed) if self.watched else ()] * len(wanted)
        if self.watched and self.influence.opaque_triggers(self.table):
            # Trying shows which tables a statement affects, so that not every table is read again.
            led = yield [replace(trial, counting="writes") for trial in wanted]
            touched = [
                everywhere if first.moved is None else self.influence.after(self.table, columns, first.moved)
                for first, everywhere in zip(led, touched, strict=True)
            ]
        looks = [
            [(table, look) for table in tables if (look := self.stage.looking(self.persona.role, table)) is not None]
            for tables in touched
        ]
        answers = yield [
            replace(trial, probes=(*trial.probes, *(look.probe for _, look in after)))
            for trial, after in zip(wanted, looks, strict=True)
        ]
        return list(zip(answers, looks, strict=True))

    def _look_again(
        self, tried: Tried, looks: Sequence[tuple[Table, Look]], found: Sequence[Found], hung_on: bool = False
    ) -> None:
        """Record the rows of others that became visible after a write."""
        for (table, look), what in zip(looks, found, strict=True):
            seen = look.seen(what)
            new = seen.rows - self.record.sees(self.persona.name, table.key)
            rows = [row for row in self.stage.planted_rows.of(table).values() if row.number in new]
            others = tuple(row for row in rows if not row.is_of(self.world))
            if others:
                self.escalations.append(
                    Escalation(self.persona, tried.statement, str(self.table), seen.statement, others, hung_on)
                )


def by_code(tried: Tried) -> bool:
    """Return whether the application's code refused a statement."""
    return tried.outcome == "refused by the application"
