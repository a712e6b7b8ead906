"""Try whether somebody can approve a row of their own: file it as the policies demand, and then change it.

A policy that accepts a new row only as long as it is not approved says that somebody else approves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.results import Approval
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.users import ANN
from gatepost.personas import Persona
from gatepost.schema import Table

_MOST = 4


@dataclass
class SelfApproval:
    """Files and approves rows of one table as one persona."""

    stage: TrialSession
    persona: Persona
    table: Table
    approvals: list[Approval] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the columns that the persona can set afterwards, although a new row may not hold that value."""
        held = self.stage.privileges(self.persona.role)
        able, columns = held.columns(self.table, "update"), held.columns(self.table, "insert")
        marks = [one for one in self._marks() if one[0] in able and one[0] in columns][:_MOST]
        rows = list(self._rows()) if marks and held.has(self.table.key, "insert") else []
        ways = [(name, low, high, row) for name, low, high in marks for row in rows]
        wanted: list[Trial] = []
        for name, low, high, row in ways:
            filed = insert([Row(row.table, row.number, row.world, {**row.values, name: low})], columns)
            ready = insert([Row(row.table, row.number, row.world, {**row.values, name: high})], columns)
            wanted += [self._trial(ready), self._trial(f"{filed}; {self._approved(row, name, high)}")]
        if not wanted:
            return
        answers = iter((yield wanted))
        for (name, _, high, _), refused, then in zip(ways, answers, answers, strict=False):
            pinned = refused.tried.outcome == "refused by policy"
            if pinned and then.tried.outcome == "done" and then.tried.count:
                self.approvals.append(Approval(self.persona, self.table, name, high, then.tried.statement))

    def _trial(self, statement: str) -> Trial:
        return Trial(self.persona, statement, keys_aside=self.stage.planted_rows.keys_aside)

    def _approved(self, row: Row, name: str, value: str) -> str:
        where = " AND ".join(f"{sql.identifier(n)} = {sql.literal(row.values[n])}" for n in self._users())
        target = sql.qualified(*self.table.key)
        return f"UPDATE {target} SET {sql.identifier(name)} = {sql.literal(value)} WHERE {where}"

    def _users(self) -> list[str]:
        identities = self.stage.survey.identities
        plain = (c for c in self.table.columns if not c.generated and not c.type.endswith("[]"))
        return [c.name for c in plain if (*self.table.key, c.name) in identities and not c.name.endswith("_by")]

    def _rows(self) -> Iterator[Row]:
        """Yield rows to file: the persona's own or, where a row names several users, one for each place."""
        row_sets, world, users = self.stage.planted_rows.row_sets, self.persona.row_set, self._users()
        made = row_sets.make(self.table, world, FRESH + 11, user=self.persona.user_id)
        for place in users:
            who = {name: self.persona.user_id if name == place else row_sets.users[ANN] for name in users}
            yield Row(self.table, FRESH + 11, world, {**made, **who})

    def _marks(self) -> Iterator[tuple[str, str | None, str]]:
        """Yield the columns that say whether a row is approved, each with a value for no and one for yes."""
        row_sets, words = self.stage.planted_rows.row_sets, word_list("approved_states")
        for name, values in row_sets.edges(self.table).items():
            yes = [value for value in values if value and name_parts(value) & words]
            if name_parts(name) & words and "true" in values:
                yield name, "false", "true"
            elif yes and name_parts(name) & word_list("state_columns"):
                for low in (value for value in values if value is not None and value not in yes):
                    yield name, low, yes[0]
