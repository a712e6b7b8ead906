"""The buckets of the storage service in a clone: which there are, and which are served to everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.finding import NotChecked
from gatepost.schema import Schema

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_TABLE = ("storage", "buckets")
_BUCKETS = 'SELECT b.id, b.public IS TRUE FROM storage.buckets b ORDER BY b.id COLLATE pg_catalog."C"'
_HIDDEN = """
SELECT NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
    OR pg_catalog.row_security_active(c.oid)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE n.nspname OPERATOR(pg_catalog.=) 'storage' AND c.relname OPERATOR(pg_catalog.=) 'buckets'
"""


@dataclass(frozen=True, order=True)
class Bucket:
    """A bucket: its id, and whether everybody reads its files by their URL."""

    name: str
    public: bool


def read_buckets(cursor: Cursor, live: Schema) -> Iterator[Bucket]:
    """Yield the buckets of a source.

    Args:
        cursor: Inside a reading.
        live: The source.
    """
    if _is_there(live) and not _hidden(cursor):
        cursor.execute(_BUCKETS)
        for name, public in cursor.fetchall():
            yield Bucket(str(name), bool(public))


def unread_buckets(cursor: Cursor, live: Schema) -> Iterator[NotChecked]:
    """Yield that the buckets could not be read: the policies on them are the project's code, which is not run.

    They matter only where policies open files.
    """
    files = live.table("storage", "objects")
    if files is not None and files.policies and _is_there(live) and _hidden(cursor):
        yield NotChecked("storage.buckets", "this role may not read the buckets; read them as postgres")


def _is_there(live: Schema) -> bool:
    table = live.table(*_TABLE)
    if table is None or table.kind != "table":
        return False
    types = {column.name: column.type for column in table.columns}
    return (types.get("id"), types.get("public")) == ("text", "boolean")  # of no type whose code is the project's


def _hidden(cursor: Cursor) -> bool:
    cursor.execute(_HIDDEN)
    return bool((cursor.fetchone() or (True,))[0])


def make_buckets(clone: Connection, buckets: Iterable[Bucket]) -> list[NotChecked]:
    """Create buckets in a clone, and return those that could not be."""
    from psycopg2 import Error

    missing = []
    with clone.cursor() as cursor:
        for bucket in buckets:
            try:
                cursor.execute(
                    "INSERT INTO storage.buckets (id, name, public) VALUES (%s, %s, %s)",
                    (bucket.name, bucket.name, bucket.public),
                )
            except Error as error:
                said = (error.diag.message_primary or str(error)).strip()
                missing.append(NotChecked(f"bucket {bucket.name}", f"is not in the clone: {said}", ours=True))
    return missing
