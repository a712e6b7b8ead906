"""Try whether a member of a tenant can change who has which rank: itself, another account, a colleague.

The member is the teammate, who has the lowest rank, or one whose rank is between the lowest and the highest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gatepost import sql
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.probes import Probe, counting
from gatepost.observation.attempt.trial.results import Promotion
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.added_rows import BETWEEN
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.users import ANN, BOB, TEAMMATE
from gatepost.personas import Persona
from gatepost.schema import Command, Table

ITSELF, ANOTHER = "give itself", "give another account"


@dataclass(frozen=True)
class _Wanted:
    effect: str
    command: Command
    statement: str
    probe: Probe | None


@dataclass
class TeamRanks:
    """Changes ranks as a teammate in one table of memberships."""

    stage: TrialSession
    persona: Persona
    table: Table
    rank: str = ""
    promotions: list[Promotion] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record which changes of a rank the policies let pass."""
        wanted = list(self._wanted()) if self.persona.traits.teammate else []
        if not wanted:
            return
        answers = yield [
            Trial(self.persona, one.statement, (one.probe,) if one.probe is not None else ()) for one in wanted
        ]
        done: set[tuple[str, Command]] = set()
        for one, answer in zip(wanted, answers, strict=True):
            stored = answer.tried.outcome == "done" and answer.tried.count > 0
            if one.probe is not None and stored:
                stored = bool(answer.found and int(answer.found[0].rows[0][0] or 0))
            # PostgreSQL asks the policies before it looks into a unique index.
            stored = stored or (one.command == "insert" and answer.tried.code == "23505")
            if stored and (one.effect, one.command) not in done:
                done.add((one.effect, one.command))
                self.promotions.append(
                    Promotion(self.persona, self.table, one.effect, one.command, answer.tried.statement, self.rank)
                )

    def _wanted(self) -> Iterator[_Wanted]:
        row_sets = self.stage.planted_rows.row_sets
        ranks = row_sets.rank(self.table, ANN)
        users = [c.name for c in self.table.columns if (*self.table.key, c.name) in self.stage.survey.identities]
        users = [name for name in users if not name.endswith("_by")]
        if not ranks or len(users) != 1 or not self.stage.planted_rows.of(self.table):
            return
        held = self.stage.privileges(self.persona.role)
        named = sql.identifier(users[0])
        target = sql.qualified(*self.table.key)
        own, ann = self.persona.user_id, row_sets.users[ANN]
        shown = ", ".join(f"{name} = {sql.literal(value)}" for name, value in ranks.items())
        able = set(held.columns(self.table, "update"))
        if ranks.keys() <= able:
            change = ", ".join(f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in ranks.items())
            probe = counting(self.table, [(users[0], own), *ranks.items()])
            for where in (f" WHERE {named} = {sql.literal(own)}", ""):
                yield _Wanted(f"{ITSELF} {shown}", "update", f"UPDATE {target} SET {change}{where}", probe)
            low = row_sets.rank(self.table, self.persona.row_set)
            if low.keys() == ranks.keys():
                change = ", ".join(f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in low.items())
                probe = counting(self.table, [(users[0], ann), *low.items()])
                statement = f"UPDATE {target} SET {change} WHERE {named} = {sql.literal(ann)}"
                yield _Wanted("take the rank of a colleague", "update", statement, probe)
        if self.rank and held.has(self.table.key, "delete"):
            statement = f"DELETE FROM {target} WHERE {named} = {sql.literal(ann)}"
            yield _Wanted("remove a colleague of a higher rank", "delete", statement, None)
        columns = held.columns(self.table, "insert")
        if held.has(self.table.key, "insert") and ranks.keys() <= set(columns):
            for effect, user in ((ITSELF, own), (ANOTHER, row_sets.users[BOB])):
                kind = row_sets.kinds(self.table)[0]
                values = row_sets.make(self.table, self.persona.row_set, FRESH + 7, user=user)
                row = Row(self.table, FRESH + 7, self.persona.row_set, {**values, **kind, **ranks})
                yield _Wanted(f"{effect} {shown}", "insert", insert([row], columns), None)


@dataclass
class Invitations:
    """Adds rows that give a rank to whoever accepts them, as a teammate, to one table that is no membership."""

    stage: TrialSession
    persona: Persona
    table: Table
    promotions: list[Promotion] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the highest rank that the policies accept."""
        row_sets, held = self.stage.planted_rows.row_sets, self.stage.privileges(self.persona.role)
        columns = held.columns(self.table, "insert")
        ranks = [(name, value) for name, value in self._ranks() if name in columns]
        if not ranks or not held.has(self.table.key, "insert"):
            return
        values = row_sets.make(self.table, self.persona.row_set, FRESH + 7)
        rows = [Row(self.table, FRESH + 7, TEAMMATE, {**values, name: value}) for name, value in ranks]
        answers = yield [Trial(self.persona, insert([row], columns)) for row in rows]
        for (name, value), answer in zip(ranks, answers, strict=True):
            if (answer.tried.outcome == "done" and answer.tried.count) or answer.tried.code == "23505":
                effect = f"invite somebody with {name} = {sql.literal(value)}"
                self.promotions.append(Promotion(self.persona, self.table, effect, "insert", answer.tried.statement))

    def _ranks(self) -> Iterator[tuple[str, str]]:
        """Yield the columns that hold a rank of a tenant to which the table refers, with the highest one."""
        survey, row_sets = self.stage.survey, self.stage.planted_rows.row_sets
        teams = survey.teams
        if self.table.key in teams.memberships or not any(
            child[:2] == self.table.key and parent[:2] in teams.tenants for child, parent in survey.keys.items()
        ):
            return
        highest = {name: value for key in teams.memberships if (t := survey.live.table(*key)) is not None
                   for name, value in row_sets.rank(t, ANN).items()}  # fmt: skip
        for column in self.table.columns:
            if column.name in highest and name_parts(column.name) & word_list("rank_columns") and not column.generated:
                value = highest[column.name]
                if value is not None:
                    yield column.name, value


def members_between(stage: TrialSession, teammate: Persona, table: Table) -> Iterator[TeamRanks]:
    """Yield the trials of the members whose ranks are neither the highest nor the lowest, in one table."""
    ranks = list(stage.planted_rows.row_sets.ranks(table))
    users = [c.name for c in table.columns if (*table.key, c.name) in stage.survey.identities]
    for row in stage.planted_rows.of(table).values():
        user = next((row.values[name] for name in users if row.values.get(name) in BETWEEN), None)
        held = ((one, row.values.get(one.column.name)) for one in ranks)
        rank = next((value for one, value in held if value and one.may_rise(value)), None)
        if user is not None and rank is not None:
            claims = {**json.loads(teammate.claims), "sub": user, "email": f"{rank}@example.org"}
            name = f"member with the rank {sql.literal(rank)}"
            traits = replace(teammate.traits, row_set=TEAMMATE)
            yield TeamRanks(stage, replace(teammate, name=name, claims=json.dumps(claims), traits=traits), table, rank)
