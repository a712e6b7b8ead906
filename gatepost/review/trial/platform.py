"""What callers do with the platform's own tables: sign up with claims of their own, and join Realtime channels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from gatepost import sql
from gatepost.finding import NotChecked
from gatepost.observation.attempt.doors.realtime_channels import MESSAGES, Channels
from gatepost.observation.attempt.doors.sign_up import SigningUp
from gatepost.observation.attempt.personas import NEWCOMER
from gatepost.observation.attempt.trial.batch import Batch, Trial, Trying
from gatepost.observation.attempt.trial.contained_failures import contained
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.users import ANN, BOB
from gatepost.personas import Persona
from gatepost.review.plant.joint_survey import literals_of
from gatepost.review.trial.access import Opened, how_of, label_code
from gatepost.review.trial.side import TriedSide

_EXTENSIONS = ("broadcast", "presence")
"""What is sent over a channel (https://supabase.com/docs/guides/realtime/authorization)."""
__all__ = ["MESSAGES", "channels", "signing_up"]


def signing_up(side: TriedSide) -> None:
    """Sign up with claims that a user writes, and write down what became visible by them."""
    record = Observations()
    with contained(side.stage, side.access.missing, "signing up"):
        side.access.missing += SigningUp(side.stage, record).try_it()
    joints = {own.key: joint for joint, own in side.tables()}
    for at, lie in enumerate(record.lies):
        cells = frozenset(
            (joint.key, row.number, column)
            for row in lie.rows
            if (joint := joints.get(row.table.key)) is not None
            for column in side.access.columns[joint.key]
        )
        statement = f"{lie.write}; {lie.look}"
        for key in sorted({cell[0] for cell in cells}):
            seen = frozenset(cell for cell in cells if cell[0] == key)
            door = side.access.doors.setdefault((NEWCOMER, ".".join(key)), {})
            door[f"sign-up {at}"] = Opened("sign-up", "allowed", statement, "", seen)


def channels(side: TriedSide, population: PlantedRows, batch: Batch, callers: Sequence[Persona]) -> None:
    """Let every caller listen to topics and send to them, as the realtime service checks it.

    Args:
        side: The side.
        population: The population as if it were planted: from it the names of topics are made, for both sides alike.
        batch: Tries the statements.
        callers: Who joins.
    """
    known = Channels(TrialSession(side.stage.cursor, population), Observations())
    named = literals_of(population.survey.live, MESSAGES)
    topics = list(dict.fromkeys([*known.topics(ANN), *known.topics(BOB), *named]))
    target = sql.qualified(*MESSAGES)
    messages = list(itertools.product(topics, _EXTENSIONS))
    rows = ", ".join(f"({sql.literal(topic)}, '{extension}', 'x')" for topic, extension in messages)
    with side.stage.attempt(f"INSERT INTO {target} (topic, extension, event) VALUES {rows}") as tried:
        said = tried.said if tried.outcome != "done" else ""
    side.stage.settle()
    if said:
        side.access.missing.append(NotChecked(".".join(MESSAGES), f"no message could be planted: {said}", ours=True))
        return
    side.stage.execute(f"INSERT INTO {target} (topic, extension, event) VALUES {rows}")
    side.access.planted[MESSAGES] = frozenset(range(len(messages)))
    side.access.columns[MESSAGES] = frozenset({"payload"})
    side.access.shown |= {(MESSAGES, at): f"{kind} in the topic {topic}" for at, (topic, kind) in enumerate(messages)}
    batch.together((f"topics as {one.name}", _join(side, one, messages)) for one in callers)


def _join(side: TriedSide, persona: Persona, messages: Sequence[tuple[str, str]]) -> Trying[None]:
    target = sql.qualified(*MESSAGES)
    door = side.access.doors.setdefault((persona.name, ".".join(MESSAGES)), {})
    for at, (topic, extension) in enumerate(messages):
        value = sql.literal(topic)
        said = (
            f"SELECT FROM {target} WHERE topic = {value} AND extension = '{extension}'",
            f"INSERT INTO {target} (topic, extension, event) VALUES ({value}, '{extension}', 'x')",
        )
        wanted = [Trial(persona, f"SET LOCAL realtime.topic = {value}; {one}") for one in said]
        listened, sent = yield wanted
        heard = listened.tried.outcome == "done" and listened.tried.count > 0
        cells = frozenset({(MESSAGES, at, "payload")}) if heard else frozenset()
        door[f"listen {topic} {extension}"] = Opened(
            "topic", how_of(listened.tried), said[0], listened.tried.said, cells
        )
        wrote = sent.tried.outcome == "done" and sent.tried.count > 0
        written = frozenset({(MESSAGES, label_code(f"{topic} {extension}"))}) if wrote else frozenset()
        door[f"send {topic} {extension}"] = Opened(
            "topic", how_of(sent.tried), said[1], sent.tried.said, written=written
        )
