"""What was seen against what was meant: findings, each with the statement that anybody can run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatepost.access.observation.cast import ONLOOKERS, told
from gatepost.access.observation.evidence import listed, shown, witness
from gatepost.access.observation.expected import Expected, short_of
from gatepost.access.observation.ground import Ground
from gatepost.access.observation.inferring import Inferred
from gatepost.access.observation.population import Population
from gatepost.access.observation.record import Cell, Escalation, Record
from gatepost.access.observation.standing import Standing
from gatepost.access.observation.worlds import RANKED
from gatepost.access.personas import Persona
from gatepost.declare.declaration import ProtectedTable
from gatepost.finding import Finding, NotChecked
from gatepost.schema import COMMANDS, Command, Table

_VERBS = {"select": "read", "insert": "insert", "update": "change", "delete": "remove"}
COMPARE = "gatepost verify  # names the policy, the grant or the switch that differs from the declaration"


@dataclass(frozen=True)
class Judge:
    """Holds the record against the declaration, or, where there is none, against who owns which rows."""

    population: Population
    record: Record
    personas: Sequence[Persona]
    expected: Expected | None = None

    @property
    def ground(self) -> Ground:
        """The database."""
        return self.population.ground

    def findings(self) -> Iterator[Finding]:
        """Yield everything that is wrong with the tables."""
        inferred = Inferred(self.population, self.record, self.personas)
        for table in self.ground.observed:
            declared = self._declared(table)
            if declared is not None:
                yield from self._against_declaration(table, declared)
            else:
                yield from inferred.findings(table)
            yield from self._errors(table)
        yield from inferred.crossings()
        yield from self._escalations()
        yield from self._lies()

    def not_observed(self) -> Iterator[NotChecked]:
        """Yield what was cut off."""
        for (persona, table, command), cell in sorted(self.record.cells.items()):
            if cell.outcome == "cut off":
                yield NotChecked(f"{'.'.join(table)}: {command} as {persona}", f"stopped: {cell.said}")

    def _declared(self, table: Table) -> ProtectedTable | None:
        return self.expected.declaration.table(*table.key) if self.expected is not None else None

    def _against_declaration(self, table: Table, declared: ProtectedTable) -> Iterator[Finding]:
        assert self.expected is not None  # noqa: S101  it holds the declaration
        for command in COMMANDS:
            beyond: list[tuple[Persona, str, int]] = []
            short: list[tuple[Persona, str, int]] = []
            for persona in self.personas:
                cell = self.record.cell(persona.name, table, command)
                if cell.outcome in ("error", "cut off") or persona.name in ONLOOKERS:
                    continue
                if command == "insert":
                    self._compare_inserts(persona, declared, cell, beyond, short)
                    continue
                wanted = self.expected.rows(persona, declared, command)
                more, less = cell.rows - wanted, short_of(cell, wanted)
                if more:
                    beyond.append((persona, witness(self.population, persona, table, cell, min(more)), len(more)))
                if less:
                    row = self.population.row(table.key, min(less))
                    lacking = shown(row) if row else "a row"
                    short.append((persona, f"{told(persona)}: out of reach is {lacking}", len(less)))
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
            wanted, seen = self.expected.let_in(persona, declared, row), cell.inserts[name]
            if wanted is not None and wanted != seen:
                (beyond if seen else short).append((persona, f"{told(persona)}: {cell.statements[name]}", 1))
        if not cell.candidates and any(
            grant.grantee in (persona.role, "public") and grant.privilege == "INSERT" for grant in declared.grants
        ):
            short.append((persona, f"{told(persona)} holds no INSERT", 1))

    def _difference(
        self, table: Table, command: Command, rule: str, found: list[tuple[Persona, str, int]]
    ) -> Iterator[Finding]:
        if not found:
            return
        who = listed([persona.name for persona, _, _ in found])
        count = max(number for _, _, number in found)
        rows = f"{count} row{'s' * (count != 1)} that were planted" if command != "insert" else "a row"
        message = (
            f"{who} can {_VERBS[command]} {rows} in {table}, which the declaration does not give"
            if rule == "access-beyond-declaration"
            else f"{who} should be able to {command} {rows} in {table} by the declaration, and cannot"
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
        said: dict[tuple[Command, str], list[str]] = {}
        witness: dict[tuple[Command, str], str] = {}
        for persona in self.personas:
            for command in COMMANDS:
                cell = self.record.cell(persona.name, table, command)
                if cell.outcome == "error" and persona.name not in ONLOOKERS:
                    said.setdefault((command, cell.said), []).append(persona.name)
                    witness.setdefault((command, cell.said), f"{told(persona)}: {cell.said}")
        for (command, words), names in said.items():
            yield Finding(
                "policy-error",
                "error",
                str(table),
                f"{command} on {table} ends in an error for {listed(names)}: {words}",
                detail=f"{command}:{words[:60]}",
                witness=witness[command, words],
            )

    def _escalations(self) -> Iterator[Finding]:
        told_of: set[tuple[str, str]] = set()
        standing = Standing(self.population, self.record)
        for found in self.record.escalations:
            table = found.rows[0].table
            written = self.ground.live.table(*found.written.split(".", 1)) if "(" not in found.written else None
            if (found.written, str(table)) in told_of:
                continue
            if not self._unmistakable(found, written, standing):
                continue
            told_of.add((found.written, str(table)))
            how = f"{'calling' if '(' in found.written else 'writing to'} {found.written}"
            gained = f"bring rows of others in {table} into sight by {how}"
            if found.power:
                gained = f"give itself a rank by {how}, and change rows of {table} that it could not change before"
            reached = "reaches more rows" if found.power else f"shows {shown(found.rows[0])}"
            yield Finding(
                "escalation",
                "error",
                found.written,
                f"{found.persona.name} can {gained}",
                fix="take the write away, or hold what it may say to what its writer already may",
                detail=str(table),
                witness=f"{told(found.persona)}: {found.write}; then {found.look} {reached}",
            )

    def _unmistakable(self, found: Escalation, written: Table | None, standing: Standing) -> bool:
        """Tell whether rows may not come into sight: not by a rank that one has, nor by joining what is open."""
        name = found.persona.name
        if written is None:
            return not (name in RANKED and self.ground.statuses)
        if found.hung_on and standing.open_parent(name, written):
            return False
        return name not in RANKED or all(name in standing.plain(t) for t in (written, found.rows[0].table))

    def _lies(self) -> Iterator[Finding]:
        for key in dict.fromkeys(found.rows[0].table.key for found in self.record.lies):
            found = next(one for one in self.record.lies if one.rows[0].table.key == key)
            table = found.rows[0].table
            yield Finding(
                "user-metadata-trusted",
                "error",
                str(table),
                f"a user can read rows of others in {table} by what it says of itself when it signs up",
                fix="let the backend give roles and memberships; raw_user_meta_data is the user's own word",
                detail="sign-up",
                witness=f"{found.write}; then {told(found.persona)}: {found.look} shows {shown(found.rows[0])}",
            )
