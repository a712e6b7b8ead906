"""Every caller reads every table."""

from __future__ import annotations

from gatepost import sql
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.probes import Look, Probe, Seen
from gatepost.personas import Persona
from gatepost.review.trial.access import How, Read
from gatepost.review.trial.side import TriedSide, try_all
from gatepost.schema import Table

_MOST = 60
"""The most rows that are read one by one, where an error hides the others."""


def reading(side: TriedSide, persona: Persona) -> Trying[None]:
    """Read each table as one caller, and write down what it saw."""
    looks = [(joint, own, side.look(persona, joint.key)) for joint, own in side.tables()]
    wanted = [Trial(persona, "SELECT", (look.probe,)) for _, _, look in looks if look is not None]
    answers = iter((yield from try_all(wanted)))
    for joint, own, look in looks:
        if look is None:
            side.access.reads[persona.name, joint.key] = Read(said="no privilege")
            continue
        answer = next(answers)
        seen = look.seen(answer.found[0]) if answer.found else Seen(look.plain, outcome="cut off", said="too slow")
        if seen.outcome not in ("done", "refused by privilege", "refused by policy", "cut off"):
            seen = yield from _one_by_one(side, persona, own, look, seen)
        columns = side.stage.privileges(persona.role).columns(own, "select")
        side.access.reads[persona.name, joint.key] = Read(
            seen.rows,
            frozenset(side.joint_column(joint, name) for name in columns),
            _how(seen),
            seen.statement,
            seen.said,
        )


def _how(seen: Seen) -> How:
    if seen.outcome == "done":
        return "allowed"
    if seen.outcome in ("cut off", "not tried", "unfit value"):
        return "unknown"
    return "error" if seen.outcome == "error" else "refused"


def _one_by_one(side: TriedSide, persona: Persona, own: Table, look: Look, seen: Seen) -> Trying[Seen]:
    """Read each row by itself, because an error at one row hides all others."""
    if not side.stage.privileges(persona.role).whole(own.key, "select"):
        return seen
    probes = tuple(
        Probe(f"{look.probe.statement} WHERE tableoid = {oid} AND ctid = {sql.literal(ctid)}", as_persona=True)
        for oid, ctid in list(side.rows(own))[:_MOST]
    )
    [answer] = yield [Trial(persona, "SELECT", probes)]
    parts = [look.seen(found) for found in answer.found]
    rows = frozenset(number for part in parts for number in part.rows)
    answered = any(part.outcome == "done" for part in parts)
    return Seen(seen.statement, rows, "done" if answered else seen.outcome, seen.said, seen.code)
