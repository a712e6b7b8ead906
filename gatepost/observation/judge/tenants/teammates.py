"""Find what a member of a tenant without a rank may do there although only others may: in undeclared tables.

Members of a tenant usually share its rows, so a row of a colleague that was read or changed is no finding by itself. It
is one where the policies state a rank or an owner that decides nothing, where a rank can be taken, where a row says
that it is its owner's alone, or where it is written in a colleague's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.finding import Finding, Severity
from gatepost.name_hints import is_secret, name_parts, word_list
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.team_ranks import ITSELF
from gatepost.observation.attempt.trial.results import Observations, Promotion
from gatepost.observation.attempt.trial.witness import in_force, to_change, witness
from gatepost.observation.judge.tenants.stated_ranks import StatedRanks
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import FILES, Survey, read_by
from gatepost.observation.plant.users import ANN, TEAMMATE
from gatepost.personas import Persona
from gatepost.schema import Command, Policy, RowCommand, Table

_VERBS = {"select": "read", "insert": "insert", "update": "change", "delete": "remove"}
_WRITES: tuple[RowCommand, ...] = ("update", "delete")
_PRIVATE_MARKS = frozenset({"private", "confidential", "personal"})
_CREDENTIALS = frozenset({"secret", "password", "passwd", "private", "credential", "apikey"})
"""Parts of columns with what lets a machine in. Of those who share a tenant, it is for those who run it."""
_AMONG_COLLEAGUES = frozenset({"token", "phone", "mobile", "birthday", "dob"})
"""Secret columns that the members of a tenant may share."""


@dataclass(frozen=True)
class Teammates:
    """Compares what a teammate did in one tenant with what the policies say about ranks and owners."""

    planted_rows: PlantedRows
    record: Observations
    personas: Sequence[Persona]
    ordinary_users: OrdinaryUsers

    @cached_property
    def _persona(self) -> Persona | None:
        return next((persona for persona in self.personas if persona.name == TEAMMATE), None)

    @cached_property
    def _stated(self) -> StatedRanks:
        return StatedRanks(self.planted_rows)

    @property
    def _survey(self) -> Survey:
        return self.planted_rows.survey

    def findings(self, table: Table) -> Iterator[Finding]:
        """Yield what a teammate may do in one table although it should not."""
        persona = self._persona
        if persona is None or table.key in FILES or not table.row_security.enabled:
            return
        rows = {row.number: row for row in self.planted_rows.of(table).values() if self._of_a_colleague(table, row)}
        if not rows:
            return
        for command in _WRITES:
            yield from self._writes(persona, table, command, rows)
        yield from self._inserts(persona, table)
        yield from self._reads(persona, table, rows)

    def promotions(self) -> Iterator[Finding]:
        """Yield the ranks that a teammate gave or took, in declared tables too."""
        seen: set[tuple[Table, str]] = set()
        for one in sorted(self.record.promotions, key=lambda one: bool(one.rank)):  # the lowest rank first
            rank = f" {one.effect.removeprefix(ITSELF).strip()}" if one.effect.startswith(ITSELF) else ""
            what = f"give itself the rank{rank}" if rank else one.effect
            detail = f"{one.command}:{'own' if rank else one.effect.split(' rank')[0]}"
            if (one.table, detail) in seen or (one.taken and not self._may_less_than_ann(one.table)):
                continue
            seen.add((one.table, detail))
            yield Finding(
                "rank-taken",
                self._how_bad(one),
                str(one.table),
                f"a {one.persona.name if one.rank else 'member without a rank'} can {what} in {one.table}",
                fix=to_change(one.table, in_force(one.table, "authenticated", one.command)),
                detail=detail,
                witness=f"{describe(one.persona)}: {one.write}",
            )

    def _how_bad(self, one: Promotion) -> Severity:
        """Return how bad it is that a rank was taken: who runs a tenant may, where nothing is the owner's alone."""
        if one.rank and name_parts(one.rank) & word_list("highest_ranks"):
            removes = one.command == "delete"  # an administrator removes an owner in many designs
            return "info" if removes or self._stated.only_above(one.rank) is None else "error"
        return "error"

    def _may_less_than_ann(self, tenant: Table) -> bool:
        """Return whether ann, the owner of a tenant, may do there what her teammate may not."""
        for table in self._survey.observed:
            if table.key != tenant.key and tenant.name not in read_by(self._survey, table):
                continue
            hers = {row.number for row in self.planted_rows.of(table).values() if row.world == ANN}
            for command in ("select", *_WRITES):
                theirs = self.record.cell(TEAMMATE, table, command)
                if theirs.known and hers & self.record.cell(ANN, table, command).rows - theirs.rows:
                    return True
        return False

    def _of_a_colleague(self, table: Table, row: Row) -> bool:
        """Return whether a row is ann's and does not name her teammate."""
        named = {row.values.get(name) for name in self.ordinary_users.names_users(table)}
        return row.world == ANN and self.planted_rows.row_sets.users[TEAMMATE] not in named

    def _writes(self, persona: Persona, table: Table, command: RowCommand, rows: dict[int, Row]) -> Iterator[Finding]:
        cell, hers = self.record.cell(TEAMMATE, table, command), self.record.cell(ANN, table, command)
        done = cell.rows & rows.keys()
        if not done:
            return
        why = self._why_not(table, command, done, hers.rows & rows.keys())
        severity: Severity = "error"
        if not why and (policy := self._misnamed(table, command)):  # a name alone says that it is for others
            severity, why = "warning", f'although the policy that allows it is called "{policy.name}"'
        if why:
            yield self._finding(
                "rank-bypassed", severity, table, command,
                f"a member without a rank can {_VERBS[command]} rows of a colleague in {table}, {why}",
                witness(self.planted_rows, persona, table, cell, min(done)),
            )  # fmt: skip

    def _why_not(self, table: Table, command: RowCommand, done: frozenset[int], hers: frozenset[int]) -> str:
        """Return why a teammate should not have written rows of a colleague, or the empty string."""
        if table.key in self._survey.teams.memberships and self._has_ranks(table):
            return "which say who has which rank"
        if hers <= done and (policy := self._without_effect(table, command)):
            return f'and the rank that the policy "{policy.name}" demands decides nothing'
        if command == "delete" and self._only_others_change(table, done):
            return "which only somebody else may change"
        if command == "delete" and table.key in self._survey.teams.tenants and self.ordinary_users.names_users(table):
            return "with everything that belongs to it"
        if self._author(table) and name_parts(table.name) & word_list("message_tables"):
            return f"which somebody else wrote ({self._author(table)})"
        return ""

    def _only_others_change(self, table: Table, rows: frozenset[int]) -> bool:
        """Return whether a teammate may change none of some rows, and somebody may: ann, or a rank by a claim."""
        update = self.record.cell(TEAMMATE, table, "update")
        if not update.known or rows & update.rows:
            return False
        if rows & self.record.cell(ANN, table, "update").rows:
            return True
        others = (persona for persona in self.personas if persona.traits.administrator or persona.traits.ordinary)
        named = self.ordinary_users.names_users(table)
        return not named and any(self.record.cell(persona.name, table, "update").rows for persona in others)

    def _inserts(self, persona: Persona, table: Table) -> Iterator[Finding]:
        cell = self.record.cell(TEAMMATE, table, "insert")
        users = self.ordinary_users.names_users(table)
        name = "another's" if users else "own"
        free = cell.inserts.get(name, False) and self._is_plain(table, cell.candidates[name])
        stated = self._without_effect(table, "insert")
        policy = stated or self._misnamed(table, "insert")
        if free and policy and table.key not in self._survey.teams.memberships:
            yield self._finding(
                "rank-bypassed", "error" if stated else "warning", table, "insert",
                f'a member without a rank can insert rows into {table}, although the policy "{policy.name}" is for '
                "others",
                f"{describe(persona)}: {cell.statements[name]}",
            )  # fmt: skip
            return
        author = self._author(table)
        names = [name for name in ("another's", f"another's as {author}") if cell.inserts.get(name)]
        if author and names and table.key not in self._survey.teams.memberships:
            noted = author.endswith("_by") and (*table.key, author) not in self._survey.clues.read
            yield self._finding(
                "row-forged", "warning" if noted else "error", table, "insert",
                f"a member of a tenant can insert rows in a colleague's name into {table} ({author})",
                f"{describe(persona)}: {cell.statements[names[0]]}", detail="colleague",
            )  # fmt: skip

    def _is_plain(self, table: Table, row: Row) -> bool:
        """Return whether a row holds no value that a policy demands, by which a member without a rank may add it."""
        return row.values == self.planted_rows.row_sets.make(table, row.world, row.number)

    def _reads(self, persona: Persona, table: Table, rows: dict[int, Row]) -> Iterator[Finding]:
        cell = self.record.cell(TEAMMATE, table, "select")
        done = cell.rows & rows.keys()
        if not done:
            return
        severity: Severity = "error"
        why = self._marked_private(table, done, rows) if table.key not in self._survey.teams.tenants else ""
        secrets = self._secrets(persona, table)
        if not why and secrets and self.ordinary_users.names_users(table) and self._is_about_one(table):
            why = f"including {', '.join(secrets)}"
            if table.key in self._survey.teams.tenants and not self._somebody_ranks:
                severity = "warning"  # the row itself is shared with them, and nobody has a rank
        if not why and (credentials := [n for n in secrets if name_parts(n) & _CREDENTIALS]) and self._somebody_ranks:
            why = f"including {', '.join(credentials)}, although its members have ranks"
        if not why and (kept := self._kept_by_ranks(persona, table)):
            named = [name for name in kept if name_parts(name) & {"token", "salary", "wage"}]
            severity = "error" if named else "warning"
            why = f"including {', '.join(named or kept)}, although only members with a rank may write it"
        if not why and self._sees_all_that_ann_sees(table) and (policy := self._without_effect(table, "select")):
            severity = "error" if secrets or is_secret(table.name) else "warning"
            why = f'and the rank that the policy "{policy.name}" demands decides nothing'
        if not why and (policy := self._misnamed(table, "select")):
            severity, why = "warning", f'by the policy "{policy.name}", which allows more than its name says'
        if why:
            yield self._finding(
                "colleague-row-read", severity, table, "select",
                f"a member without a rank can read rows of a colleague in {table}, {why}",
                witness(self.planted_rows, persona, table, cell, min(done)),
            )  # fmt: skip

    def _sees_all_that_ann_sees(self, table: Table) -> bool:
        hers = {row.number for row in self.planted_rows.of(table).values() if row.is_of(ANN)}
        both = [self.record.sees(name, table.key) - hers for name in (ANN, TEAMMATE)]
        mine = [self.record.sees(name, table.key) & hers for name in (ANN, TEAMMATE)]
        return both[0] == both[1] and mine[0] <= mine[1]

    @cached_property
    def _somebody_ranks(self) -> bool:
        """Whether a membership holds a rank by its name, also one that no policy reads."""
        members = (self._survey.live.table(*key) for key in self._survey.teams.memberships)
        return any(name_parts(c.name) & word_list("rank_columns") for one in members if one for c in one.columns)

    def _marked_private(self, table: Table, done: frozenset[int], rows: dict[int, Row]) -> str:
        """Return the mark by which a row that was read is its owner's alone, or the empty string."""
        if not self.ordinary_users.names_users(table) or table.key in self._survey.teams.memberships:
            return ""
        for column in table.columns:
            parts = name_parts(column.name)
            for number in sorted(done):
                value = rows[number].values.get(column.name)
                if column.type == "boolean" and parts & _PRIVATE_MARKS and value == "true":
                    return f"although {column.name} is true"
                if parts & {"visibility", "sharing", "privacy"} and value in ("private", "personal", "only_me"):
                    return f"although {column.name} is {sql.literal(value)}"
        return ""

    def _secrets(self, persona: Persona, table: Table) -> list[str]:
        found = self.ordinary_users.secrets(table, persona)
        return [name for name in found if not name_parts(name) & _AMONG_COLLEAGUES]

    def _kept_by_ranks(self, persona: Persona, table: Table) -> list[str]:
        """Return the secret columns of a table whose every policy for writing demands a rank.

        What a member gives to others, or to a device, is no secret among them: a token by which one joins.
        """
        policies = [p for p in in_force(table, persona.role, "update") if p.permissive]
        if not policies or not all(self._stated.demands_rank(table, policy) for policy in policies):
            return []
        if table.key in self._survey.teams.memberships or self.ordinary_users.names_users(table):
            return []
        visible = self.ordinary_users.visible_columns(table, persona)
        shared = word_list("passed_on_columns") | _AMONG_COLLEAGUES - {"token"}
        return [name for name in visible if is_secret(name) and not name_parts(name) & shared]

    def _is_about_one(self, table: Table) -> bool:
        """Return whether a row is about the user whom it names, and not only written by that user."""
        users = self.ordinary_users.names_users(table)
        return any(not name.endswith("_by") and name != self._author(table) for name in users)

    def _has_ranks(self, table: Table) -> bool:
        return any(key[:2] == table.key for key in self._survey.teams.ranks)

    def _author(self, table: Table) -> str:
        """Return the column that says who wrote a row: by its name or, of messages, the only user that is named."""
        users = self.ordinary_users.names_users(table)
        named = [n for n in users if name_parts(n) & word_list("author_columns") or n in ("created_by", "uploaded_by")]
        if not named and len(users) == 1 and name_parts(table.name) & word_list("message_tables"):
            named = users
        return named[0] if len(named) == 1 else ""

    def _without_effect(self, table: Table, command: Command) -> Policy | None:
        """Return a policy for this command alone that demands a rank, though a teammate without it passed."""
        deciding = [p for p in in_force(table, "authenticated", command) if p.permissive and p.command == command]
        return next((policy for policy in deciding if self._stated.demands_rank(table, policy)), None)

    def _misnamed(self, table: Table, command: Command) -> Policy | None:
        """Return a policy whose name says that a teammate may not do something, if each that may allow it does."""
        deciding = [p for p in in_force(table, "authenticated", command) if p.permissive]
        if deciding and all(self._stated.says_rank(table, policy) for policy in deciding):
            return deciding[0]
        return None

    def _finding(
        self, rule: str, severity: Severity, table: Table, command: Command, message: str, proof: str, detail: str = ""
    ) -> Finding:
        fix = to_change(table, in_force(table, "authenticated", command))
        return Finding(rule, severity, str(table), message, fix=fix, detail=detail or command, witness=proof)
