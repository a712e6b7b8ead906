"""One side while it is tried: its session, its tables in the words of the head, and what is written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.probes import Look, Probe
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant import canaries
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import Survey
from gatepost.personas import Persona
from gatepost.review.names import Names, TableKey
from gatepost.review.plant.planting import SidePlanting, own_table
from gatepost.review.plant.population import Population
from gatepost.review.scope import Scope
from gatepost.review.trial.access import Access, Cell, Opened
from gatepost.schema import Table

Watched = Mapping[TableKey, tuple[TableKey, ...]]
"""The tables whose visible rows a write to each table may change, on either side."""


@dataclass
class TriedSide:
    """What the trials of one side share.

    Args:
        stage: The session, with the rows planted.
        planting: How the side calls what the head has.
        population: The rows and the callers.
        scope: What is tried.
        watched: Which tables are read again after a write.
        access: Receives the results.
    """

    stage: TrialSession
    planting: SidePlanting
    population: Population
    scope: Scope
    watched: Watched
    access: Access

    def tables(self) -> Iterator[tuple[Table, Table]]:
        """Yield the tables to try, each as both sides have it and as this side has it."""
        for joint in self.population.survey.tables:
            own = self.planting.own(joint.key)
            if own is not None and joint.key in self.scope.tried:
                yield joint, own

    def joint_column(self, joint: Table, own: str) -> str:
        """Return what the head calls a column of this side."""
        names = self.planting.names
        return own if names is None else names.columns.get((*joint.key, own), own)

    def own_column(self, joint: Table, name: str) -> str:
        """Return what this side calls a column."""
        names = self.planting.names
        return name if names is None else names.column_before(joint.key, name)

    def look(self, persona: Persona, key: TableKey) -> Look | None:
        """Return how a caller reads a table, or None where it may not."""
        own = self.planting.own(key)
        return None if own is None else self.stage.looking(persona.role, own)

    def looks_after(self, persona: Persona, key: TableKey) -> list[tuple[TableKey, Look]]:
        """Return the reads that follow a write to a table."""
        found = ((other, self.look(persona, other)) for other in self.watched.get(key, ()))
        return [(other, look) for other, look in found if look is not None]

    def note_error(self, persona: Persona, joint: Table, statement: str, said: str) -> None:
        """Write down the planted values that came out in an error's message and were not in the statement."""
        cells = self.cells_in(said, statement)
        if cells:
            door = self.access.doors.setdefault((persona.name, f"errors of {joint}"), {})
            door["message"] = Opened("error message", "error", statement, said, cells)

    def cells_in(self, text: str, statement: str) -> frozenset[Cell]:
        """Return the planted cells whose values are in a text, without those that the caller's statement brought."""
        shown = list(canaries.found_in(text)) if text else []
        if not shown:
            return frozenset()
        brought = frozenset(canaries.found_in(statement))
        found = set()
        for canary in shown:
            joint = self._numbered.get(canary.table)
            if joint is None or canary in brought or canary.column >= len(joint.columns):
                continue
            if canary.row in self.access.planted.get(joint.key, ()):
                found.add((joint.key, canary.row, joint.columns[canary.column].name))
        return frozenset(found)

    @cached_property
    def _numbered(self) -> Mapping[int, Table]:
        survey = self.population.survey
        return {survey.numbers[table.key]: table for table in survey.tables}

    def rows(self, own: Table) -> Mapping[tuple[int, str], Row]:
        """Return the planted rows of a table."""
        return self.stage.planted_rows.of(own)


def watching(population: Population, sides: Iterable[tuple[Survey, Names | None]], scope: Scope) -> Watched:
    """Return, for each table, those that a caller may see more of after a write to it, on either side.

    Args:
        population: Both sides as one database.
        sides: Each side, with what the head calls what it has.
        scope: What is tried.
    """
    found: dict[TableKey, dict[TableKey, None]] = {}
    for survey, names in sides:
        influence = Influence(survey)
        for joint in population.survey.tables:
            own = own_table(survey, names, joint.key)
            if own is None or joint.key not in scope.tried:
                continue
            for other in influence.touched(own):
                key = other.key if names is None else names.table(other.key)
                if key in scope.tables:
                    found.setdefault(joint.key, {})[key] = None
    return {key: tuple(sorted(others)) for key, others in found.items()}


def try_all(wanted: list[Trial]) -> Trying[list[Answer]]:
    """Have statements tried."""
    if not wanted:
        return []
    return list((yield wanted))


def as_caller(statement: str) -> Probe:
    """Return a query that the caller itself sends, for one array of rows."""
    return Probe(statement, as_persona=True)
