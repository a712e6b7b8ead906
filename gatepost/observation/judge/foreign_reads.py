"""Find rows of others that somebody reads in an undeclared table, and decide when that cannot be intended.

Reading may be intended for everyone, so a row that came out is not enough. It counts if row security is off, if the
policies check the owner but every row comes out, if names say that the rows are private, or if one's own row in some
table opens rows of others that a user who has just signed up does not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.analysis.ways.read_on_purpose import said_purpose
from gatepost.finding import SEVERITIES, Finding, Severity
from gatepost.name_hints import (
    Audience,
    about_people,
    is_account,
    is_hidden_state,
    is_secret,
    likely_audience,
    marks_public,
    may_open,
    name_parts,
    word_list,
)
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import NEWCOMER, USERS
from gatepost.observation.attempt.trial.results import Cell, Observations
from gatepost.observation.attempt.trial.witness import bypasses, comma_joined, in_force, no_longer, to_change, witness
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.storage_rows import files_have_owners
from gatepost.observation.plant.users import ANN, BOB
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Table, is_platform

Reason = tuple[Severity, str]
_KEPT_OUT = frozenset("ban banned block blocked mute muted blacklist denylist removed exclusion".split())
"""Parts of tables that list whom a tenant keeps out."""


@dataclass(frozen=True)
class Reading:
    """Compares the rows that were read with their owners."""

    planted_rows: PlantedRows
    record: Observations
    personas: Sequence[Persona]
    ordinary_users: OrdinaryUsers

    def findings(self, table: Table) -> Iterator[Finding]:
        """Yield at most one finding: the worst reason, and every persona that it lets read."""
        found: dict[Reason, list[tuple[Persona, str]]] = {}
        for persona in self.personas:
            if not self._is_plain(persona, table):
                continue
            cell = self.record.cell(persona.name, table, "select")
            others = self._of_others(table, cell, persona)
            reason = self._reason(table, persona, cell, others) if others else None
            if reason is None and (others := self._without_owner(table, persona, cell)):
                reason = self._ownerless(table, persona)
            if reason is not None:
                proof = witness(self.planted_rows, persona, table, cell, min(others))
                found.setdefault(reason, []).append((persona, proof))
        if not found:
            return
        (severity, why), who = min(found.items(), key=lambda one: SEVERITIES.index(one[0][0]))
        if severity == "error" and said_purpose(self.planted_rows.survey.live, table):
            severity = "warning"
        yield Finding(
            "foreign-row-read",
            severity,
            str(table),
            f"{comma_joined([persona.name for persona, _ in who])} can read other users' rows in {table}, {why}",
            fix=self._fix(table, who[0][0]),
            witness=who[0][1],
        )

    def _is_plain(self, persona: Persona, table: Table) -> bool:
        """Return whether a persona has no rank. Another rule reports what only false claims open."""
        traits = persona.traits
        if traits.signed_out or traits.newcomer or traits.of_own_role:
            return True
        return persona.name in self.ordinary_users.plain(table) and not traits.self_claiming

    def _of_others(self, table: Table, cell: Cell, persona: Persona) -> list[int]:
        """Return the rows of other personas. Rows of nobody need no protection."""
        mine = persona.row_set
        rows = self.planted_rows.of(table).values()
        return [row.number for row in rows if row.number in cell.rows and row.world in USERS and row.world != mine]

    def _reason(self, table: Table, persona: Persona, cell: Cell, others: list[int]) -> Reason | None:
        owned = table.key in self.planted_rows.survey.owned
        if not table.row_security.enabled:
            return ("error" if owned or self._by_name(table, persona) else "warning", "because row security is off")
        if not files_have_owners(table):
            return None
        if persona.traits.of_own_role:
            why = f'because the policies let the project\'s own role "{persona.role}" read every row'
            private = bool(self._by_name(table, persona)) or self._audience(table) == "private"
            return ("warning" if private else "info", why) if owned and self._all(table, cell, persona) else None
        without = self.record.cell(NEWCOMER, table, "select")  # what everybody reads who has no row of their own
        beyond = set(others) - without.rows if without.known else set()
        if owned and persona.role != "anon" and not persona.traits.newcomer and beyond:
            return "error", "because a row of their own gives access to them"
        if not self._all(table, cell, persona):
            hidden = self._hidden_parent(table, persona, others) if owned else ""
            if hidden:
                return "error", f"although the rows of {hidden} that they belong to are hidden"
            return self._of_some(table, persona) if owned else None
        owners = self.ordinary_users.owner_columns_checked(table, persona.role)
        if owners and self._turned(table, persona):
            why = f"because the policies read {', '.join(owners)} but let every row through"
            return self._for_whom(table, persona, cell), why
        return self._by_name(table, persona)

    def _for_whom(self, table: Table, persona: Persona, cell: Cell) -> Severity:
        """Return how bad it is that the owner decides nothing: what is only hidden once it is deleted may be public."""
        audience = self._audience(table)
        trash = any(row.number not in cell.rows for row in self.planted_rows.of(table).values())
        if audience == "public" and not self._for_members(table) and (trash or persona.role != "anon"):
            return "info"
        return "warning" if audience == "unknown" and trash else "error"

    def _for_members(self, table: Table) -> bool:
        """Return whether the policies for reading ask who belongs to a tenant: then the rows are not for everybody."""
        survey = self.planted_rows.survey
        names = {key[1] for key in survey.teams.memberships}
        texts = [p.using for p in table.policies if p.command in ("select", "all") and p.using]
        return bool(names & survey.calls.reachable(texts)[0])

    def _all(self, table: Table, cell: Cell, persona: Persona) -> bool:
        """Return whether every row comes out, except those that a column such as `deleted_at` hides.

        Where a parent says for whom the rows are, whoever has some sees their own besides: then those count who have
        none.
        """
        rows = self.planted_rows.of(table).values()
        shared = self._shared_elsewhere(table)
        owns = shared and persona.role != "anon"
        seen = cell.rows & self.record.sees(NEWCOMER, table.key) if owns else cell.rows
        if all(row.number in seen for row in rows):
            return True
        edges = self.planted_rows.row_sets.edges(table)
        private = self._audience(table) == "private"
        if not edges and private and not shared:
            return True  # others' rows come out, and nothing says that they are for everybody
        guarded = bool(edges) and all(
            name_parts(name) & word_list("hiding_columns") or (private and not self._shares(table, name))
            for name in edges
        )
        return guarded and {row.world for row in rows if row.number in seen} >= {ANN, BOB}

    def _shares(self, table: Table, column: str) -> bool:
        """Return whether a column says by its name, or by the values that it is compared with, for whom a row is."""
        values = self.planted_rows.survey.clues.literals.get((*table.key, column), ())
        return may_open(column) or marks_public(column, values) or any(is_hidden_state(value) for value in values)

    def _shared_elsewhere(self, table: Table) -> bool:
        """Return whether a table that the policies read, such as the parent, says for whom the rows are."""
        survey = self.planted_rows.survey
        names = survey.calls.reachable(text for p in table.policies for text in (p.using, p.check) if text)[0]
        others = [one for one in survey.tables if one.name in names and one.key != table.key]
        edges = self.planted_rows.row_sets.edges
        return any(self._shares(one, name) for one in others for name in edges(one))

    def _hidden_parent(self, table: Table, persona: Persona, others: list[int]) -> str:
        """Return the table whose rows a persona does not see although it sees what belongs to them.

        Only where nothing but a mark that hides rows, as `deleted_at` does, decides what is seen.
        """
        survey = self.planted_rows.survey
        edges = self.planted_rows.row_sets.edges(table)
        hiding = word_list("hiding_columns") | {"internal"}
        if not edges or not all(name_parts(name) & hiding for name in edges):
            return ""
        worlds = {row.world for row in self.planted_rows.of(table).values() if row.number in others}
        for child, parent in survey.keys.items():
            above = survey.live.table(*parent[:2])
            if child[:2] != table.key or child in survey.identities or above is None or above.key not in survey.owned:
                continue
            seen = self.record.sees(persona.name, above.key)
            base = [r for r in self.planted_rows.of(above).values() if r.base and r.world in worlds]
            if base and not any(row.number in seen for row in base):
                return str(above)
        return ""

    def _of_some(self, table: Table, persona: Persona) -> Reason | None:
        """Judge rows that a state of work opens to people without an account, and no mark by which they are shared."""
        edges = self.planted_rows.row_sets.edges(table)
        marks = [name for name in edges if marks_public(name) or name_parts(name) & word_list("open_columns")]
        secrets = self.ordinary_users.secrets(table, persona)
        contacts = self.ordinary_users.secrets(table, persona, to_everybody=True)
        if contacts and persona.role == "anon" and not edges and not is_platform(table.schema):
            return "error", f"including {', '.join(contacts)}"  # a mark of the parent says nothing of who wrote
        if marks or not edges or not secrets or is_platform(table.schema):
            return None
        if persona.role == "anon" and about_people(table):
            return "error", f"which hold personal data, including {', '.join(secrets)}"
        credentials = [name for name in secrets if name_parts(name) & {"token", "secret", "password", "key"}]
        return ("error", f"including {', '.join(credentials)}") if credentials else None

    def _without_owner(self, table: Table, persona: Persona, cell: Cell) -> list[int]:
        """Return the rows that name no owner although the table has a column for one, such as those of guests."""
        names = self.ordinary_users.names_users(table)
        if not (persona.traits.signed_out or persona.traits.newcomer) or not names:
            return []
        rows = [row for row in self.planted_rows.of(table).values() if row.number in cell.rows and row.world == NOBODY]
        return [row.number for row in rows if all(row.values.get(name) is None for name in names)]

    def _ownerless(self, table: Table, persona: Persona) -> Reason | None:
        """Judge rows without an owner: those of a person without an account show who that is."""
        visible = self.ordinary_users.visible_columns(table, persona)
        known = word_list("personal_columns")
        personal = [name for name in visible if name_parts(name) & known or is_secret(name, to_everybody=True)]
        if not personal:
            return None
        why = f"those that name no owner, including {', '.join(personal)}"
        if about_people(table) or self._audience(table) == "private":
            return "error", why
        owners = self.ordinary_users.owner_columns_checked(table, persona.role)
        if not owners or self._audience(table) == "public":
            return None
        stated = self.ordinary_users.opens_ownerless(table, persona.role, owners)
        return ("warning" if stated else "error"), why

    def _turned(self, table: Table, persona: Persona) -> bool:
        """Return whether each column that the policies read held several values, so that none of them was decisive."""
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
        """Judge rows that everyone with a role can read by the names of the table and its columns."""
        if is_platform(table.schema):
            return None  # the platform names its columns
        secrets = self.ordinary_users.secrets(table, persona, to_everybody=persona.role == "anon")
        if secrets:
            return "error", f"including {', '.join(secrets)}"
        audience = self._audience(table)
        if table.key in self.planted_rows.survey.owned:
            if audience == "unknown" and persona.traits.newcomer and self._asks_members_alone(table, persona):
                return "warning", "because its policies look for a membership and let pass whoever has none"
            if audience == "private" and self._is_open_chat(table):
                return "warning", f"which is right only for an open chat ({self.ordinary_users.why(table)})"
            if audience == "private":
                return "error", f"which look private and belong to somebody ({self.ordinary_users.why(table)})"
            if audience == "unknown":
                severity: Severity = "warning" if persona.role == "anon" else "info"  # as a condition that is `true`
                return severity, f"because the policies let every row through ({self.ordinary_users.why(table)})"
        shown = self.ordinary_users.visible_columns(table, persona)
        named = is_account(table.name) and word_list("public_columns") & set(shown)  # a profile that others see
        if persona.role == "anon" and about_people(table) and not named:
            return "error", "which holds personal data"
        return None

    def _asks_members_alone(self, table: Table, persona: Persona) -> bool:
        """Return whether every policy that lets a persona read looks for a membership, and not for who is kept out."""
        survey = self.planted_rows.survey
        names = {key[1] for key in survey.teams.memberships}
        kept_out = {name for name in names if name_parts(name) & _KEPT_OUT}
        deciding = (p.using or "" for p in in_force(table, persona.role, "select") if p.permissive)
        read = [names & survey.calls.reachable([condition])[0] for condition in deciding]
        return bool(read) and all(one and not one & kept_out for one in read)

    def _is_open_chat(self, table: Table) -> bool:
        """Return whether messages name nobody but their author, and belong to no place that is hidden from anyone."""
        if not name_parts(table.name) & word_list("message_tables") or len(self.ordinary_users.names_users(table)) != 1:
            return False
        survey = self.planted_rows.survey
        places = {p[:2] for c, p in survey.keys.items() if c[:2] == table.key and c not in survey.identities}
        return all(
            row.number in self.record.sees(NEWCOMER, one.key)
            for key in places
            if (one := survey.live.table(*key)) is not None
            for row in self.planted_rows.of(one).values()
        )

    def _audience(self, table: Table) -> Audience:
        """Return for whom a table seems to be intended. A flag that policies read does not count as a public mark."""
        read = self.planted_rows.survey.clues.read
        rest = tuple(c for c in table.columns if (*table.key, c.name) not in read)
        return likely_audience(replace(table, columns=rest))

    def _fix(self, table: Table, persona: Persona) -> str:
        if not table.row_security.enabled:
            return f"ALTER TABLE {sql.qualified(*table.key)} ENABLE ROW LEVEL SECURITY"
        if bypasses(self.planted_rows.survey.live, persona.role):
            return no_longer(persona.role)
        deciding = (p for p in in_force(table, persona.role, "select") if p.permissive)
        return to_change(table, deciding)
