"""Derive from the declaration which rows each persona should be able to access.

`owner` and `through` are derived from their meaning and not from their SQL. A condition that an author wrote is
evaluated by PostgreSQL, as the persona, on a table whose own row security is put aside for the question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gatepost.declare.declaration import Declaration, ProtectedTable, Rule
from gatepost.declare.to_policies import policy_name
from gatepost.observation.attempt.trial.results import Cell
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.witness import bypasses
from gatepost.observation.judge.open_table import OpenTable, admits, matching
from gatepost.observation.plant.row import Row
from gatepost.personas import Persona
from gatepost.schema import Command, Table


class NotKnown(Exception):
    """A declared condition that cannot be evaluated as a persona, with PostgreSQL's error."""


@dataclass
class Expected:
    """Computes what a persona should be able to access in a declared table."""

    stage: TrialSession
    declaration: Declaration
    personas: Sequence[Persona]
    _answers: dict[tuple[tuple[str, str], str, str], frozenset[int] | NotKnown] = field(default_factory=dict)

    def rows(self, persona: Persona, table: ProtectedTable, command: Command) -> frozenset[int]:
        """Return the planted rows that a persona should be able to read, change or delete.

        Raises:
            NotKnown: a condition cannot be evaluated.
        """
        planted = self._planted(table)
        if not _granted(table, persona.role, command):
            return frozenset()
        if self._bypasses(persona):
            return frozenset(planted)
        allowed: frozenset[int] = frozenset()
        for rule in _rules(table, persona.role, command, restrictive=False):
            allowed |= self._condition(persona, table, rule, command, planted)
        for rule in _rules(table, persona.role, command, restrictive=True):
            allowed &= self._condition(persona, table, rule, command, planted)
        return allowed

    def let_in(self, persona: Persona, table: ProtectedTable, row: Row) -> bool | None:
        """Return whether a persona should be able to insert a row, or None where that depends on a default.

        Raises:
            NotKnown: a condition cannot be evaluated.
        """
        if not _granted(table, persona.role, "insert"):
            return False
        if self._bypasses(persona):
            return True
        held = self.stage.privileges(persona.role).columns(row.table, "insert")
        if any(name not in held for name in row.values):
            return None
        ways = [
            (rule.meaning, self._admits(persona, table, rule, row))
            for rule in _all_rules(table, persona.role, "insert")
        ]
        permitted = any(admitted for meaning, admitted in ways if meaning != "restrict")
        return permitted and all(admitted for meaning, admitted in ways if meaning == "restrict")

    def _bypasses(self, persona: Persona) -> bool:
        """Return if a role is intended to bypass row security. For an API user's role the attribute is a mistake."""
        return persona.role not in ("anon", "authenticated") and bypasses(self.stage.survey.live, persona.role)

    def _planted(self, table: ProtectedTable) -> dict[int, Row]:
        live = self.stage.survey.live.table(*table.key)
        return {} if live is None else {row.number: row for row in self.stage.planted_rows.of(live).values()}

    def _condition(
        self, persona: Persona, table: ProtectedTable, rule: Rule, command: Command, rows: Mapping[int, Row]
    ) -> frozenset[int]:
        if rule.derived:
            return frozenset(number for number, row in rows.items() if self._belongs(persona, rule, row))
        if rule.where is None and not rule.parts:
            return frozenset(rows)
        text = next(p.using for p in table.policies if p.name == policy_name(table.name, command, rule))
        return self._evaluated(table, text or "true", persona)

    def _belongs(self, persona: Persona, rule: Rule, row: Row) -> bool:
        assert rule.column is not None  # noqa: S101  owner() and through() set it
        value = row.values.get(rule.column[2])
        if value is None:
            return False
        if rule.meaning == "owner":
            return bool(value == json.loads(persona.claims or "{}").get("sub"))
        assert rule.parent is not None  # noqa: S101  as above
        parent = self.declaration.table(*rule.parent[:2])
        if parent is None:
            return False
        planted = self._planted(parent)
        return any(planted[n].values.get(rule.parent[2]) == value for n in self.rows(persona, parent, "select"))

    def _admits(self, persona: Persona, table: ProtectedTable, rule: Rule, row: Row) -> bool:
        if rule.derived:
            return self._belongs(persona, rule, row)
        text = next(p.check or p.using for p in table.policies if p.name == policy_name(table.name, "insert", rule))
        if rule.check is None and rule.where is None and not rule.parts:
            return True
        with self._open(row.table):
            tried, admitted = admits(self.stage, row, text or "true", persona)
        if tried.outcome != "done":
            raise NotKnown(tried.said)
        return admitted

    def _evaluated(self, table: ProtectedTable, text: str, persona: Persona) -> frozenset[int]:
        """Return the planted rows for which a condition holds, for a persona to whose role it applies."""
        key = (table.key, text, persona.name)
        if key not in self._answers:
            live = self.stage.survey.live.table(*table.key)
            assert live is not None  # noqa: S101  only existing tables are passed
            places = self.stage.planted_rows.of(live)
            try:
                with self._open(live):
                    found = self._matching(live, text, persona)
                self._answers[key] = frozenset(places[place].number for place in found if place in places)
            except NotKnown as why:
                self._answers[key] = why
        answer = self._answers[key]
        if isinstance(answer, NotKnown):
            raise answer
        return answer

    def _matching(self, table: Table, text: str, persona: Persona) -> set[tuple[int, str]]:
        tried, found = matching(self.stage, table, text, persona)
        if tried.outcome != "done":
            raise NotKnown(tried.said)
        return found

    def _open(self, table: Table) -> OpenTable:
        return OpenTable(self.stage, table, sorted({persona.role for persona in self.personas}))


def short_of(cell: Cell, expected: frozenset[int]) -> frozenset[int]:
    """Return the rows among the tried ones that should have been accessible but were not."""
    missing = expected - cell.rows
    return missing if cell.tried is None else missing & cell.tried


def _granted(table: ProtectedTable, role: str, command: Command) -> bool:
    if table.platform:
        return True  # the platform's own grants are not declared
    return any(grant.grantee in (role, "public") and grant.privilege == command.upper() for grant in table.grants)


def _rules(table: ProtectedTable, role: str, command: Command, *, restrictive: bool) -> list[Rule]:
    return [rule for rule in _all_rules(table, role, command) if (rule.meaning == "restrict") is restrictive]


def _all_rules(table: ProtectedTable, role: str, command: Command) -> list[Rule]:
    return [rule for rule in table.rules if command in rule.commands and {role, "public"} & set(rule.roles)]
