"""Find what is left to somebody whose membership in a tenant is over or has not begun, where other policies ask for it.

That one policy does not ask for it is no proof by itself: it may be intended that who has left still reads. It is none
where the policy reads the state to no effect, says it in its name, or is one of few that do not ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey, ComparedColumns, compared_columns
from gatepost.finding import Finding, Severity
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.personas import NEWCOMER, describe
from gatepost.observation.attempt.trial.results import FormerAccess, Observations
from gatepost.observation.attempt.trial.witness import in_force, shown, to_change
from gatepost.observation.plant.added_rows import FormerMember
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import Survey
from gatepost.observation.plant.users import ADMIN, ANN, BOB, TEAMMATE
from gatepost.schema import Command, Table

ANOTHERS = {"membership": "own among another's", "pair": "another's"}
"""What a stranger may insert where what a former member inserts is nothing special, by what it was."""


@dataclass(frozen=True)
class FormerMembers:
    """Compares what former members did with what the policies of the same database ask of members."""

    planted_rows: PlantedRows
    record: Observations
    _compared: dict[tuple[tuple[str, str], Command], ComparedColumns] = field(default_factory=dict, compare=False)

    @property
    def _survey(self) -> Survey:
        return self.planted_rows.survey

    def findings(self) -> Iterator[Finding]:
        """Yield at most one finding for each table and command, and one for a state that no policy reads."""
        seen: set[tuple[object, ...]] = set()
        ordered = sorted(self.record.former, key=lambda one: not one.member.over)
        for one in ordered:
            beyond = self._beyond(one)
            if beyond is None or (one.table, one.command) in seen:
                continue
            reason = self._reason(one)
            if reason is not None:
                seen.add((one.table, one.command))
                yield self._finding(one, beyond, *reason)
        yield from self._never_asked()

    def _beyond(self, one: FormerAccess) -> str | None:
        """Return what a former member reached that a member of ann's tenant may and a stranger may not, or None."""
        if one.table.key == one.member.table.key or not one.table.row_security.enabled:
            return None
        account = one.member.what == "account"
        if one.command == "insert":
            theirs = self.record.cell(BOB, one.table, "insert").inserts
            return "" if account or not theirs.get(ANOTHERS[one.member.what]) else None
        rows = {row.number: row for row in self.planted_rows.of(one.table).values()}
        of_others = {
            number
            for number, row in rows.items()
            if row.world == ANN or (account and one.member.user not in row.values.values())
        }
        members = self.record.sees(ANN, one.table.key) | self.record.sees(ADMIN if account else TEAMMATE, one.table.key)
        strangers = self.record.sees(NEWCOMER, one.table.key)
        strangers |= frozenset() if account else self.record.sees(BOB, one.table.key)
        beyond = (one.rows & of_others & members) - strangers
        return shown(rows[min(beyond)]) if beyond else None

    def _reason(self, one: FormerAccess) -> tuple[Severity, str] | None:
        """Return how bad it is that the state of a membership decides nothing, and why that is not intended."""
        member, key = one.member, self._key(one.member)
        compared = self._read_for(one.table, one.command)
        literals = compared.literals.get(key, {})
        if member.value in literals:
            return None
        named = self._named(one)
        if not member.over and name_parts(self._names(one)) & word_list("pending_states"):
            return None
        if key in compared.read and not literals and self._is_a_time(member):
            return "error", f"although its policies read {member.column}"
        if named:
            return "error", f'although the policy "{named}" is for others'
        if key in compared.read and literals:
            return "warning", f"because its policies refuse only {', '.join(map(sql.literal, sorted(literals)))}"
        asking = self._asking(one)
        if not asking:
            return None
        few = len(self._not_asking(one)) <= len(asking) and not self._aside(one.table)
        if member.what == "account" and not few:
            return None
        ended = member.over or self._anybody_adds(member.table)
        severity: Severity = "error" if ended and few else "warning"
        return severity, f"although the policies of {asking[0]} ask for {member.column}"

    def _anybody_adds(self, table: Table) -> bool:
        """Return whether a stranger adds a row that names somebody else: then what has not begun is no agreement."""
        inserts = self.record.cell(BOB, table, "insert").inserts
        return any(let_in and name.startswith("another's") for name, let_in in inserts.items())

    def _aside(self, table: Table) -> bool:
        """Return whether a table says which tenants there are, or who their members are."""
        return table.key in self._survey.teams.tenants | self._survey.teams.memberships

    def _names(self, one: FormerAccess) -> str:
        return " ".join(policy.name for policy in in_force(one.table, "authenticated", one.command))

    def _is_a_time(self, member: FormerMember) -> bool:
        column = member.table.column(member.column)
        return column is not None and self._survey.base_type(column.type).startswith(("timestamp", "date"))

    def _named(self, one: FormerAccess) -> str:
        """Return the policy whose name says that members must be in force, if each that may let them in says so."""
        deciding = [p for p in in_force(one.table, "authenticated", one.command) if p.permissive]
        words = word_list("current_states") - {"member", "granted", "valid"}
        said = [policy.name for policy in deciding if name_parts(policy.name) & words - name_parts(one.table.name)]
        return said[0] if said and len(said) == len(deciding) else ""

    def _asking(self, one: FormerAccess) -> list[Table]:
        """Return the tables whose policies for the same command read the state, and refused the former member."""
        reached = {table.key for table in self._reached(one)} | {one.member.table.key}
        asked = (t for t in self._survey.observed if self._key(one.member) in self._read_for(t, one.command).read)
        return [table for table in asked if table.key not in reached and self._for_members(table, one.command)]

    def _not_asking(self, one: FormerAccess) -> list[Table]:
        """Return the tables of a tenant's own rows in which the former member got past the same command."""
        return [table for table in self._reached(one) if not self._aside(table)]

    def _reached(self, one: FormerAccess) -> list[Table]:
        alike = (a for a in self.record.former if a.member == one.member and a.command == one.command)
        return [a.table for a in alike if self._beyond(a) is not None]

    def _for_members(self, table: Table, command: Command) -> bool:
        """Return whether a member of ann's tenant got past the policies of a table."""
        cells = [self.record.cell(name, table, command) for name in (ANN, TEAMMATE, ADMIN)]
        return any(cell.rows or any(cell.inserts.values()) for cell in cells)

    def _read_for(self, table: Table, command: Command) -> ComparedColumns:
        """Return what the policies of a table compare that decide about a command of a signed-in user."""
        key = (table.key, command)
        if key not in self._compared:
            policies = tuple(in_force(table, "authenticated", command))
            self._compared[key] = compared_columns(self._survey.live, [replace(table, policies=policies)])
        return self._compared[key]

    def _key(self, member: FormerMember) -> ColumnKey:
        return (*member.table.key, member.column)

    def _never_asked(self) -> Iterator[Finding]:
        """Yield the states that end a membership by their names, and that no policy reads."""
        for member in dict.fromkeys(one.member for one in self.record.former):
            if not member.over or self._key(member) in self._survey.clues.read:
                continue
            left = [one for one in self.record.former if one.member == member and one.command == "select"]
            kept = [(one, row) for one in left if (row := self._beyond(one))]
            if kept:
                tables = ", ".join(str(one.table) for one, _ in kept[:3])
                yield Finding(
                    "former-member",
                    "warning",
                    str(member.table),
                    f"a member whose {member.column} is {sql.literal(member.value)} can still read {tables}, because "
                    "no policy reads that column",
                    fix="ask for it wherever the membership is looked up, or delete the row of who leaves",
                    detail=member.column,
                    witness=f"{describe(kept[0][0].persona)}: {kept[0][0].statement} -- accesses {kept[0][1]}",
                )

    def _finding(self, one: FormerAccess, beyond: str, severity: Severity, why: str) -> Finding:
        deciding = (p for p in in_force(one.table, "authenticated", one.command) if p.permissive)
        did = "read rows of" if one.command == "select" else "insert rows into"
        value = sql.literal(one.member.value)
        reached = f" -- accesses {beyond}" if beyond else ""
        return Finding(
            "former-member",
            severity,
            str(one.table),
            f"somebody whose {one.member.table}.{one.member.column} is {value} can {did} {one.table}, {why}",
            fix=to_change(one.table, deciding),
            detail=one.command,
            witness=f"{describe(one.persona)}: {one.statement}{reached}",
        )
