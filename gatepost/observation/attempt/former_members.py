"""Read and insert as somebody whose membership, or what was shared with it, is over or has not begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.results import FormerAccess
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.added_rows import FormerMember, former_members
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import TableKey, read_by
from gatepost.observation.plant.users import ANN, TEAMMATE
from gatepost.personas import NOBODY, Persona, Traits, signed_in
from gatepost.schema import Command, Table


@dataclass
class FormerAttempts:
    """Tries what one former member can still do in every table."""

    stage: TrialSession
    member: FormerMember
    readers: frozenset[TableKey]
    access: list[FormerAccess] = field(default_factory=list)

    def try_it(self) -> Trying[None]:
        """Record the rows that it reads, and whether it can insert one of its own."""
        persona = _persona(self.member)
        tables = [table for table in self.stage.survey.observed if self.stage.planted_rows.of(table)]
        near = [table for table in tables if table.key in self.readers]
        looks = [(table, self.stage.looking(persona.role, table)) for table in near]
        held = self.stage.privileges(persona.role)
        written = tables if self.member.what == "account" else near  # an account writes where nothing asks for it
        rows = [(table, self._row(table)) for table in written if held.has(table.key, "insert")]
        answers = iter(
            (
                yield [
                    *(Trial(persona, "SELECT", (look.probe,)) for _, look in looks if look is not None),
                    *(Trial(persona, insert([row], held.columns(table, "insert"))) for table, row in rows),
                ]
            )
        )
        for table, look in looks:
            if look is not None:
                seen = look.seen(next(answers).found[0])
                self._note(persona, table, "select", seen.statement, seen.rows)
        for (table, _), answer in zip(rows, answers, strict=True):
            done = answer.tried.outcome == "done" and answer.tried.count > 0
            if done or answer.tried.code == "23505":  # PostgreSQL asks the policies before it looks into a unique index
                self._note(persona, table, "insert", answer.tried.statement, frozenset())

    def _note(self, persona: Persona, table: Table, command: Command, statement: str, rows: frozenset[int]) -> None:
        self.access.append(FormerAccess(persona, self.member, table, command, statement, rows))

    def _row(self, table: Table) -> Row:
        row_sets, member = self.stage.planted_rows.row_sets, self.member
        if member.what == "pair":  # in the name of ann, for whom it acted
            made = row_sets.make(table, ANN, FRESH + 13)
        else:
            world = TEAMMATE if member.what == "membership" else NOBODY
            made = row_sets.make(table, world, FRESH + 13, user=member.user, parents=ANN)
        return Row(table, FRESH + 13, NOBODY, {**made, **row_sets.kinds(table)[0]})


def former_attempts(stage: TrialSession) -> Iterator[FormerAttempts]:
    """Yield the trials of those whose membership was planted."""
    reads = {table.key: read_by(stage.survey, table) for table in stage.survey.observed}
    for member in former_members(stage.planted_rows.row_sets):
        planted = stage.planted_rows.of(member.table).values()
        if any(member.user in row.values.values() and row.values[member.column] == member.value for row in planted):
            yield FormerAttempts(stage, member, _readers(member.table, reads))


def _readers(table: Table, reads: Mapping[TableKey, frozenset[str]]) -> frozenset[TableKey]:
    """Return the tables whose policies read a table, or another one that reads it."""
    names, found = {table.name}, {table.key}
    while more := {key for key, read in reads.items() if key not in found and read & names}:
        found |= more
        names |= {key[1] for key in more}
    return frozenset(found)


def _persona(member: FormerMember) -> Persona:
    claims = {"email": "former@example.org", "aal": "aal2", "is_anonymous": False, "user_metadata": {}}
    persona = signed_in(member.user, "former member", app_metadata={"provider": "email"}, **claims)
    return Persona(persona.name, persona.role, persona.claims, traits=Traits(row_set=NOBODY, onlooker=True))
