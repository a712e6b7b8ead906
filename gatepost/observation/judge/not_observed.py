"""List by name what an observation does not try, because what is not known must not count as a pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gatepost.finding import NotChecked
from gatepost.observation.attempt.doors.callable_functions import Routine, callable_by
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.survey import FILES, USERS
from gatepost.personas import Persona
from gatepost.schema import is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_ROUTINES = """
SELECT p.oid::regprocedure::text, n.nspname, p.proname, oidvectortypes(p.proargtypes),
       CASE p.prokind WHEN 'a' THEN 'an aggregate' WHEN 'w' THEN 'a window function' ELSE 'a function in C' END
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
 WHERE (p.prokind IN ('a', 'w') OR l.lanname = 'c') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass
                                               AND d.deptype = 'e')
   AND EXISTS (SELECT 1 FROM unnest(%(roles)s::text[]) r
                WHERE has_schema_privilege(r, n.oid, 'USAGE') AND has_function_privilege(r, p.oid, 'EXECUTE'))
 ORDER BY 2, 3, 4
"""
_FOREIGN = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'f' AND EXISTS (
       SELECT 1 FROM unnest(%(roles)s::text[]) r WHERE has_schema_privilege(r, n.oid, 'USAGE')
          AND (has_any_column_privilege(r, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(r, c.oid, 'DELETE')))
 ORDER BY 1, 2
"""


def unseen(
    cursor: Cursor, stage: TrialSession, personas: Sequence[Persona], found: Iterable[Door]
) -> Iterator[NotChecked]:
    """Yield what the personas may access but no trial covered.

    Args:
        cursor: Inside the transaction.
        stage: The session of the trials.
        personas: The personas that tried.
        found: The results of the doors.
    """
    roles = sorted({persona.role for persona in personas if persona.role != "service_role"})
    cursor.execute(_ROUTINES, {"roles": roles})
    for _, schema, name, types, kind in cursor.fetchall():
        if not is_platform(schema):
            yield NotChecked(f"{schema}.{name}({types})", f"{kind} is not called", ours=True)
    cursor.execute(_FOREIGN, {"roles": roles})
    for schema, name in cursor.fetchall():
        why = "a foreign table: its rows are on another server, where nothing is planted"
        yield NotChecked(f"{schema}.{name}", why, ours=True)
    yield from _of_the_platform(stage, roles)
    yield from _rules(stage, roles)
    yield from _failed(found, callable_by(cursor, roles))


def _of_the_platform(stage: TrialSession, roles: Sequence[str]) -> Iterator[NotChecked]:
    """Yield the platform's own relations that the API may read according to its grants."""
    readers: dict[str, list[str]] = {}
    for role in roles:
        for schema, name, command in stage.privileges(role).held:
            if schema in ("auth", "vault") and (schema, name) not in (USERS, *FILES) and command == "select":
                readers.setdefault(f"{schema}.{name}", []).append(role)
    for name, who in sorted(readers.items()):
        why = f"{' and '.join(who)} may read it, but nothing is planted in the platform's own relations"
        yield NotChecked(name, why, ours=True)


def _rules(stage: TrialSession, roles: Sequence[str]) -> Iterator[NotChecked]:
    """Yield the rewrite rules of tables that somebody writes. Their effects on other tables are not tried."""
    for rule in stage.survey.live.rewrite_rules:
        held = [role for role in roles if stage.privileges(role).has((rule.schema, rule.table), rule.event.lower())]
        if held and not is_platform(rule.schema):
            yield NotChecked(
                f"{rule.schema}.{rule.table}",
                f'the effects of the rule "{rule.name}" on other tables were not tried',
                ours=True,
            )


def _failed(found: Iterable[Door], routines: Iterable[Routine]) -> Iterator[NotChecked]:
    """Yield the functions for which every call ended in an error, or no arguments were found."""
    by_name: dict[str, list[Door]] = {str(routine): [] for routine in routines if routine.roles}
    for door in found:
        if door.kind in ("function", "procedure"):
            by_name.setdefault(door.name, []).append(door)
    for name, doors in sorted(by_name.items()):
        if not doors:
            yield NotChecked(name, "no values are known for the types of its arguments", ours=True)
            continue
        untried = all(door.outcome == "error" and not door.said.startswith("permission denied") for door in doors)
        if untried:
            yield NotChecked(name, f"every call ends in an error: {doors[0].said}", ours=True)
