"""Try whether a persona can give itself a rank, and change what it could not change before.

`Writer` looks for rows that come into sight. A rank may show nothing new and let its holder write; so here it is tried
to write again. Only what is called like a rank counts: to choose whether one sells or buys is everybody's own choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.probes import Found, Probe
from gatepost.observation.attempt.trial.results import Escalation
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.personas import Persona
from gatepost.schema import Table

_MOST = 12
"""The most tables that are tried after a write."""


@dataclass
class Empowering:
    """Gives a rank to one persona in one table, and tries what it may change then."""

    stage: TrialSession
    influence: Influence
    persona: Persona
    table: Table
    escalations: list[Escalation] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the tables of which more rows can be changed with the rank than without."""
        statements = self._statements()
        powers = list(self._powers()) if statements else []
        if powers:
            yield from self._try(statements, powers)
        joined = self._joining()
        above = {parent[:2] for child, parent in self.stage.survey.keys.items() if child[:2] == self.table.key}
        powers = [one for one in self._powers() if one[0].key in above] if joined else []
        if powers:
            yield from self._try(joined, powers, hung_on=True)

    def _try(
        self, statements: Sequence[str], powers: Sequence[tuple[Table, Probe]], *, hung_on: bool = False
    ) -> Trying[None]:  # fmt: skip
        """Write, and change the rows of some tables then."""
        probes = tuple(probe for _, probe in powers)
        [before, *after] = yield [
            Trial(self.persona, "SELECT", probes),
            *(Trial(self.persona, statement, probes) for statement in statements),
        ]
        for answer in after:
            for (table, probe), then, now in zip(powers, before.found, answer.found, strict=False):
                rows = tuple(self.stage.planted_rows.of(table).values())[:1]
                if answer.tried.outcome == "done" and _count(now) > _count(then) and rows:
                    self.escalations.append(
                        Escalation(
                            self.persona,
                            answer.tried.statement,
                            str(self.table),
                            probe.statement,
                            rows,
                            hung_on,
                            power=True,
                        )
                    )

    def _joining(self) -> list[str]:
        """Return how the persona would join what is a stranger's: by a row about itself that refers to it."""
        survey, row_sets = self.stage.survey, self.stage.planted_rows.row_sets
        world, key = self.persona.row_set, self.table.key
        ordinary = self.persona.traits.ordinary and not self.persona.traits.ranked
        names_itself = any((*key, column.name) in survey.identities for column in self.table.columns)
        held = self.stage.privileges(self.persona.role)
        if not (ordinary and names_itself and key in survey.read_elsewhere and held.has(key, "insert")):
            return []
        values = row_sets.make(self.table, world, FRESH + 8, parents=other_of(self.persona.name))
        rows = [Row(self.table, FRESH + 8, world, {**values, **kind}) for kind in row_sets.kinds(self.table) or [{}]]
        return [insert([row], held.columns(self.table, "insert")) for row in rows]

    def _statements(self) -> list[str]:
        """Return how the persona would give itself a rank: in its own row, or by a new one."""
        if not self.persona.traits.ordinary or self.persona.traits.ranked:
            return []
        if self.table.key not in self.stage.survey.read_elsewhere:
            return []
        held, row_sets = self.stage.privileges(self.persona.role), self.stage.planted_rows.row_sets
        known = word_list("ranks")
        ranks = [
            (name, value)
            for name, values in row_sets.edges(self.table).items()
            for value in values
            if value and (name_parts(value) & known or (value == "true" and name_parts(name) & known))
        ]
        able = held.columns(self.table, "update")
        target = sql.qualified(self.table.schema, self.table.name)
        found = [
            f"UPDATE {target} SET {sql.identifier(name)} = {sql.literal(value)}"
            for name, value in ranks
            if name in able
        ]
        if held.has(self.table.key, "insert"):
            world = self.persona.row_set
            values = row_sets.make(self.table, world, FRESH + 8)
            rows = [Row(self.table, FRESH + 8, world, {**values, name: value}) for name, value in ranks]
            found += [insert([row], held.columns(self.table, "insert")) for row in rows]
        return found

    def _powers(self) -> Iterator[tuple[Table, Probe]]:
        """Yield tables that the rank may open, each with an UPDATE that returns how many rows it changes."""
        held = self.stage.privileges(self.persona.role)
        touched = [table for table in self.influence.touched(self.table) if table.key != self.table.key]
        for table in touched[:_MOST]:
            column = self._plain(table, held.columns(table, "update"))
            if column is not None and self.stage.planted_rows.of(table):
                name, value = column
                change = f"{sql.identifier(name)} = {sql.literal(value)}"
                update = f"UPDATE {sql.qualified(table.schema, table.name)} SET {change}"
                counted = f"WITH changed AS ({update} RETURNING 1) SELECT ARRAY[ARRAY[count(*)::text]] FROM changed"
                yield table, Probe(counted, as_persona=True)

    def _plain(self, table: Table, able: Sequence[str]) -> tuple[str, str | None] | None:
        """Return a column that no key and no policy uses, and a value for it."""
        survey = self.stage.survey
        unique = {name for index in table.indexes if index.unique for name in index.columns}
        for place, column in enumerate(table.columns):
            key = (*table.key, column.name)
            bound = key in survey.keys or key in survey.identities or key in survey.clues.read or column.name in unique
            if column.name in able and not bound and not column.generated and column.identity != "always":
                return column.name, self.stage.planted_rows.row_sets.plain(table, column, place, FRESH)
        return None


def _count(found: Found) -> int:
    return int(found.rows[0][0] or 0) if found.rows else 0
