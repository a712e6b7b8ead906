"""Find policies that block changes of tables, and drop them before the change and recreate them after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.diff import Change, TableGrants, revoking
from gatepost.errors import MigrationError
from gatepost.migrate.pending_changes import Coming
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
    """The changes to run before Alembic's own operations, and those to run after them."""

    first: tuple[Change, ...]
    last: tuple[Change, ...]


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
    changes: Iterable[Change], live: Schema, changed: Coming, holding: Mapping[PolicyKey, str], printable: set[Policy]
) -> Steps:
    """Split the changes, and drop and recreate every policy that blocks one.

    Args:
        changes: What differs.
        live: The database.
        changed: What happens to tables, columns and views.
        holding: The live policies that hold something of it; see `held`.
        printable: The declared policies, as PostgreSQL prints them.

    Raises:
        MigrationError: a policy that nobody declared holds something that is dropped.
    """
    first: list[Change] = []
    last: list[Change] = []
    waiting = {key for key in holding if key[:2] not in changed.dropped}
    for change in changes:
        before = change.before
        if change.table in changed.dropped:
            first.append(change)
        elif isinstance(before, Policy):
            taken_off = (before.schema, before.table, before.name) in waiting or change.kind == "drop"
            waiting.discard((before.schema, before.table, before.name))
            if not taken_off:
                last.append(change)
                continue
            first.append(Change("drop", before, None))
            if change.after is not None:
                last.append(Change("create", None, change.after))
        elif isinstance(before, TableGrants):
            early, late = _around_dropped_columns(change, before, live, changed)
            first += early
            last += late
        else:
            last.append(change)
    for key in sorted(waiting):
        policy = _live_policy(live, key)
        if policy not in printable and _is_dropped(holding[key], changed):
            raise MigrationError(
                f'the policy "{policy}", which nobody declared, uses "{holding[key]}", which is to be dropped',
                f"DROP POLICY {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}",
            )
        first.append(Change("drop", policy, None))
        last.append(Change("create", None, policy))
    return Steps(tuple(first), tuple(last))


def _is_dropped(thing: str, changed: Coming) -> bool:
    return thing in {".".join(key) for key in changed.dropped | changed.dropped_columns}


def _live_policy(live: Schema, key: PolicyKey) -> Policy:
    schema, table, name = key
    found = live.table(schema, table)
    assert found is not None  # noqa: S101  the policy was read from it in the same transaction
    return next(policy for policy in found.policies if policy.name == name)


def _around_dropped_columns(
    change: Change, before: TableGrants, live: Schema, changed: Coming
) -> tuple[list[Change], list[Change]]:
    """Revoke the grants on a dropped column before it is dropped, so that the downgrade restores them after it."""
    gone = {column for *key, column in changed.dropped_columns if tuple(key) == change.table}
    sequences = {
        (sequence.schema, sequence.name)
        for sequence in live.sequences
        if sequence.owned_by is not None and sequence.owned_by in changed.dropped_columns
    }
    between = replace(
        before,
        grants=tuple(grant for grant in before.grants if grant.column not in gone),
        sequences=tuple(found for found in before.sequences if found[:2] not in sequences),
    )
    if between == before or change.kind != "replace":
        return [], [change]
    assert isinstance(change.after, TableGrants)  # noqa: S101  grants replace grants
    early = Change("replace", revoking(before, between), revoking(between, before))
    if between == replace(change.after, usage=()) and not change.after.usage:
        return [early], []
    return [early], [Change("replace", revoking(between, change.after), revoking(change.after, between))]
