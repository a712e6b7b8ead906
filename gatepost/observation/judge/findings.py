"""Compare what was observed with what is intended. Each finding has a statement that anyone can run again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from gatepost import sql
from gatepost.declare.declaration import ProtectedTable
from gatepost.finding import Finding, NotChecked
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import ONLOOKERS, describe
from gatepost.observation.attempt.trial.contained_failures import contained
from gatepost.observation.attempt.trial.results import Cell, Escalation, Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.witness import comma_joined, shown, witness
from gatepost.observation.judge.declared_access import Expected, NotKnown, short_of
from gatepost.observation.judge.look_alikes import look_alikes
from gatepost.observation.judge.moved_rows import MovedRows
from gatepost.observation.judge.own_rows import approvals, powers
from gatepost.observation.judge.tenants.former_members import FormerMembers
from gatepost.observation.judge.undeclared_tables import Inferred
from gatepost.observation.judge.usual_statements import refused_statements
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import Survey
from gatepost.personas import SERVICE, Persona
from gatepost.schema import COMMANDS, Command, RowCommand, Table

_BY_CODE = "not known, refused by the application's code"
_REASONS = {
    "cut off": "stopped",
    "unfit value": "no value was found that its policies accept",
    "refused by the application": _BY_CODE,
}
_VALUE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|cnry[-_][0-9a-f_-]+z|\d+", re.IGNORECASE)
_VERBS = {"select": "read", "insert": "insert", "update": "change", "delete": "remove"}
COMPARE = "gatepost verify  # names the policy, the grant or the setting that differs from the declaration"


@dataclass(frozen=True)
class Judge:
    """Compares the results with the declaration or, without one, with the inferred owners of rows."""

    stage: TrialSession
    record: Observations
    personas: Sequence[Persona]
    expected: Expected | None = None
    _unevaluated: list[NotChecked] = field(default_factory=list)

    @property
    def planted_rows(self) -> PlantedRows:
        """The planted rows."""
        return self.stage.planted_rows

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def findings(self) -> Iterator[Finding]:
        """Yield everything that is wrong with access to the tables."""
        inferred = Inferred(self.planted_rows, self.record, self.personas)
        for table in self.survey.observed:
            yield from self._contained(str(table), partial(self._of_table, table, inferred))
        moved = MovedRows(self.planted_rows, self.record, inferred.ordinary_users)
        yield from self._contained("rows that are moved", moved.findings)
        yield from self._contained("ranks in a tenant", inferred.teammates.promotions)
        former = FormerMembers(self.planted_rows, self.record)
        yield from self._contained("members whose membership is over", former.findings)
        yield from self._contained("rows that their author approves", partial(approvals, self.record))
        yield from self._contained("power by rows of one's own", partial(powers, self.record))
        yield from self._contained("escalations", self._escalations)
        yield from self._contained("signing up", self._own_claims)

    def _contained(self, what: str, judge: Callable[[], Iterator[Finding]]) -> list[Finding]:
        found: list[Finding] = []
        with contained(self.stage, self.record.missing, what):
            found += judge()
        return found

    def _of_table(self, table: Table, inferred: Inferred) -> Iterator[Finding]:
        declared = self._declared(table)
        if declared is not None:
            found = list(self._compared_with_declaration(table, declared))
            yield from found
            # A declared hole is still a hole. One that was not declared is reported already.
            beyond = {one.detail for one in found if one.rule == "access-beyond-declaration"}
            yield from (one for one in inferred.foreign_writes(table) if one.detail not in beyond)
        else:
            yield from inferred.findings(table)
        yield from look_alikes(self.planted_rows, self.record, self.personas, table)
        yield from self._errors(table)
        yield from refused_statements(table, self.record, self.personas)

    def not_observed(self) -> Iterator[NotChecked]:
        """Yield the cells of which no trial shows what the policies decide, one line for each table and command."""
        names: dict[tuple[Table, RowCommand, str, str], list[str]] = {}
        for table in self.survey.observed:
            for persona in self.personas:
                for command in COMMANDS:
                    cell = self.record.cell(persona.name, table, command)
                    reason = _REASONS.get(cell.outcome) or (_BY_CODE if cell.doubtful else "")
                    if not cell.known and reason and persona.role != "service_role":
                        key = (table, command, reason, _without_values(cell.said))
                        names.setdefault(key, []).append(persona.name)
        for (table, command, reason, said), who in names.items():
            people = [name for name in who if name not in ONLOOKERS] or who
            yield NotChecked(f"{table}: {command} as {comma_joined(people)}", f"{reason}: {said}", ours=True)
        yield from self._unevaluated

    def _declared(self, table: Table) -> ProtectedTable | None:
        return self.expected.declaration.table(*table.key) if self.expected is not None else None

    def _compared_with_declaration(self, table: Table, declared: ProtectedTable) -> Iterator[Finding]:
        assert self.expected is not None  # noqa: S101  it holds the declaration
        for command in COMMANDS:
            beyond: list[tuple[Persona, str, int]] = []
            short: list[tuple[Persona, str, int]] = []
            for persona in self.personas:
                cell = self.record.cell(persona.name, table, command)
                if persona.traits.onlooker or not (cell.known or cell.rows or any(cell.inserts.values())):
                    continue
                if command == "insert":
                    self._compare_inserts(persona, declared, cell, beyond, short)
                    continue
                try:
                    wanted = self.expected.rows(persona, declared, command)
                except NotKnown as why:
                    self._note_unevaluated(table, command, persona, why)
                    continue
                more, less = cell.rows - wanted, short_of(cell, wanted)
                if more:
                    beyond.append((persona, witness(self.planted_rows, persona, table, cell, min(more)), len(more)))
                if less:
                    row = self.planted_rows.row(table.key, min(less))
                    lacking = shown(row) if row else "a row"
                    short.append((persona, f"{describe(persona)}: cannot access {lacking}", len(less)))
            yield from self._difference(table, command, "access-beyond-declaration", beyond)
            yield from self._difference(table, command, "access-short-of-declaration", short)

    def _compare_inserts(
        self,
        persona: Persona,
        declared: ProtectedTable,
        cell: Cell,
        beyond: list[tuple[Persona, str, int]],
        short: list[tuple[Persona, str, int]],
    ) -> None:
        assert self.expected is not None  # noqa: S101  as above
        for name, row in cell.candidates.items():
            try:
                wanted, seen = self.expected.let_in(persona, declared, row), cell.inserts[name]
            except NotKnown as why:
                self._note_unevaluated(row.table, "insert", persona, why)
                continue
            if name in cell.doubtful:
                continue
            if wanted is not None and wanted != seen:
                (beyond if seen else short).append((persona, f"{describe(persona)}: {cell.statements[name]}", 1))
        if not cell.candidates and any(
            grant.grantee in (persona.role, "public") and grant.privilege == "INSERT" for grant in declared.grants
        ):
            short.append((persona, f"{describe(persona)} has no INSERT privilege", 1))

    def _note_unevaluated(self, table: Table, command: Command, persona: Persona, why: NotKnown) -> None:
        what = f"{table}: {command} as {persona.name}"
        self._unevaluated.append(NotChecked(what, f"the declared condition cannot be evaluated: {why}", ours=True))

    def _difference(
        self, table: Table, command: Command, rule: str, found: list[tuple[Persona, str, int]]
    ) -> Iterator[Finding]:
        if not found:
            return
        who = comma_joined([persona.name for persona, _, _ in found])
        count = max(number for _, _, number in found)
        rows = f"{count} planted row{'s' * (count != 1)}" if command != "insert" else "a row"
        message = (
            f"{who} can {_VERBS[command]} {rows} in {table}, but the declaration does not allow it"
            if rule == "access-beyond-declaration"
            else f"{who} cannot {command} {rows} in {table}, but the declaration allows it"
        )
        yield Finding(
            rule,
            "error" if rule == "access-beyond-declaration" else "warning",
            str(table),
            message,
            fix=COMPARE,
            detail=command,
            witness=found[0][1],
        )

    def _errors(self, table: Table) -> Iterator[Finding]:
        """Find policies that end in an error: nobody is served, and what they would decide is not known."""
        said: dict[tuple[RowCommand, str], list[str]] = {}
        witness: dict[tuple[Command, str], str] = {}
        for persona in self.personas:
            for command in COMMANDS:
                cell = self.record.cell(persona.name, table, command)
                if cell.outcome != "error" or persona.traits.onlooker or cell.shuts_out(persona.role):
                    continue
                key = (command, _without_values(cell.said))
                said.setdefault(key, []).append(persona.name)
                statement = next(iter(cell.statements.values()), f"SELECT FROM {sql.qualified(*table.key)}")
                failed = f"{statement}: {cell.said}" if cell.statements or command == "select" else cell.said
                witness.setdefault(key, f"{describe(persona)}: {failed}")
        for (command, words), names in said.items():
            if SERVICE.name in names:  # it bypasses the policies, so the values do not fit the table
                what = f"{table}: {command} as {comma_joined(names)}"
                self._unevaluated.append(
                    NotChecked(what, f"no row was found that the table accepts: {words}", ours=True)
                )
                continue
            yield Finding(
                "policy-error",
                "error",
                str(table),
                f"{command} on {table} ends in an error for {comma_joined(names)}: {words}",
                detail=f"{command}:{words[:60]}",
                witness=witness[command, words],
            )

    def _escalations(self) -> Iterator[Finding]:
        seen: set[tuple[str, str]] = set()
        ordinary_users = OrdinaryUsers(self.planted_rows, self.record)
        for found in self.record.escalations:
            table = found.rows[0].table
            written = self.survey.live.table(*found.written.split(".", 1)) if "(" not in found.written else None
            if (found.written, str(table)) in seen:
                continue
            if not self._unmistakable(found, written, ordinary_users):
                continue
            seen.add((found.written, str(table)))
            how = f"{'calling' if '(' in found.written else 'writing to'} {found.written}"
            gained = f"make other users' rows in {table} visible by {how}"
            if found.power:
                first = "join others" if found.hung_on else "give itself a rank"
                gained = f"{first} by {how}, and then change rows of {table} that it could not change before"
            effect = "-- changes more rows" if found.power else f"-- shows {shown(found.rows[0])}"
            yield Finding(
                "escalation",
                "error",
                found.written,
                f"{found.persona.name} can {gained}",
                fix="remove the write access, or limit the values to what the writer may already access",
                detail=str(table),
                witness=f"{describe(found.persona)}: {found.write}; then {found.look} {effect}",
            )

    def _unmistakable(self, found: Escalation, written: Table | None, ordinary_users: OrdinaryUsers) -> bool:
        """Return whether rows must not become visible: not by a rank of the persona, nor by joining what is open."""
        name, ranked = found.persona.name, found.persona.traits.ranked
        if written is None:
            return not (ranked and self.survey.statuses)
        if found.hung_on and ordinary_users.open_parent(name, written):
            return False
        return not ranked or all(name in ordinary_users.plain(t) for t in (written, found.rows[0].table))

    def _own_claims(self) -> Iterator[Finding]:
        for key in dict.fromkeys(found.rows[0].table.key for found in self.record.lies):
            found = next(one for one in self.record.lies if one.rows[0].table.key == key)
            table = found.rows[0].table
            yield Finding(
                "user-metadata-trusted",
                "error",
                str(table),
                f"a user can read other users' rows in {table} because of the metadata they send at sign-up",
                fix="let only the backend assign roles and memberships: users choose raw_user_meta_data themselves",
                detail="sign-up",
                witness=f"{found.write}; then {describe(found.persona)}: {found.look} -- shows {shown(found.rows[0])}",
            )


def _without_values(said: str) -> str:
    """Return a message without the ids and figures that differ between personas."""
    return _VALUE.sub("…", said)
