"""One side of a review: the schema with its types and buckets, and how to get a transaction in which to try."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatepost.finding import NotChecked
from gatepost.reflect import read
from gatepost.schema import Schema

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    Transaction = Callable[[], AbstractContextManager[Cursor]]

_BUCKETS = """
SELECT b.id::text, coalesce(pg_catalog.to_jsonb(b) ->> 'public', 'false') = 'true',
       coalesce(pg_catalog.to_jsonb(b) ->> 'file_size_limit', ''),
       coalesce(pg_catalog.to_jsonb(b) ->> 'allowed_mime_types', '')
  FROM storage.buckets b ORDER BY 1
"""
_TYPES = """
SELECT n.nspname, t.typname, t.typtype::text,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typdefault,
           (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(c.oid), ' ' ORDER BY c.conname)
              FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid))
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype IN ('e', 'd') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1, 2
"""


@dataclass(frozen=True, order=True)
class Bucket:
    """A bucket of the storage service; a public one is served to everybody, whatever the policies say."""

    name: str
    public: bool
    size_limit: str = ""
    types: str = ""


@dataclass(frozen=True, order=True)
class Kind:
    """An enum with its labels, or a domain with what it requires."""

    schema: str
    name: str
    kind: str
    labels: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class State:
    """What a side holds."""

    live: Schema
    buckets: tuple[Bucket, ...] = ()
    types: tuple[Kind, ...] = ()


@dataclass(frozen=True)
class Side:
    """One side of a review.

    Args:
        label: How reports call it.
        begin: Opens a transaction in the side's database that is rolled back when its block ends.
        missing: What of the original is not in that database.
        original: What that database is a clone of, if it is one.
        refused: The statements that were refused, and those that need them, by the place that `missing` names.
        made: How the platform around it was set up, where it is no live database.
        undeployed: What the project declares and its migrations do not hold.
        apart: Whether it has a server of its own, so that both sides can be tried at the same time.
    """

    label: str
    begin: Transaction
    missing: tuple[NotChecked, ...] = ()
    original: Schema | None = None
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made: str = ""
    undeployed: tuple[NotChecked, ...] = ()
    apart: bool = False


def read_state(cursor: Cursor, original: Schema | None = None) -> State:
    """Read a side.

    Args:
        cursor: Inside a transaction of a database that was made for the review.
        original: What it is a clone of: who logs in to a clone is a member of every role.
    """
    live = read(cursor)
    if original is not None:
        live = replace(live, roles=original.roles, memberships=original.memberships, settings=original.settings)
    cursor.execute(_TYPES)
    types = tuple(Kind(s, n, k, tuple(labels), definition) for s, n, k, labels, definition in cursor.fetchall())
    return State(live, _buckets(cursor, live), types)


def _buckets(cursor: Cursor, live: Schema) -> tuple[Bucket, ...]:
    table = live.table("storage", "buckets")
    if table is None or table.kind != "table":
        return ()
    cursor.execute("SAVEPOINT gatepost_buckets")
    from psycopg2 import Error

    try:
        cursor.execute(_BUCKETS)
        found = tuple(Bucket(*row) for row in cursor.fetchall())
    except Error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_buckets")
        found = ()
    cursor.execute("RELEASE SAVEPOINT gatepost_buckets")
    return found
