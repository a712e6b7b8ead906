"""Try whether a user can give themselves power by a column of their own row that no policy may read: `is_admin`.

What the application does with the column, no policy says. Its name says it, and PostgreSQL lets it be set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.name_hints import is_account, name_parts, word_list
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.probes import counting
from gatepost.observation.attempt.trial.results import Approval
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.fitting.combinations import values_in_checks
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import Survey, one_for_each_user
from gatepost.observation.plant.users import BOB
from gatepost.personas import Persona
from gatepost.schema import Column, Table

_JOBS = frozenset({"manager", "staff"})
"""Ranks that may also say what somebody does for a living."""


@dataclass
class OwnPower:
    """Sets the columns of one table that give power, in the row of one plain user."""

    stage: TrialSession
    persona: Persona
    table: Table
    taken: list[Approval] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the columns that the user could set."""
        row = next((r for r in self.stage.planted_rows.of(self.table).values() if r.world == BOB and r.base), None)
        users = [c.name for c in self.table.columns if (*self.table.key, c.name) in self.stage.survey.identities]
        able = self.stage.privileges(self.persona.role).columns(self.table, "update")
        if row is None or len(users) != 1 or self.table.key in self.stage.survey.teams.memberships:
            return
        for column, high, low in powers(self.table, self.stage.survey):
            if column.name not in able:
                continue
            held = row.values.get(column.name) == high
            taken = yield from self._set(row, users[0], column.name, low if held else high)
            if taken and held:  # given up before, so that nothing but the last statement gives it
                taken = yield from self._set(row, users[0], column.name, high, before=f"{taken}; ")
            if taken:
                self.taken.append(Approval(self.persona, self.table, column.name, high, taken))

    def _set(self, row: Row, user: str, column: str, value: str, *, before: str = "") -> Trying[str]:
        """Set one column of a user's row; return the statement, or the empty string where the row does not hold it."""
        where = (user, row.values.get(user))
        change = f"UPDATE {sql.qualified(*self.table.key)} SET {sql.identifier(column)} = {sql.literal(value)}"
        statement = f"{before}{change} WHERE {sql.identifier(user)} = {sql.literal(where[1])}"
        [answer] = yield [Trial(self.persona, statement, (counting(self.table, [where, (column, value)]),))]
        counted = answer.found[0].rows if answer.found else ()
        holds = bool(counted) and int(counted[0][0] or 0) > 0
        return answer.tried.statement if answer.tried.outcome == "done" and answer.tried.count and holds else ""


def powers(table: Table, survey: Survey) -> Iterator[tuple[Column, str, str]]:
    """Yield the columns whose names say that they give power, each with a value that does and one that does not.

    Args:
        table: The table.
        survey: Knows the values that an enum lists.
    """
    own = is_account(table.name) or one_for_each_user(survey, table)
    for column in table.columns:
        if column.generated:
            continue
        if column.name.lower() in word_list("power_columns") and column.type == "boolean":
            yield column, "true", "false"
        elif own and name_parts(column.name) & {"role", "rank"}:
            enum = survey.enums.get(survey.base_type(column.type), ())
            listed = enum or values_in_checks(table).get(column.name, ())
            high = [value for value in listed if name_parts(value) & word_list("ranks") - _JOBS]
            low = [value for value in listed if value not in high]
            if high and low:
                yield column, high[0], low[0]
