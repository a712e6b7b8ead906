"""Decide who is an ordinary user of a table, who must not access the rows of others, and what an owner has opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.terms import Column, IsNull, unwrapped
from gatepost.analysis.functions.calls import read_names
from gatepost.name_hints import is_secret, name_parts, says_open, word_list
from gatepost.observation.attempt.personas import ORDINARY, SELF_CLAIMING_SILENT, other_of
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import in_force
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import FILES, USERS, Survey, TableKey
from gatepost.observation.plant.users import RANKED, SELF_CLAIMING
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Command, Table, is_platform

_WHOLE = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True)
class OrdinaryUsers:
    """Answers from the planted rows, the names in the policies, and who could insert a row about themselves."""

    planted_rows: PlantedRows
    record: Observations | None = None
    _plain: dict[TableKey, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def plain(self, table: Table) -> tuple[str, ...]:
        """Return the personas who may not access rows of others, except those whose rank its policies check."""
        if table.key not in self._plain:
            texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
            ranked = RANKED if self.ranks(texts, table) else ()
            self._plain[table.key] = tuple(name for name in ORDINARY if name not in ranked)
        return self._plain[table.key]

    def ranks(self, texts: Iterable[str], table: Table | None = None) -> bool:
        """Return whether texts check a rank, directly or in a function that reads the table with the rank."""
        direct = {name for text in texts for name in identifiers_in(text)}
        ranks = {key[1] for key in self.survey.statuses if not self._everybody_stands_in(key)}
        ranks -= {key[1] for key in self.survey.statuses if self._is_of_a_tenant(key)}
        called = self.survey.calls.reachable(
            " ".join(self.survey.calls.bodies[name]) for name in direct & self.survey.calls.bodies.keys()
        )[0]
        return bool(ranks & called or (ranks - ({table.name} if table is not None else set())) & direct)

    def _is_of_a_tenant(self, key: TableKey) -> bool:
        """Return whether a rank applies in one tenant: it is in a membership, and called like none of a whole site."""
        if key not in self.survey.teams.memberships:
            return False
        compared = {
            word
            for column in self.survey.teams.ranks
            if column[:2] == key
            for value in (column[2], *self.survey.clues.literals.get(column, ()))
            for word in name_parts(value)
        }
        compared = compared or {*name_parts(key[1])}  # nothing but the membership itself is asked
        return not compared & (word_list("ranks") | word_list("everywhere_roles") | word_list("power_tables"))

    def _everybody_stands_in(self, key: TableKey) -> bool:
        """Return whether a row in a table is no rank: no column of it is checked, and every account gets a row."""
        table = self.survey.live.table(*key)
        if (
            table is None
            or self.planted_rows.row_sets.edges(table)
            or any(k[:2] == key for k in self.survey.clues.claims)
        ):
            return False
        if self.record is not None and self.record.cell(SELF_CLAIMING, table, "insert").inserts.get("own"):
            return True
        if any(k[:2] == key for k in self.survey.clues.literals):
            return False  # sign-up gives a row, and not the value that is asked for
        triggers = (trigger for trigger in self.survey.live.triggers if (trigger.schema, trigger.table) == USERS)
        made = [self.survey.bodies.get(trigger.function, "") for trigger in triggers]
        return any(_always_names(body, table.name) for body in made)

    def open_parent(self, persona: str, table: Table) -> bool:
        """Return whether the parent to which a row would belong is a stranger's and marks itself as open."""
        other = other_of(persona)
        for child, parent in self.survey.keys.items():
            target = self.survey.live.table(*parent[:2])
            if child[:2] != table.key or child in self.survey.identities or target is None:
                continue
            base = next((r for r in self.planted_rows.of(target).values() if r.world == other and r.base), None)
            edges = self.planted_rows.row_sets.edges(target)
            if base is not None and any(says_open(name, base.values.get(name)) for name in edges):
                return True
            if edges and all(name_parts(name) & word_list("offering_columns") for name in edges):
                return True
        return False

    def writes_parents(self, persona: Persona, table: Table, command: Command) -> bool:
        """Return whether rows belong to others only by parents whose rows a persona may write just the same."""
        survey = self.survey
        if self.record is None or self.names_users(table) or any(key[:2] == table.key for key in survey.clues.claims):
            return False
        parents = {p[:2] for c, p in survey.keys.items() if c[:2] == table.key and p[:2] in survey.owned}
        for key in parents:
            above = survey.live.table(*key)
            rows = self.planted_rows.of(above).values() if above is not None else ()
            theirs = {row.number for row in rows if row.world != NOBODY and not row.is_of(persona.row_set)}
            if above is None or not theirs & self.record.cell(persona.name, above, command).rows:
                return False
        return bool(parents)

    def asked_of_new_rows(self, table: Table, column: str) -> bool:
        """Return whether only the table's own policies for INSERT read a column: no access to a row turns on it."""
        readers = {
            (one.key, policy.command)
            for one in self.survey.live.tables
            for policy in one.policies
            for reference in policy.reads
            if reference.key == table.key and column in reference.columns
        }
        called = any({table.name, column} <= names for names in self.survey.calls.bodies.values())
        return readers == {(table.key, "insert")} and not called

    def kept_to_oneself(self, persona: str, table: Table) -> bool:
        """Return whether a row is read only by the one user whom it names, and refers to what strangers partly see.

        That is a bookmark: whose row it refers to does not matter, since that one's owner never meets it.
        """
        return self.met_by_nobody_else(persona, table) and self._sees_some_of_each_parent(persona, table)

    def met_by_nobody_else(self, persona: str, table: Table) -> bool:
        """Return whether a row is read only by the one user whom it names, as far as the database shows."""
        users = self.names_users(table)
        if self.record is None or len(users) != 1 or table.key in FILES or self._asked_whose_it_refers_to(table):
            return False
        if not self._asks_only(table, users[0]) or self._passes_on(table):
            return False
        tried = self.record.cell(persona, table, "insert").inserts
        if any(let_in and name.startswith("another's") for name, let_in in tried.items()):
            return False
        accounts = self.planted_rows.row_sets.users
        accounts = {**accounts, SELF_CLAIMING_SILENT: accounts.get(SELF_CLAIMING, "")}
        for name, cell in self.record.readers(table.key).items():
            whose = {
                row.values.get(users[0]) for row in self.planted_rows.of(table).values() if row.number in cell.rows
            }
            if whose - {accounts.get(name)}:
                return False
        return True

    def _asked_whose_it_refers_to(self, table: Table) -> bool:
        """Return whether a function, a view or another table's policy reads what a row refers to."""
        survey, read = self.survey, set[str]()
        for function in survey.live.functions:
            if not is_platform(function.schema) and table.name in read_names(function.body):
                read |= read_names(function.body)
        doors = [view for view in survey.live.views if not view.invoker or view.kind != "view"]
        policies = [policy for one in survey.live.tables if one.key != table.key for policy in one.policies]
        for reads in (*(view.reads for view in doors), *(policy.reads for policy in policies)):
            read |= {name for one in reads if one.key == table.key for name in one.columns}
        return bool(read & {child[2] for child in survey.keys if child[:2] == table.key} - set(self.names_users(table)))

    def unread(self, table: Table) -> bool:
        """Return whether no caller of the API reads a table's rows in any way: who adds one refers to what they like.

        That is a letter box, such as one for reports of what others wrote.
        """
        if self.record is None or not table.row_security.enabled or table.key in {*FILES, *self.survey.read_elsewhere}:
            return False
        reads = self.record.readers(table.key).values()
        closed = all(
            not one.rows and one.outcome in ("done", "refused by policy", "refused by privilege") for one in reads
        )
        return bool(reads) and closed and not self._passes_on(table)

    def _asks_only(self, table: Table, user: str) -> bool:
        """Return whether every policy compares this column, and no policy reads another table or calls a helper."""
        for policy in table.policies:
            others = [one for one in policy.reads if one.key != table.key and one.schema not in ("auth", "pg_catalog")]
            own = {name for one in policy.reads if one.key == table.key for name in one.columns}
            if policy.permissive and (others or user not in own):
                return False
        return table.row_security.enabled and bool(table.policies)

    def _passes_on(self, table: Table) -> bool:
        """Return whether a trigger of a table names another table, to which it may hand what a row says."""
        names = {one.name for one in self.survey.tables}
        bodies = (self.survey.bodies.get(one.function, "") for one in self.survey.triggers.get(table.key, ()))
        return any(identifiers_in(body) & names for body in bodies)

    def _sees_some_of_each_parent(self, persona: str, table: Table) -> bool:
        """Return whether a persona sees a stranger's row in every owned table that a table refers to."""
        sees = self.record.sees if self.record is not None else lambda *_: frozenset()
        for child, parent in self.survey.keys.items():
            if child[:2] == table.key and child not in self.survey.identities and parent[:2] in self.survey.owned:
                target = self.survey.live.table(*parent[:2])
                rows = self.planted_rows.of(target).values() if target is not None else ()
                theirs = {row.number for row in rows if row.world == other_of(persona)}
                if not theirs & sees(persona, parent[:2]):
                    return False
        return True

    def visible_columns(self, table: Table, persona: Persona) -> list[str]:
        """Return the columns that a persona's role may read."""
        held = [
            grant.column
            for grant in table.grants
            if grant.privilege == "SELECT" and grant.grantee in (persona.role, "public")
        ]
        return [column.name for column in table.columns if None in held or column.name in held]

    def secrets(self, table: Table, persona: Persona, *, to_everybody: bool = False) -> list[str]:
        """Return the columns that a persona's role may read and whose names say that nobody but the owner should.

        A number that is called tokens counts some.
        """
        counts = {
            one.name for one in table.columns if one.type in _WHOLE and name_parts(one.name) & {"token", "tokens"}
        }
        return [
            name
            for name in self.visible_columns(table, persona)
            if is_secret(name, to_everybody) and name not in counts
        ]

    def names_users(self, table: Table) -> list[str]:
        """Return the columns of a table that hold a user's id."""
        return [c.name for c in table.columns if (*table.key, c.name) in self.survey.identities]

    def why(self, table: Table) -> str:
        """Return what the owner of a table's rows was inferred from."""
        users = self.names_users(table)
        if users:
            return f"owner inferred from {', '.join(users)}"
        claims = [key[2] for key in self.survey.clues.claims if key[:2] == table.key]
        if claims:
            return f"owner inferred from {', '.join(claims)}"
        parents = sorted(
            {p[1] for c, p in self.survey.keys.items() if c[:2] == table.key and p[:2] in self.survey.owned}
        )
        return f"owner inferred from {', '.join(parents) or 'its members'}"

    def owner_columns_checked(self, table: Table, role: str) -> list[str]:
        """Return the columns that name an owner and that the policies for reading check, narrower policies first."""
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

    def opens_ownerless(self, table: Table, role: str, owners: Iterable[str]) -> bool:
        """Return whether a policy says of rows without an owner that they are for everybody, as shared ones are."""
        follower = Follower(self.survey.live)
        for policy in in_force(table, role, "select"):
            try:
                term = follower.follow(parse(policy.using or "true"))
            except NotUnderstood:
                return True
            of_rows = [unwrapped(part.term) for part in term.walk() if isinstance(part, IsNull)]
            if any(isinstance(one, Column) and one.name in owners for one in of_rows):
                return True
        return False

    def names_owner(self, table: Table, name: str) -> bool:
        """Return whether a column says who owns a row, by a user's id or a claim."""
        key = (*table.key, name)
        return key in self.survey.identities or key in self.survey.clues.claims


def _always_names(body: str, name: str) -> bool:
    """Return whether a body names a table outside of every IF: what stands in one is not done for everybody."""
    depth, before = 0, ""
    for token in sql.tokens(body):
        if token.name is None:
            continue
        if token.name == "if":
            depth += -1 if before == "end" else 1
        elif token.name == name and depth == 0:
            return True
        before = token.name
    return False
