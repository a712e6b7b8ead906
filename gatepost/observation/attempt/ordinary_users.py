"""Who is nobody special: whom a table's rows of others must be kept from, and what its owner has opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.analysis.compared_values import identifiers_in
from gatepost.name_hints import says_open
from gatepost.observation.attempt.personas import ORDINARY, other_of
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import in_force
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row_sets import RANKED
from gatepost.observation.plant.survey import FILES, USERS, Survey, TableKey
from gatepost.personas import Persona
from gatepost.schema import Table


@dataclass(frozen=True)
class OrdinaryUsers:
    """Answers from what was planted, from the names in the policies, and from who could give oneself a row."""

    planted_rows: PlantedRows
    record: Observations | None = None

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def plain(self, table: Table) -> tuple[str, ...]:
        """Return the personas who may not touch another's rows: not one whose rank the table's policies ask for."""
        texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
        return tuple(name for name in ORDINARY if name not in RANKED) if self.ranks(texts, table) else ORDINARY

    def ranks(self, texts: Iterable[str], table: Table | None = None) -> bool:
        """Tell whether texts ask for a rank, a table's own where a function asks for it."""
        direct = {name for text in texts for name in identifiers_in(text)}
        ranks = {key[1] for key in self.survey.statuses if not self._everybody_stands_in(key)}
        called = self.survey.calls.reachable(
            " ".join(self.survey.calls.bodies[name]) for name in direct & self.survey.calls.bodies.keys()
        )[0]
        return bool(ranks & called or (ranks - ({table.name} if table is not None else set())) & direct)

    def _everybody_stands_in(self, key: TableKey) -> bool:
        """Tell whether to stand in a table is no rank: no column of it is asked, and who has an account gets a row."""
        table = self.survey.live.table(*key)
        if (
            table is None
            or self.planted_rows.row_sets.edges(table)
            or any(k[:2] == key for k in self.survey.clues.claims)
        ):
            return False
        if self.record is not None and self.record.cell("self_claiming", table, "insert").inserts.get("own"):
            return True
        bodies = {function.key: function.body for function in self.survey.live.functions}
        made = [bodies.get(t.function, "") for t in self.survey.live.triggers if (t.schema, t.table) == USERS]
        return any(table.name in identifiers_in(body) for body in made)

    def files_have_owners(self, table: Table) -> bool:
        """Tell whether the policies ask whose a file is."""
        return table.key not in FILES or bool(
            self._asked_of_files(table) & {"name", "path_tokens", "owner", "owner_id"}
        )

    def folders_matter(self, table: Table) -> bool:
        """Tell whether the policies ask where a file lies; its owner is written by the storage service."""
        return table.key not in FILES or bool(self._asked_of_files(table) & {"name", "path_tokens"})

    def _asked_of_files(self, table: Table) -> set[str]:
        return {name for p in table.policies for text in (p.using, p.check) if text for name in identifiers_in(text)}

    def open_parent(self, persona: str, table: Table) -> bool:
        """Tell whether what a row would be hung on is a stranger's that says of itself that it is open."""
        other = other_of(persona)
        for child, parent in self.survey.keys.items():
            target = self.survey.live.table(*parent[:2])
            if child[:2] != table.key or child in self.survey.identities or target is None:
                continue
            base = next((r for r in self.planted_rows.of(target).values() if r.world == other and r.base), None)
            if base is not None and any(
                says_open(name, base.values.get(name)) for name in self.planted_rows.row_sets.edges(target)
            ):
                return True
        return False

    def visible_columns(self, table: Table, persona: Persona) -> list[str]:
        """Return the columns that a persona's role may read."""
        held = [
            grant.column
            for grant in table.grants
            if grant.privilege == "SELECT" and grant.grantee in (persona.role, "public")
        ]
        return [column.name for column in table.columns if None in held or column.name in held]

    def names_users(self, table: Table) -> list[str]:
        """Return the columns of a table that hold a user's id."""
        return [c.name for c in table.columns if (*table.key, c.name) in self.survey.identities]

    def why(self, table: Table) -> str:
        """Say what makes somebody the owner of a table's rows."""
        users = self.names_users(table)
        if users:
            return f"inferred from {', '.join(users)}"
        claims = [key[2] for key in self.survey.clues.claims if key[:2] == table.key]
        if claims:
            return f"inferred from {', '.join(claims)}"
        parents = sorted(
            {p[1] for c, p in self.survey.keys.items() if c[:2] == table.key and p[:2] in self.survey.owned}
        )
        return f"inferred from {', '.join(parents) or 'its members'}"

    def asks_who(self, table: Table, role: str) -> list[str]:
        """Return the columns that name an owner and that the policies for reading ask; the narrower policies first."""
        policies = [policy for policy in in_force(table, role, "select") if policy.permissive]
        only = [policy for policy in policies if policy.command == "select"] or policies
        found = {
            column
            for policy in only
            for reference in policy.reads
            if reference.kind == "relation" and reference.key == table.key
            for column in reference.columns
        }
        return [name for name in sorted(found) if self.names_owner(table, name)]

    def names_owner(self, table: Table, name: str) -> bool:
        """Tell whether a column says whose a row is: by a user's id or a claim."""
        key = (*table.key, name)
        return key in self.survey.identities or key in self.survey.clues.claims
