"""Find policies that block changes of tables, and drop them before the change and recreate them after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.errors import MigrationError
from gatepost.migrate.entities.privileges import AllRevoked, Privilege
from gatepost.migrate.pending_changes import Coming
from gatepost.migrate.revision.steps import Step, create, drop
from gatepost.schema import Policy, Schema

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

PolicyKey = tuple[str, str, str]

_HOLDING = """
SELECT DISTINCT n.nspname, c.relname, p.polname, wanted.schema, wanted.name, wanted.attribute
  FROM unnest(%s::text[], %s::text[], %s::text[]) wanted(schema, name, attribute)
  JOIN pg_namespace wn ON wn.nspname = wanted.schema
  JOIN pg_class wc ON wc.relnamespace = wn.oid AND wc.relname = wanted.name
  LEFT JOIN pg_attribute a ON a.attrelid = wc.oid AND a.attname = wanted.attribute
  JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
                  AND d.refobjid = wc.oid AND (wanted.attribute = '' OR d.refobjsubid = a.attnum)
  JOIN pg_policy p ON p.oid = d.objid
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE wanted.attribute <> '' OR p.polrelid <> wc.oid
"""


@dataclass(frozen=True)
class Steps:
    """The steps to take before Alembic's own operations, and those to run after them."""

    first: tuple[Step, ...]
    last: tuple[Step, ...]


def held(cursor: Cursor, changed: Coming) -> dict[PolicyKey, str]:
    """Return the live policies that use something that is altered or dropped, each with the name of that."""
    columns = changed.dropped_columns | changed.retyped_columns
    things = sorted(columns | {(*key, "") for key in changed.dropped | changed.views})
    if not things:
        return {}
    with reading(cursor.connection) as found:
        found.cursor.execute(_HOLDING, tuple(list(part) for part in zip(*things, strict=True)))
        rows = found.cursor.fetchall()
    return {(schema, table, policy): ".".join(filter(None, thing)) for schema, table, policy, *thing in rows}


def steps(
    found: Iterable[Step], live: Schema, changed: Coming, holding: Mapping[PolicyKey, str], printable: set[Policy]
) -> Steps:
    """Split the steps, and drop and recreate every policy that blocks one.

    Args:
        found: What differs.
        live: The database.
        changed: What happens to tables, columns and views.
        holding: The live policies that hold something of it; see `held`.
        printable: The declared policies, as PostgreSQL prints them.

    Raises:
        MigrationError: a policy that nobody declared holds something that is dropped.
    """
    first: list[Step] = []
    last: list[Step] = []
    waiting = {key for key in holding if key[:2] not in changed.dropped}
    for step in found:
        before = step.before
        if step.table in changed.dropped:
            first.append(step)
        elif isinstance(before, Policy):
            taken_off = (before.schema, before.table, before.name) in waiting or step.kind == "drop"
            waiting.discard((before.schema, before.table, before.name))
            if not taken_off:
                last.append(step)
                continue
            first.append(drop(before))
            if isinstance(step.after, Policy):
                last.append(create(step.after))
        elif isinstance(before, Privilege | AllRevoked):
            early, late = _around_dropped_columns(step, before, live, changed)
            first += early
            last += late
        else:
            last.append(step)
    for key in sorted(waiting):
        policy = _live_policy(live, key)
        if policy not in printable and _is_dropped(holding[key], changed):
            raise MigrationError(
                f'the policy "{policy}", which nobody declared, uses "{holding[key]}", which is to be dropped',
                f"DROP POLICY {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}",
            )
        first.append(drop(policy))
        last.append(create(policy))
    return Steps(tuple(first), tuple(last))


def _is_dropped(thing: str, changed: Coming) -> bool:
    return thing in {".".join(key) for key in changed.dropped | changed.dropped_columns}


def _live_policy(live: Schema, key: PolicyKey) -> Policy:
    schema, table, name = key
    found = live.table(schema, table)
    assert found is not None  # noqa: S101  the policy was read from it in the same transaction
    return next(policy for policy in found.policies if policy.name == name)


def _around_dropped_columns(
    step: Step, before: Privilege | AllRevoked, live: Schema, changed: Coming
) -> tuple[list[Step], list[Step]]:
    """Revoke what is on a dropped column before it is dropped, so that the downgrade grants it after it is back."""
    if before.on == "sequence":
        owners = {(one.schema, one.name): one.owned_by for one in live.sequences}
        goes = owners.get((before.schema, before.name)) in changed.dropped_columns
        return ([replace(step, way="down")], []) if goes else ([], [step])
    if isinstance(before, AllRevoked):
        return [], [step]
    dropped = {column for *key, column in changed.dropped_columns if tuple(key) == step.table}
    gone, kept = (tuple(column for column in before.columns if (column in dropped) == goes) for goes in (True, False))
    if not gone:
        return [], [step]
    early = [drop(replace(before, columns=gone), step.way)]
    return early, [drop(replace(before, columns=kept), step.way)] if kept else []
