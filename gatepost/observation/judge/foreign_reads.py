"""Rows of others that somebody reads, where nothing was declared: when it cannot have been meant.

To read may be meant for everybody, so it takes more than a row that came out: row security is off; the policies ask
whose a row is, and every row comes out all the same; names say that the rows are private; or one's own row in some
table opens what is somebody else's, which a user that has just signed up does not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.finding import SEVERITIES, Finding, Severity
from gatepost.name_hints import Meant, about_people, is_secret, may_open, meant, name_parts
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import NEWCOMER, USERS, world_of
from gatepost.observation.attempt.trial.results import Cell, Observations
from gatepost.observation.attempt.trial.witness import bypasses, comma_joined, in_force, no_longer, witness
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.personas import Persona
from gatepost.schema import Table, is_platform

_GUARDS = frozenset("deleted archived removed trashed expired expires banned blocked disabled locked".split())
"""Words of columns that take a row away and open none."""

Reason = tuple[Severity, str]


@dataclass(frozen=True)
class Reading:
    """Holds what was read against who owns which rows."""

    planted_rows: PlantedRows
    record: Observations
    personas: Sequence[Persona]
    ordinary_users: OrdinaryUsers

    def findings(self, table: Table) -> Iterator[Finding]:
        """Yield at most one finding: the worst reason, and everybody whom it lets read."""
        found: dict[Reason, list[tuple[Persona, str]]] = {}
        for persona in self.personas:
            if not self._is_plain(persona, table):
                continue
            cell = self.record.cell(persona.name, table, "select")
            others = self._of_others(table, cell, persona)
            reason = self._reason(table, persona, cell, others) if others else None
            if reason is not None:
                proof = witness(self.planted_rows, persona, table, cell, min(others))
                found.setdefault(reason, []).append((persona, proof))
        if not found:
            return
        (severity, why), who = min(found.items(), key=lambda one: SEVERITIES.index(one[0][0]))
        yield Finding(
            "foreign-row-read",
            severity,
            str(table),
            f"{comma_joined([persona.name for persona, _ in who])} can read rows of others in {table}: {why}",
            fix=self._fix(table, who[0][0]),
            witness=who[0][1],
        )

    def _is_plain(self, persona: Persona, table: Table) -> bool:
        """Tell whether a persona is nobody special; what only a lie opens is told by its own rule."""
        return persona.name in ("anon", NEWCOMER) or (
            persona.name in self.ordinary_users.plain(table) and persona.name != "self_claiming"
        )

    def _of_others(self, table: Table, cell: Cell, persona: Persona) -> list[int]:
        """Return the rows of other personas; what is nobody's is nobody's to hide."""
        mine = world_of(persona.name)
        rows = self.planted_rows.of(table).values()
        return [row.number for row in rows if row.number in cell.rows and row.world in USERS and row.world != mine]

    def _reason(self, table: Table, persona: Persona, cell: Cell, others: list[int]) -> Reason | None:
        owned = table.key in self.planted_rows.survey.owned
        if not table.row_security.enabled:
            return ("error" if owned or self._by_name(table, persona) else "warning", "row security is off")
        if not self.ordinary_users.files_have_owners(table):
            return None
        beyond = set(others) - self.record.sees(NEWCOMER, table.key)
        if owned and persona.role != "anon" and persona.name != NEWCOMER and beyond:
            return "error", "a row of their own opens them, whomever they belong to"
        if not self._all(table, cell):
            return None
        asked = self.ordinary_users.asks_who(table, persona.role)
        for_all = persona.role != "anon" and self._meant(table) == "public"
        if asked and self._turned(table, persona):
            why = f"the policies ask for {', '.join(asked)}, and every row comes out all the same"
            return "info" if for_all else "error", why
        return self._by_name(table, persona)

    def _all(self, table: Table, cell: Cell) -> bool:
        """Tell whether every row comes out, but for those that a column such as `deleted_at` takes away."""
        rows = self.planted_rows.of(table).values()
        if all(row.number in cell.rows for row in rows):
            return True
        edges = self.planted_rows.row_sets.edges(table)
        private = self._meant(table) == "private"
        guarded = bool(edges) and all(name_parts(name) & _GUARDS or (private and not may_open(name)) for name in edges)
        return guarded and {row.world for row in rows if row.number in cell.rows} >= {"ann", "bob"}

    def _turned(self, table: Table, persona: Persona) -> bool:
        """Tell whether each column that the policies read held several values, so that none of them was asked."""
        edges = self.planted_rows.row_sets.edges(table)
        read = {
            column
            for policy in in_force(table, persona.role, "select")
            for reference in policy.reads
            if reference.kind == "relation" and reference.key == table.key
            for column in reference.columns
        }
        keys = {key[2] for key in self.planted_rows.survey.keys if key[:2] == table.key}
        keys |= {name for index in table.indexes if index.unique for name in index.columns if name}
        return all(name in edges or name in keys or self.ordinary_users.names_owner(table, name) for name in read)

    def _by_name(self, table: Table, persona: Persona) -> Reason | None:
        """Judge rows that everybody with a role reads by what the table and its columns are called."""
        if is_platform(table.schema):
            return None  # the platform names its columns
        visible = self.ordinary_users.visible_columns(table, persona)
        secrets = [name for name in visible if is_secret(name, persona.role == "anon")]
        if secrets:
            return "error", f"{', '.join(secrets)} is nobody else's business"
        for_whom = self._meant(table)
        if table.key in self.planted_rows.survey.owned:
            if for_whom == "private":
                return "error", f"they look private, and belong to somebody ({self.ordinary_users.why(table)})"
            if for_whom == "unknown":
                return "info", f"every row comes out, whomever it belongs to ({self.ordinary_users.why(table)})"
        if persona.role == "anon" and about_people(table):
            return "error", "they are about people"
        return None

    def _meant(self, table: Table) -> Meant:
        """Tell for whom a table seems to be meant; a flag that others ask is no promise of its own."""
        read = self.planted_rows.survey.clues.read
        return meant(replace(table, columns=tuple(c for c in table.columns if (*table.key, c.name) not in read)))

    def _fix(self, table: Table, persona: Persona) -> str:
        if not table.row_security.enabled:
            return f"ALTER TABLE {sql.qualified(*table.key)} ENABLE ROW LEVEL SECURITY"
        if bypasses(self.planted_rows.survey.live, persona.role):
            return no_longer(persona.role)
        names = [p.name for p in in_force(table, persona.role, "select") if p.permissive]
        return "\n".join(f"ALTER POLICY {sql.identifier(n)} ON {sql.qualified(*table.key)} …" for n in names)
