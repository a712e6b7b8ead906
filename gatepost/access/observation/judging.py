"""What was seen against what was meant: findings, each with the statement that anybody can run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.access.observation.cast import ORDINARY, PLAIN_LIAR, other_of, told, world_of
from gatepost.access.observation.expected import Expected, short_of
from gatepost.access.observation.ground import FILES, Ground
from gatepost.access.observation.population import Population
from gatepost.access.observation.record import Cell, Crossing, Record
from gatepost.access.observation.worlds import NOBODY, Row
from gatepost.access.personas import Persona
from gatepost.declaration import ProtectedTable
from gatepost.finding import Finding, NotChecked
from gatepost.schema import COMMANDS, Command, Policy, Table

_VERBS = {"select": "read", "insert": "insert", "update": "change", "delete": "remove"}
_ANOTHERS = "another's"
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
        for table in self.ground.observed:
            declared = self._declared(table)
            if declared is not None:
                yield from self._against_declaration(table, declared)
            elif table.key in self.ground.owned:
                yield from self._foreign_writes(table)
                yield from self._forged_rows(table)
                yield from self._anonymous_writes(table)
                yield from self._trusted_claims(table)
            else:
                yield from self._anonymous_writes(table)
            yield from self._errors(table)
        yield from self._crossings()
        yield from self._escalations()

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
                if cell.outcome in ("error", "cut off") or persona.name == PLAIN_LIAR:
                    continue
                if command == "insert":
                    self._compare_inserts(persona, declared, cell, beyond, short)
                    continue
                wanted = self.expected.rows(persona, declared, command)
                more, less = cell.rows - wanted, short_of(cell, wanted)
                if more:
                    beyond.append((persona, self._witness(persona, table, cell, min(more)), len(more)))
                if less:
                    row = self._row(table, min(less))
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
        who = _list([persona.name for persona, _, _ in found])
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

    def _foreign_writes(self, table: Table) -> Iterator[Finding]:
        for command, what in (("update", "change"), ("delete", "remove")):
            found: list[tuple[Persona, str]] = []
            for persona in self.personas:
                if persona.name in ORDINARY:
                    cell = self.record.cell(persona.name, table, "update" if command == "update" else "delete")
                    others = [n for n in sorted(cell.rows) if self._of_another(table, n, persona)]
                    if others:
                        found.append((persona, self._witness(persona, table, cell, others[0])))
            if found:
                yield Finding(
                    "foreign-row-written",
                    "error",
                    str(table),
                    f"{_list([p.name for p, _ in found])} can {what} rows of {table} that belong to somebody else "
                    f"({self._why(table)})",
                    fix=self._policies_to_mend(table, "update" if command == "update" else "delete"),
                    detail=command,
                    witness=found[0][1],
                )

    def _forged_rows(self, table: Table) -> Iterator[Finding]:
        for way in ("another's", "own among another's"):
            found = []
            for persona in self.personas:
                cell = self.record.cell(persona.name, table, "insert")
                if persona.name in ORDINARY and cell.inserts.get(way) and not self._plausible(persona, table, way):
                    found.append((persona, f"{told(persona)}: {cell.statements[way]}"))
            if found:
                what = "in another user's name" if way == "another's" else "among another user's"
                yield Finding(
                    "row-forged",
                    "error",
                    str(table),
                    f"{_list([p.name for p, _ in found])} can insert rows {what} into {table} ({self._why(table)})",
                    fix=self._policies_to_mend(table, "insert"),
                    detail=way.replace(" ", "-").replace("'", ""),
                    witness=found[0][1],
                )

    def _plausible(self, persona: Persona, table: Table, way: str) -> bool:
        """Tell whether a row under a stranger's may be meant: where the persona may see what it hangs on."""
        if way == "another's" and self._names_users(table):
            return False
        if any(key[:2] == table.key for key in self.ground.clues.claims) or table.key in FILES:
            return False
        return self._sees_parents(persona, table, None)

    def _sees_parents(self, persona: Persona, table: Table, column: str | None) -> bool:
        """Tell whether a persona sees the stranger's rows that a table's keys, or one column of it, refer to."""
        seen = True
        other = other_of(persona.name)
        for child, parent in self.ground.keys.items():
            if child[:2] != table.key or child in self.ground.identities or column not in (None, child[2]):
                continue
            target = self.ground.live.table(*parent[:2])
            if target is not None and target.key in self.ground.owned:
                rows = [r for r in self.population.of(target).values() if r.world == other and r.base]
                seen = seen and all(r.number in self.record.sees(persona.name, target.key) for r in rows)
        return seen

    def _names_users(self, table: Table) -> list[str]:
        return [c.name for c in table.columns if (*table.key, c.name) in self.ground.identities]

    def _anonymous_writes(self, table: Table) -> Iterator[Finding]:
        for persona in self.personas:
            if persona.role != "anon":
                continue
            for command in ("update", "delete"):
                cell = self.record.cell(persona.name, table, "update" if command == "update" else "delete")
                if cell.rows:
                    yield Finding(
                        "anonymous-write",
                        "error",
                        str(table),
                        f"anybody can {_VERBS[command]} rows of {table} without signing in",
                        fix=f"REVOKE {command.upper()} ON {sql.qualified(*table.key)} FROM anon",
                        detail=command,
                        witness=self._witness(persona, table, cell, min(cell.rows)),
                    )
            cell = self.record.cell(persona.name, table, "insert")
            if cell.inserts.get("another's"):
                yield Finding(
                    "anonymous-write",
                    "error",
                    str(table),
                    f"anybody can insert rows in a user's name into {table} without signing in ({self._why(table)})",
                    fix=f"REVOKE INSERT ON {sql.qualified(*table.key)} FROM anon",
                    detail="insert",
                    witness=f"{told(persona)}: {cell.statements[_ANOTHERS]}",
                )

    def _trusted_claims(self, table: Table) -> Iterator[Finding]:
        """Find rows that a user sees only for what it wrote into its own `user_metadata`."""
        cell = self.record.cell("liar", table, "select")
        more = cell.rows - self.record.sees(PLAIN_LIAR, table.key)
        others = sorted(n for n in more if (row := self._row(table, n)) and row.world != "liar")
        persona = next((p for p in self.personas if p.name == "liar"), None)
        if others and persona is not None:
            yield Finding(
                "user-metadata-trusted",
                "error",
                str(table),
                f"a user can read rows of others in {table} by writing a claim into its own user_metadata",
                fix="read the claim from app_metadata, which only the backend writes",
                witness=self._witness(persona, table, cell, others[0]),
            )

    def _errors(self, table: Table) -> Iterator[Finding]:
        """Find policies that end in an error: nobody is served, and what they would decide is not known."""
        said: dict[tuple[Command, str], list[str]] = {}
        witness: dict[tuple[Command, str], str] = {}
        for persona in self.personas:
            for command in COMMANDS:
                cell = self.record.cell(persona.name, table, command)
                if cell.outcome == "error" and persona.name != PLAIN_LIAR:
                    said.setdefault((command, cell.said), []).append(persona.name)
                    witness.setdefault((command, cell.said), f"{told(persona)}: {cell.said}")
        for (command, words), names in said.items():
            yield Finding(
                "policy-error",
                "error",
                str(table),
                f"{command} on {table} ends in an error for {_list(names)}: {words}",
                detail=f"{command}:{words[:60]}",
                witness=witness[command, words],
            )

    def _crossings(self) -> Iterator[Finding]:
        told_of: set[tuple[str, str]] = set()
        for crossing in self.record.crossings:
            key = (str(crossing.table), crossing.column)
            if key in told_of or not self._unmistakable(crossing):
                continue
            told_of.add(key)
            yield Finding(
                "row-moved-to-another",
                "error",
                str(crossing.table),
                f"{crossing.persona.name} can put a row of its own among another's by changing "
                f"{crossing.table}.{crossing.column}",
                fix=f"WITH CHECK must hold {crossing.column} to the user's own, on UPDATE too",
                detail=crossing.column,
                witness=f"{told(crossing.persona)}: {crossing.write}",
            )

    def _unmistakable(self, crossing: Crossing) -> bool:
        key = (*crossing.table.key, crossing.column)
        if key in self.ground.clues.claims:
            return True
        if key in self.ground.identities:
            return self._names_users(crossing.table) == [crossing.column]
        parent = self.ground.keys[key][:2]
        return parent in self.ground.owned and not self._sees_parents(crossing.persona, crossing.table, crossing.column)

    def _escalations(self) -> Iterator[Finding]:
        told_of: set[tuple[str, str]] = set()
        for found in self.record.escalations:
            table = found.rows[0].table
            if (found.written, str(table)) in told_of:
                continue
            told_of.add((found.written, str(table)))
            how = "calling" if "(" in found.written else "writing to"
            yield Finding(
                "escalation",
                "error",
                found.written,
                f"{found.persona.name} can bring rows of others in {table} into sight by {how} {found.written}",
                fix="take the write away, or hold what it may say to what its writer already may",
                detail=str(table),
                witness=f"{told(found.persona)}: {found.write}; then {found.look} shows {shown(found.rows[0])}",
            )

    def _of_another(self, table: Table, number: int, persona: Persona) -> bool:
        row = self._row(table, number)
        return row is not None and row.world not in (world_of(persona.name), NOBODY)

    def _row(self, table: Table, number: int) -> Row | None:
        return self.population.row(table.key, number)

    def _witness(self, persona: Persona, table: Table, cell: Cell, number: int) -> str:
        row = self._row(table, number)
        return f"{told(persona)}: {cell.statements.get(number, '')} reaches {shown(row) if row else 'a row'}"

    def _why(self, table: Table) -> str:
        users = self._names_users(table)
        if users:
            return f"inferred from {', '.join(users)}"
        claims = [key[2] for key in self.ground.clues.claims if key[:2] == table.key]
        if claims:
            return f"inferred from {', '.join(claims)}"
        parents = sorted(
            {p[1] for c, p in self.ground.keys.items() if c[:2] == table.key and p[:2] in self.ground.owned}
        )
        return f"inferred from {', '.join(parents) or 'its members'}"

    def _policies_to_mend(self, table: Table, command: Command) -> str:
        if not table.row_security.enabled:
            return f"ALTER TABLE {sql.qualified(*table.key)} ENABLE ROW LEVEL SECURITY"
        names = [p.name for p in in_force(table, "authenticated", command)]
        return "\n".join(f"ALTER POLICY {sql.identifier(n)} ON {sql.qualified(*table.key)} …" for n in names)


def in_force(table: Table, role: str, command: Command) -> list[Policy]:
    """Return the policies that decide about a command of a role."""
    return [p for p in table.policies if p.command in (command, "all") and {role, "public"} & set(p.roles)]


def shown(row: Row) -> str:
    """Return what tells a row: its keys and its first canary, and to whom it belongs."""
    keys = [index.columns for index in row.table.indexes if index.primary]
    names = [name for name in (keys[0] if keys else ()) if name is not None and name in row.values]
    names += [n for n, v in row.values.items() if n not in names and v and "cnry" in v][:1]
    values = ", ".join(f"{name} = {sql.literal(row.values[name])}" for name in names)
    return f"{row.table} ({values}), a row of {row.world}'s"


def _list(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
