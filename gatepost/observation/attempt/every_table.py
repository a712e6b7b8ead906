"""Try every command on every table as every persona. After each successful write, read again."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost import sql
from gatepost.observation.attempt.doors.privilege_escalation import Empowering
from gatepost.observation.attempt.former_members import former_attempts
from gatepost.observation.attempt.own_power import OwnPower
from gatepost.observation.attempt.self_approval import SelfApproval
from gatepost.observation.attempt.taken_ownership import TakenOwnership
from gatepost.observation.attempt.team_ranks import Invitations, TeamRanks, members_between
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.application_errors import settle_reads
from gatepost.observation.attempt.trial.batch import Batch, Trial, Trying
from gatepost.observation.attempt.trial.outcome import Outcome
from gatepost.observation.attempt.trial.probes import BARRED, Look, Probe, Seen
from gatepost.observation.attempt.trial.results import Cell, Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.unplanted_tables import by_catalog
from gatepost.observation.attempt.writes import Writer
from gatepost.observation.plant.users import ANN, BOB
from gatepost.personas import Persona
from gatepost.schema import COMMANDS, Table

_MOST_ROWS = 60
"""The most rows of one table that are tried one by one."""


def observe(stage: TrialSession, personas: Iterable[Persona], influence: Influence) -> Observations:
    """Return what each persona can read and write.

    Args:
        stage: Inside a transaction that will be rolled back, with the rows planted.
        personas: The personas.
        influence: Finds the tables to read again after a write.
    """
    record, personas = Observations(), list(personas)
    batch = Batch(stage, record.missing)
    batch.together((f"reading as {p.name}", _look(stage, record, influence, p)) for p in personas)
    settle_reads(record, personas)
    tables = [table for table in stage.survey.observed if stage.planted_rows.of(table)]
    writers = [
        Writer(stage, record, influence, persona, table)
        for persona in personas
        if not persona.traits.onlooker
        for table in tables
    ]
    batch.together((writer.name, writer.write()) for writer in writers)
    for writer in writers:
        record.escalations += writer.escalations
        record.crossings += writer.crossings
    ranks = [Empowering(stage, influence, persona, table) for persona in personas for table in tables]
    batch.together((f"{rank.table}: ranks of {rank.persona.name}", rank.try_it()) for rank in ranks)
    record.escalations += [found for rank in ranks for found in rank.escalations]
    members = [(p, t) for p in personas for t in tables if t.key in stage.survey.teams.memberships]
    in_teams = [TeamRanks(stage, persona, table) for persona, table in members]
    in_teams += [b for p, table in members if p.traits.teammate for b in members_between(stage, p, table)]
    batch.together((f"{one.table}: ranks in a tenant", one.try_it()) for one in in_teams)
    record.promotions += [found for one in in_teams for found in one.promotions]
    inviting = [Invitations(stage, p, t) for p in personas if p.traits.teammate for t in tables]
    batch.together((f"{one.table}: invitations to a tenant", one.try_it()) for one in inviting)
    record.promotions += [found for one in inviting for found in one.promotions]
    owning = [TakenOwnership(stage, p, t) for p in personas if p.traits.teammate for t in tables]
    batch.together((f"{one.table}: the owner of a tenant", one.try_it()) for one in owning)
    record.promotions += [found for one in owning for found in one.promotions]
    former = list(former_attempts(stage)) if any(p.name == ANN for p in personas) else []
    batch.together((f"what is left to a member with {one.member.column}", one.try_it()) for one in former)
    record.former += [found for one in former for found in one.access]
    filing = [p for p in personas if p.traits.newcomer or p.traits.teammate]
    approving = [SelfApproval(stage, persona, table) for persona in filing for table in tables]
    batch.together((f"{one.table}: approving rows of one's own", one.try_it()) for one in approving)
    record.approvals += [found for one in approving for found in one.approvals]
    taking = [OwnPower(stage, persona, table) for persona in personas if persona.name == BOB for table in tables]
    batch.together((f"{one.table}: power by a row of one's own", one.try_it()) for one in taking)
    record.powers += [found for one in taking for found in one.taken]
    return record


def _look(stage: TrialSession, record: Observations, influence: Influence, persona: Persona) -> Trying[None]:
    """Read every table, before anything is written."""
    _note_closed(stage, record, persona)
    looks = [(table, stage.looking(persona.role, table)) for table in stage.survey.observed]
    trials = [
        Trial(persona, "SELECT", (look.probe,), counting="reads" if influence.opaque_policies(table) else "")
        for table, look in looks
        if look is not None
    ]
    answers = iter((yield trials))
    again: list[tuple[Table, Look, Seen]] = []
    for table, look in looks:
        answer = next(answers) if look is not None else None
        if not stage.planted_rows.of(table):
            continue
        seen = BARRED
        if look is not None and answer is not None:
            seen = look.seen(answer.found[0])
            influence.note_read(table, answer.moved)
            if seen.outcome == "refused by the application":
                again.append((table, look, seen))
        record.cells[persona.name, table.key, "select"] = _read(seen)
    yield from _look_one_by_one(stage, record, persona, again)


def _look_one_by_one(
    stage: TrialSession, record: Observations, persona: Persona, several: Iterable[tuple[Table, Look, Seen]]
) -> Trying[None]:
    """Read each row by itself after a function raised an exception, because one row's exception hides all others."""
    for table, look, seen in several:
        if not stage.privileges(persona.role).whole(table.key, "select"):
            continue
        places = list(stage.planted_rows.of(table))[:_MOST_ROWS]
        probes = tuple(
            Probe(f"{look.probe.statement} WHERE tableoid = {oid} AND ctid = {sql.literal(ctid)}", as_persona=True)
            for oid, ctid in places
        )
        [answer] = yield [Trial(persona, "SELECT", probes)]
        parts = [look.seen(found) for found in answer.found]
        rows = frozenset(number for part in parts for number in part.rows)
        answered = any(part.outcome == "done" for part in parts)
        record.cells[persona.name, table.key, "select"] = _read(
            Seen(seen.statement, rows, "done" if answered else seen.outcome, seen.said, seen.code)
        )


def _note_closed(stage: TrialSession, record: Observations, persona: Persona) -> None:
    """Record what needs no trial: missing privileges, and what the catalog alone decides."""
    held = stage.privileges(persona.role)
    for table in stage.survey.observed:
        planted = bool(stage.planted_rows.of(table))
        for command in COMMANDS:
            if not held.has(table.key, command):
                cell = Cell(outcome="refused by privilege", said="no privilege")
            elif planted:
                continue
            else:
                closed = by_catalog(stage.survey.live, table, persona.role, command)
                outcome: Outcome = "refused by policy" if closed else "not tried"
                cell = Cell(outcome=outcome, said=closed or "no row could be planted")
            record.cells[persona.name, table.key, command] = cell


def _read(seen: Seen) -> Cell:
    statements: dict[int | str, str] = dict.fromkeys(seen.rows, seen.statement)
    return Cell(seen.rows, statements=statements, outcome=seen.outcome, said=seen.said, code=seen.code)
