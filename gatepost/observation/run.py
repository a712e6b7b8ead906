"""Observe the access to one database: plant rows, try every persona's commands, judge, roll everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.ways.untied_ways import UntiedWay
from gatepost.declare.declaration import Declaration
from gatepost.errors import DatabaseUnreachable
from gatepost.finding import NotChecked, Result
from gatepost.name_hints import Words, added_words
from gatepost.observation.attempt.configured_personas import chosen, known, of_roles
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.doors.every_door import Doors
from gatepost.observation.attempt.doors.realtime_channels import Channels
from gatepost.observation.attempt.doors.sign_up import SigningUp
from gatepost.observation.attempt.every_table import observe
from gatepost.observation.attempt.personas import ONLOOKERS, cast, users_of
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.claim_shapes import settle_shapes, with_lists
from gatepost.observation.attempt.trial.contained_failures import contained
from gatepost.observation.attempt.trial.probes import TIMEOUT
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.uncastable_texts import required_types
from gatepost.observation.attempt.trial.unplanted_tables import judged
from gatepost.observation.judge.declared_access import Expected
from gatepost.observation.judge.doors.door_findings import leaks, not_observed
from gatepost.observation.judge.findings import Judge
from gatepost.observation.judge.matrix import doors, matrix
from gatepost.observation.judge.not_observed import unseen
from gatepost.observation.judge.unmet_ways import UnmetWays, not_met
from gatepost.observation.plant.insert_rows import plant
from gatepost.observation.plant.met_values import unmet
from gatepost.observation.plant.survey import Survey, TableKey, survey_database
from gatepost.observation.plant.tenancy import teams_of
from gatepost.observation.required_roles import check_own_role, check_roles_of
from gatepost.personas import Persona
from gatepost.reflect import read
from gatepost.schema import Schema

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_ROUNDS = 3
"""How often everything is planted again, with texts in the form that policies cast them to."""


@dataclass(frozen=True)
class Scope:
    """What to observe, and what to compare it with.

    Args:
        declaration: The project's declaration. Without it, the owners of rows are inferred.
        target: The name of the database in the result.
        not_cloned: What this database lacks of the original.
        only: The tables to observe. Without them, all. Rows are planted in every table either way.
        personas: The project's personas, in addition to the built-in ones.
        names: The personas that try. Without them, all.
        progress: Called with the next step.
    """

    declaration: Declaration | None = None
    target: str = ""
    not_cloned: tuple[NotChecked, ...] = ()
    only: frozenset[TableKey] = frozenset()
    personas: tuple[Persona, ...] = ()
    names: tuple[str, ...] = ()
    progress: Callable[[str], None] = lambda _: None


def run(
    connection: Connection,
    *,
    declaration: Declaration | None = None,
    target: str = "",
    not_cloned: Iterable[NotChecked] = (),
    only: Iterable[TableKey] = (),
    personas: Iterable[Persona] = (),
    roles: Iterable[str] = (),
    names: Iterable[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    words: Words | None = None,
) -> Result:
    """Observe a connection's database in a transaction that is rolled back.

    Sequences move on, as they do in every transaction that is rolled back; nothing else is left behind, also where
    the process is killed. Policies, triggers and functions run, and may use whatever the connection's user may: a
    superuser's connection is for a database whose code the caller would run as that superuser.

    Args:
        connection: psycopg2, in no transaction, as a role that bypasses row security and may become the API's roles.
            As a superuser it plants rows without triggers and foreign keys.
        declaration: As in `Scope`, like the others that are not here.
        target: See there.
        not_cloned: See there.
        only: See there.
        personas: See there.
        roles: The project's own roles that a token can name. Each gets a persona.
        names: See there.
        progress: See there.
        words: Words in names that the project adds to `name_hints.toml`, from `Project.name_hints`.

    Returns:
        Findings, the matrix and the doors.

    Raises:
        DatabaseUnreachable: the connection is inside a transaction, or its role cannot do this.
        SettingsError: a persona is not known, or has a role that the database does not have.
    """
    from psycopg2.extensions import STATUS_READY

    if connection.status != STATUS_READY:
        raise DatabaseUnreachable(
            "the connection is already inside a transaction", "commit or roll it back before it is observed"
        )
    people = tuple(personas)
    people += of_roles(roles, people)
    scope = Scope(declaration, target, tuple(not_cloned), frozenset(only), people, tuple(names), progress)
    autocommit, connection.autocommit = connection.autocommit, False
    try:
        with connection.cursor() as cursor, added_words(words):
            return run_inside(cursor, scope)
    finally:
        connection.rollback()
        connection.autocommit = autocommit


def run_inside(cursor: Cursor, scope: Scope) -> Result:
    """Observe a database inside a transaction that the caller rolls back, including what the transaction created.

    Args:
        cursor: Inside a transaction, as a role that fulfils what `run` requires.
        scope: What to observe.

    Returns:
        As `run`.

    Raises:
        DatabaseUnreachable: the role cannot do this.
        SettingsError: a persona is not known, or has a role that the database does not have.
    """
    progress, declaration = scope.progress, scope.declaration
    progress("reading the catalog")
    live = read(cursor)
    check_own_role(cursor)
    known(scope.names, scope.personas)
    check_roles_of(cursor, scope.personas)
    survey = replace(survey_database(cursor, live, declaration), only=scope.only)
    survey = replace(survey, teams=teams_of(survey))
    cursor.execute(  # temporary tables last, so that tried code cannot put its own in front of the catalog
        "SELECT pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('lock_timeout', '5s', true),"
        " pg_catalog.set_config('search_path', 'public, extensions, pg_temp', true),"
        " pg_catalog.set_config('storage.allow_delete_query', 'true', true)"
    )
    stage, personas, record, influence, missing = _observed(cursor, survey, scope)
    progress("opening the doors")
    opened = _opened(stage, record, influence, personas, scope)
    if not scope.only:
        missing += unseen(cursor, stage, personas, opened)
    progress("comparing with what is intended")
    observed = [persona for persona in personas if not scope.names or persona.name not in ONLOOKERS]
    expected = Expected(stage, declaration, observed) if declaration is not None and declaration.tables else None
    judge = Judge(stage, record, observed, expected)
    findings = [*judge.findings()]
    with contained(stage, record.missing, "what came out of the doors"):
        findings += leaks(opened, stage.planted_rows, declaration)
    ways: Mapping[TableKey, Sequence[UntiedWay]] = {}
    with contained(stage, record.missing, "the ways in that depend on no caller"):
        ways = UnmetWays(stage, personas).by_table()
    declared = [table.key for table in declaration or () if live.table(*table.key) is not None]
    missing += [*judge.not_observed(), *not_observed(opened), *record.missing, *_absent(live, declaration)]
    missing += [*_nobody(scope, personas), *not_met(ways)]
    if not survey.observed:
        missing.append(NotChecked(scope.target or live.database, "it holds no table that could be observed"))
    cells = matrix(stage.planted_rows, record, personas, declared, unmet(cursor, stage.planted_rows), ways)
    return Result(
        command="observe",
        target=scope.target or live.database,
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        not_checked=tuple(sorted({*missing, *scope.not_cloned})),
        summary={
            "declared": declaration is not None,
            "tables": len(survey.observed),
            "policies": sum(len(table.policies) for table in survey.observed),
            "rows": sum(len(rows) for rows in stage.planted_rows.rows.values()),
            "doors": len({door.name for door in opened}),
        },
        sections={"matrix": cells, "doors": doors(opened)},
    )


def _observed(
    cursor: Cursor, survey: Survey, scope: Scope
) -> tuple[TrialSession, tuple[Persona, ...], Observations, Influence, list[NotChecked]]:
    """Plant and try, and repeat it where policies cast a planted text to a form that it does not have.

    Planting has the same timeout as trying, because constraints and defaults run the application's code as well.
    """
    kinds: dict[ColumnKey, str] = {}
    for last in range(_ROUNDS, -1, -1):
        cursor.execute(
            "SAVEPOINT gatepost_round; SELECT pg_catalog.set_config('statement_timeout', %s, true)", (TIMEOUT,)
        )
        scope.progress("planting rows")
        planted_rows = plant(cursor, survey, users_of(scope.personas, teammate=bool(survey.teams)), kinds)
        personas = chosen(cast(planted_rows.row_sets, scope.personas), scope.names)
        stage, influence = TrialSession(cursor, planted_rows), Influence(survey)
        roles = sorted({persona.role for persona in personas if persona.role != "service_role"})
        missing = [*judged(stage, planted_rows.missing, roles), *_refresh(cursor, survey)]
        scope.progress("trying every persona's commands")
        record = observe(stage, personas, influence)
        found, shaped = dict(required_types(record, survey)), with_lists(survey, record)
        if not last or (not found.keys() - kinds.keys() and shaped is survey):
            settle_shapes(record)
            break
        kinds |= found
        survey = shaped
        stage.settle()
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_round; RELEASE SAVEPOINT gatepost_round")
    return stage, personas, record, influence, missing


def _opened(
    stage: TrialSession, record: Observations, influence: Influence, personas: Sequence[Persona], scope: Scope
) -> list[Door]:
    """Sign up, open the doors and join the channels; what of that was not tried is in the record."""
    if not scope.names:
        with contained(stage, record.missing, "signing up"):
            record.missing += SigningUp(stage, record).try_it()
    opened: list[Door] = []
    if not scope.only:
        opened += Doors(stage, record, influence).open(personas)
        with contained(stage, record.missing, "realtime.messages"):
            joined = list(Channels(stage, record).open(personas))
            opened += [door for door in joined if isinstance(door, Door)]
            record.missing += [one for one in joined if isinstance(one, NotChecked)]
    return opened


def _absent(live: Schema, declaration: Declaration | None) -> Iterable[NotChecked]:
    """Yield the declared tables that are missing, so that they cannot be observed."""
    if declaration is not None and not declaration.tables:
        yield NotChecked("declaration", "it protects no table")
    for table in declaration or ():
        if live.table(*table.key) is None:
            yield NotChecked(str(table), "it is declared, and the database does not have it")


def _nobody(scope: Scope, personas: Iterable[Persona]) -> Iterable[NotChecked]:
    """Yield the requested personas that do not exist in this database."""
    there = {persona.name for persona in personas}
    for name in scope.names:
        if name not in there:
            yield NotChecked(name, "nobody tried: no table or claim says which users share a tenant")


def _refresh(cursor: Cursor, survey: Survey) -> Iterable[NotChecked]:
    """Refresh the materialized views with the planted rows."""
    from psycopg2 import Error

    for view in survey.live.views:
        if view.kind != "materialized" or view.extension is not None:
            continue
        cursor.execute("SAVEPOINT gatepost_refresh")
        try:
            cursor.execute(f"REFRESH MATERIALIZED VIEW {sql.qualified(view.schema, view.name)}")
        except Error as error:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_refresh")
            yield NotChecked(str(view), f"cannot be refreshed: {(error.diag.message_primary or str(error)).strip()}")
        cursor.execute("RELEASE SAVEPOINT gatepost_refresh")
