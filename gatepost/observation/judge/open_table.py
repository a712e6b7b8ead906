"""A table whose row security is off for a while, to evaluate conditions on its rows as a persona.

The functions and views that a condition names may have other bodies for as long: one way of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.observation.attempt.trial.probes import Tried
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import Place, insert
from gatepost.observation.plant.row import Row
from gatepost.personas import Persona
from gatepost.schema import Function, Table, View

_COPY = "gatepost_new_row"


@dataclass
class OpenTable:
    """A table whose row security is off and that some roles may read, inside the block.

    Args:
        stage: The session of the trials.
        table: The table.
        roles: The roles.
    """

    stage: TrialSession
    table: Table
    roles: Sequence[str]

    def __enter__(self) -> None:
        target = sql.qualified(self.table.schema, self.table.name)
        self.stage.execute(
            f"SAVEPOINT gatepost_opened; ALTER TABLE {target} DISABLE ROW LEVEL SECURITY;"
            f" GRANT SELECT ON {target} TO {sql.identifiers(self.roles)};"
            + (" SET LOCAL session_replication_role = replica" if self.stage.planted_rows.keys_aside else "")
        )

    def __exit__(self, *_: object) -> None:
        self.stage.recover("gatepost_opened")


_DEFINITION = """
SELECT pg_catalog.pg_get_functiondef(p.oid), coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname = %s AND p.proname = %s AND pg_catalog.oidvectortypes(p.proargtypes) = %s
"""


def put_in(stage: TrialSession, changed: Sequence[Function | View]) -> None:
    """Give functions and views other bodies.

    Args:
        stage: The session of the trials, inside an `OpenTable`, which ends them again.
        changed: The functions and views with these bodies.

    Raises:
        psycopg2.Error: the session may not replace one of them, or PostgreSQL does not take its body.
    """
    for one in changed:
        name = sql.qualified(one.schema, one.name)
        if isinstance(one, View):
            options = f" WITH (security_invoker = {str(one.invoker).lower()})"
            stage.execute(f"CREATE OR REPLACE VIEW {name}{options} AS {one.definition}")
            continue
        stage.execute(_DEFINITION, (one.schema, one.name, one.arguments))
        definition, body = stage.cursor.fetchone() or ("", "")
        head = str(definition).rpartition(str(body))[0]
        if one.parsed:
            stage.execute(head + one.body)
        else:
            stage.execute(f"{head.rpartition('$')[0].rpartition('AS $')[0]}AS {sql.literal(one.body)}")


def matching(stage: TrialSession, table: Table, condition: str, persona: Persona) -> tuple[Tried, set[Place]]:
    """Return what came of evaluating a condition as a persona, and the places of the rows for which it holds.

    Args:
        stage: The session of the trials.
        table: The table, inside an `OpenTable`.
        condition: The condition, as PostgreSQL prints it.
        persona: Who asks.
    """
    target = sql.qualified(table.schema, table.name)
    statement = f"SELECT tableoid::int8, ctid::text FROM {target} WHERE (\n{condition}\n)"
    with stage.being(persona), stage.attempt(statement) as tried:
        places = {(oid, ctid) for oid, ctid in stage.cursor.fetchall()} if tried.outcome == "done" else set()
    return tried, places


def admits(stage: TrialSession, row: Row, condition: str, persona: Persona) -> tuple[Tried, bool]:
    """Return what came of evaluating a condition on a new row as a persona, and whether it holds.

    PostgreSQL checks a new row before it is stored. So the row is made in a copy of the table, which has its defaults
    and none of its keys, and the condition does not find it in the table itself.

    Args:
        stage: The session of the trials.
        row: The row.
        condition: The condition, as PostgreSQL prints it.
        persona: Who inserts the row.
    """
    target = sql.qualified(row.table.schema, row.table.name)
    copied = replace(row, table=replace(row.table, schema="pg_temp", name=_COPY))
    options = "INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY"
    stage.execute(f"CREATE TEMPORARY TABLE {_COPY} (LIKE {target} {options}) ON COMMIT DROP")
    with stage.attempt(f"{insert([copied])} RETURNING {_COPY}::pg_catalog.text") as tried:
        made = stage.cursor.fetchone() if tried.outcome == "done" else None
    if made is None:
        return tried, False
    new = f"(SELECT ({sql.literal(made[0])}::{target}).*) AS {sql.identifier(row.table.name)}"
    with stage.being(persona), stage.attempt(f"SELECT FROM {new} WHERE (\n{condition}\n)") as tried:
        admitted = tried.outcome == "done" and stage.cursor.fetchone() is not None
    return tried, admitted
