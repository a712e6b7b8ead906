"""Try one side: plant the population, let every caller read, write and open doors, and roll everything back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatepost.observation.attempt.doors.callable_functions import callable_by
from gatepost.observation.attempt.trial.batch import Batch
from gatepost.observation.attempt.trial.probes import TIMEOUT
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.witness import shown
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import USERS, Survey
from gatepost.personas import Persona
from gatepost.review.names import Names
from gatepost.review.plant.planting import SidePlanting
from gatepost.review.plant.population import Population
from gatepost.review.scope import Scope
from gatepost.review.trial.access import Access
from gatepost.review.trial.opening import Opening
from gatepost.review.trial.platform import MESSAGES, channels, signing_up
from gatepost.review.trial.reading import reading
from gatepost.review.trial.side import TriedSide, Watched
from gatepost.review.trial.writing import Writing

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_SETTINGS = (
    "SELECT pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('lock_timeout', '5s', true),"
    " pg_catalog.set_config('search_path', 'public, extensions, pg_temp', true),"
    " pg_catalog.set_config('storage.allow_delete_query', 'true', true),"
    " pg_catalog.set_config('statement_timeout', %s, true)"
)


def tried(
    cursor: Cursor, survey: Survey, population: Population, names: Names | None, scope: Scope, watched: Watched
) -> Access:
    """Return what every caller could do.

    Args:
        cursor: Inside a transaction that the caller rolls back.
        survey: The side.
        population: The rows; what is learned about the values that constraints accept is kept there.
        names: What the head calls what the base has; None for the head itself.
        scope: What to try.
        watched: From `watching`.
    """
    planting, rows = planted(cursor, survey, population, names)
    access = Access(missing=[*planting.missing], refused=planting.refused)
    side = TriedSide(TrialSession(cursor, rows), planting, population, scope, watched, access)
    _describe(side, rows)
    callers = [persona for persona in population.callers if _exists(survey, persona)]
    access.callers = {persona.name: persona for persona in callers}
    batch = Batch(side.stage, access.missing)
    batch.together((f"reading as {p.name}", reading(side, p)) for p in callers)
    writers = [p for p in callers if not p.traits.onlooker]
    batch.together(
        (f"{joint}: writing as {persona.name}", Writing(side, persona, joint, own).write())
        for persona in writers
        for joint, own in side.tables()
    )
    functions = callable_by(cursor, sorted({persona.role for persona in writers}))
    arguments = _as_planted(population)
    batch.together(
        (f"doors as {persona.name}", Opening(side, persona, functions, arguments).open()) for persona in writers
    )
    if USERS in scope.tried:
        signing_up(side)
    if MESSAGES in scope.tables:
        channels(side, arguments, batch, writers)
    side.stage.settle()
    _note_errors(side)
    return access


def planted(
    cursor: Cursor, survey: Survey, population: Population, names: Names | None
) -> tuple[SidePlanting, PlantedRows]:  # fmt: skip
    """Plant the population on one side; the population keeps the values that constraints require.

    Args:
        cursor: Inside a transaction that the caller rolls back.
        survey: The side.
        population: The rows.
        names: What the head calls what the base has; None for the head itself.
    """
    cursor.execute(_SETTINGS, (TIMEOUT,))
    planting = SidePlanting(cursor, survey, population, names)
    return planting, planting.plant()


def _note_errors(side: TriedSide) -> None:
    """Write down what came out in the messages of errors."""
    joints = {joint.key: joint for joint in side.population.survey.tables}
    access = side.access
    for (name, key), read in access.reads.items():
        side.note_error(access.callers[name], joints[key], read.statement, read.said)
    for (name, key, _), writes in access.writes.items():
        for write in writes.values():
            side.note_error(access.callers[name], joints[key], write.statement, write.said)


def _exists(survey: Survey, persona: Persona) -> bool:
    return survey.live.has_role(persona.role)


def _describe(side: TriedSide, rows: PlantedRows) -> None:
    """Write down what was planted, and how each row is shown."""
    access = side.access
    for joint in side.population.survey.tables:
        own = side.planting.own(joint.key)
        if own is None:
            continue
        found = rows.of(own).values()
        access.planted[joint.key] = frozenset(row.number for row in found)
        users = [c.name for c in own.columns if (*own.key, c.name) in side.stage.survey.identities]
        access.owners[joint.key] = {
            row.number: frozenset(value for name in users if (value := row.values.get(name))) for row in found
        }
        access.columns[joint.key] = frozenset(side.joint_column(joint, c.name) for c in own.columns)
        access.shown |= {(joint.key, row.number): shown(row) for row in found}


def _as_planted(population: Population) -> PlantedRows:
    """Return the population as if it were planted, for choosing values from it."""
    found = PlantedRows(population.survey, population.row_sets)
    for table in population.survey.tables:
        rows = population.rows(table)
        found.rows[table.key] = {(0, f"(0,{row.number})"): row for row in rows}
    return found


def as_one(survey: Survey, scope: Scope) -> Survey:
    """Return a survey in which the tables in scope alone are observed."""
    return replace(survey, only=scope.tried)
