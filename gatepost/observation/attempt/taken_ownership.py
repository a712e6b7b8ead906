"""Try whether a member of a tenant can make itself the tenant's owner, by changing the column that names the owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.probes import counting
from gatepost.observation.attempt.trial.results import Promotion
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.users import ANN
from gatepost.personas import Persona
from gatepost.schema import Table


@dataclass
class TakenOwnership:
    """Changes who owns ann's rows of one table of tenants, as her teammate."""

    stage: TrialSession
    persona: Persona
    table: Table
    promotions: list[Promotion] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the columns in which the persona can put itself in ann's place."""
        own = self.persona.user_id
        wanted = list(self._statements()) if self.persona.traits.teammate else []
        if not wanted:
            return
        answers = yield [
            Trial(self.persona, statement, (counting(self.table, [(name, own)]),)) for name, statement in wanted
        ]
        for (name, _), answer in zip(wanted, answers, strict=True):
            stored = answer.tried.outcome == "done" and answer.tried.count > 0
            if stored and answer.found and int(answer.found[0].rows[0][0] or 0):
                effect = f"put itself in the place of the owner ({name})"
                self.promotions.append(
                    Promotion(self.persona, self.table, effect, "update", answer.tried.statement, taken=name)
                )

    def _statements(self) -> Iterator[tuple[str, str]]:
        """Yield the columns that name an owner, each with the statement that a client sends to change one row."""
        survey = self.stage.survey
        keys = [index.columns for index in self.table.indexes if index.primary]
        row = next((r for r in self.stage.planted_rows.of(self.table).values() if r.base and r.world == ANN), None)
        if self.table.key not in survey.teams.tenants or row is None or not keys:
            return
        able = self.stage.privileges(self.persona.role).columns(self.table, "update")
        where = " AND ".join(f"{sql.identifier(n)} = {sql.literal(row.values.get(n))}" for n in keys[0] if n)
        ann = self.stage.planted_rows.row_sets.users[ANN]
        for column in self.table.columns:
            key = (*self.table.key, column.name)
            owns = key in survey.identities and key in survey.clues.read and row.values.get(column.name) == ann
            if owns and column.name in able:
                change = f"{sql.identifier(column.name)} = {sql.literal(self.persona.user_id)}"
                yield column.name, f"UPDATE {sql.qualified(*self.table.key)} SET {change} WHERE {where}"
