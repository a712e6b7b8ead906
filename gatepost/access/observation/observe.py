"""Every persona reaches for every table, with every command; after each write that succeeds, it looks again."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.access.observation.batch import Batch, Trial, Trying
from gatepost.access.observation.cast import ONLOOKERS
from gatepost.access.observation.empowering import Empowering
from gatepost.access.observation.influence import Influence
from gatepost.access.observation.record import Cell, Record
from gatepost.access.observation.trial import BARRED, Seen, Stage
from gatepost.access.observation.writing import Writer
from gatepost.access.personas import Persona


def observe(stage: Stage, personas: Iterable[Persona], influence: Influence) -> Record:
    """Return what each persona reaches.

    Args:
        stage: Inside a transaction that will be rolled back, the rows planted.
        personas: Who tries.
        influence: Where to look again after a write.
    """
    record, batch, personas = Record(), Batch(stage), list(personas)
    batch.together(_look(stage, record, influence, persona) for persona in personas)
    tables = [table for table in stage.ground.observed if stage.population.of(table)]
    writers = [
        Writer(stage, record, influence, persona, table)
        for persona in personas
        if persona.name not in ONLOOKERS
        for table in tables
    ]
    batch.together(writer.write() for writer in writers)
    for writer in writers:
        record.escalations += writer.escalations
        record.crossings += writer.crossings
    ranks = [Empowering(stage, influence, persona, table) for persona in personas for table in tables]
    batch.together(rank.try_it() for rank in ranks)
    record.escalations += [found for rank in ranks for found in rank.escalations]
    return record


def _look(stage: Stage, record: Record, influence: Influence, persona: Persona) -> Trying[None]:
    """Look at every table, before anything is written."""
    looks = [(table, stage.looking(persona.role, table)) for table in stage.ground.observed]
    trials = [
        Trial(persona, "SELECT", (look.probe,), counting="reads" if influence.opaque_policies(table) else "")
        for table, look in looks
        if look is not None
    ]
    answers = iter((yield trials))
    for table, look in looks:
        seen = BARRED
        if look is not None:
            answer = next(answers)
            seen = look.seen(answer.found[0])
            influence.note_read(table, answer.moved)
        record.cells[persona.name, table.key, "select"] = _read(seen)


def _read(seen: Seen) -> Cell:
    statements: dict[int | str, str] = dict.fromkeys(seen.rows, seen.statement)
    return Cell(seen.rows, statements=statements, outcome=seen.outcome, said=seen.said)
