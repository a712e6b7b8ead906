"""One door, tried by one persona, and what of it is a leak: a canary that the persona may not see in its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.observation.attempt.trial import witness
from gatepost.observation.attempt.trial.batch import Answer
from gatepost.observation.attempt.trial.outcome import Outcome
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant import canaries
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import USERS
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Table

_AMONG_COLLEAGUES = frozenset({"id", "email", "phone", "raw_user_meta_data", "created_at", "last_sign_in_at"})
"""The columns of `auth.users` that lists of a team's members show."""
_TOO_DEEP = "54001"
"""The code where policies call themselves until the stack is full: which rows they let through is not known."""


@dataclass(frozen=True)
class Door:
    """One door, tried by one persona.

    `leaked` are rows that came out although the persona may not see them. `written` are the rows of others that it
    changed through the door. `counted` says that only figures and times changed in all of them. `columns` are those
    whose canaries came out. `forged` is a row that it inserted in somebody else's name. `returned` is how many
    rows came out, whoever owns them.
    """

    persona: Persona
    kind: str
    name: str
    statement: str
    outcome: Outcome
    said: str = ""
    leaked: tuple[Row, ...] = ()
    value: str = ""
    written: tuple[Row, ...] = ()
    columns: frozenset[ColumnKey] = frozenset()
    counted: bool = False
    forged: Row | None = None
    returned: int = 0


@dataclass(frozen=True)
class Leaks:
    """Finds the rows of others in what came out of a door, and among those that somebody changed."""

    stage: TrialSession
    record: Observations

    def in_text(self, persona: Persona, text: str, statement: str) -> tuple[list[Row], frozenset[ColumnKey]]:
        """Return the rows whose canaries are in a text although the persona may not see them, and their columns.

        What the caller's own statement contains is not a leak, unless more of the same row comes back with it.
        """
        brought = frozenset(canaries.found_in(statement))
        held = self.stage.privileges(persona.role)
        found: dict[Any, Row] = {}
        columns = set()
        for canary in canaries.found_in(text) if text else ():
            row = self._planted.get((canary.table, canary.row))
            if row is None or row.is_of(persona.row_set) or canary.column >= len(row.table.columns):
                continue
            if canary in brought and not witness.proves_reading(row, text, statement):
                continue
            name = row.table.columns[canary.column].name
            if name in _AMONG_COLLEAGUES and row.table.key == USERS and self._belongs_with(persona, row):
                continue
            seen = self.record.cell(persona.name, row.table, "select")
            visible = row.number in seen.rows or seen.code == _TOO_DEEP or seen.outcome == "cut off"
            if not (visible and name in held.columns(row.table, "select")):
                found[row.key] = row
                columns.add((*row.table.key, name))
        return list(found.values()), frozenset(columns)

    def _belongs_with(self, persona: Persona, user: Row) -> bool:
        """Return whether a user is a member of a tenant of a persona's own."""
        survey = self.stage.survey
        for key in survey.teams.memberships:
            rows = self.stage.planted_rows.rows.get(key, {}).values()
            to_tenant = [c[2] for c, p in survey.keys.items() if c[:2] == key and p[:2] in survey.teams.tenants]
            people = [column[2] for column in survey.identities if column[:2] == key]
            mine = {(name, row.values.get(name)) for row in rows if row.is_of(persona.row_set) for name in to_tenant}
            named = (row for row in rows if user.values.get("id") in [row.values.get(name) for name in people])
            if any((name, row.values.get(name)) in mine for row in named for name in to_tenant):
                return True
        return False

    def door(self, persona: Persona, kind: str, name: str, statement: str, answer: Answer) -> Door:
        """Return a door with what came out of it.

        Args:
            persona: Who opened it.
            kind: Its kind.
            name: Its name.
            statement: The statement as people write it.
            answer: The lines that came out, and how it ended.
        """
        tried, lines = answer.tried, [row[0] or "" for row in answer.rows]
        leaked, columns = self.in_text(persona, "\n".join(lines) + tried.said, statement)
        first = (one for one in lines if leaked and self.in_text(persona, one, statement)[0])
        value = next(first, tried.said) if leaked else ""
        returned = sum(row[0] is not None for row in answer.rows)
        return Door(
            persona,
            kind,
            name,
            statement,
            tried.outcome,
            tried.said,
            tuple(leaked),
            value,
            columns=columns,
            returned=returned,
        )

    def written(self, persona: Persona, table: Table, changed: list[Row]) -> list[Row]:
        """Return the changed rows of a table that belong to others and that the persona cannot change directly."""
        writable = self.record.cell(persona.name, table, "update").rows
        writable |= self.record.cell(persona.name, table, "delete").rows
        owned = table.key in self.stage.survey.owned
        theirs = [row for row in changed if not row.is_of(persona.row_set) and not (owned and row.world == NOBODY)]
        return [row for row in theirs if row.number not in writable]

    @cached_property
    def _planted(self) -> Mapping[tuple[int, int], Row]:
        numbers = self.stage.survey.numbers
        planted = self.stage.planted_rows.rows.items()
        return {(numbers[key], row.number): row for key, rows in planted for row in rows.values()}
