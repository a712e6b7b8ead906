"""Shape the rows of the storage schema as the storage service does: a file is in a folder named after its owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost.analysis.compared_values import identifiers_in
from gatepost.schema import Policy, Schema, Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_FILES = ("storage", "objects")


def buckets(of_files: Iterable[str], of_buckets: Iterable[str]) -> tuple[str, ...]:
    """Return the buckets to plant files in.

    Args:
        of_files: What the policies compare a file's bucket with.
        of_buckets: What they compare a bucket's id with.
    """
    return tuple(dict.fromkeys([*of_files, *of_buckets])) or ("files",)


def bucket(name: str, number: int) -> dict[str, str | None]:
    """Return the values of a bucket."""
    return {
        "id": name, "name": f"bucket-{number}", "public": "false", "owner": None, "type": "STANDARD",
        "owner_id": None, "allowed_mime_types": None, "file_size_limit": None,
    }  # fmt: skip


def file(bucket_id: str, owner: str, mark: str, *, as_id: bool) -> dict[str, str | None]:
    """Return the values of a file.

    Args:
        bucket_id: Its bucket.
        owner: Its owner's id, which names the folder.
        mark: What makes its name unique.
        as_id: Whether the name is the owner's id, because a policy casts it, in a folder of its own.
    """
    name = f"{owner}/{mark}/{owner}.png" if as_id else f"{owner}/{mark}.png"
    return {"bucket_id": bucket_id, "owner": owner, "owner_id": owner, "name": name}


def buckets_there(cursor: Cursor, live: Schema, *, public: bool) -> frozenset[str]:
    """Return the buckets whose files have a public URL, or those whose files have none.

    Args:
        cursor: Inside a transaction.
        live: The database.
        public: Which.
    """
    from psycopg2 import Error

    if live.table("storage", "buckets") is None:
        return frozenset()
    cursor.execute("SAVEPOINT gatepost_buckets")
    try:
        cursor.execute("SELECT id::text FROM storage.buckets WHERE coalesce(public, false) = %s", (public,))
        found = frozenset(name for (name,) in cursor.fetchall())
    except Error:  # a role that may not read them
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_buckets")
        found = frozenset()
    cursor.execute("RELEASE SAVEPOINT gatepost_buckets")
    return found


def files_have_owners(table: Table) -> bool:
    """Return whether the policies of the table of files check who owns a file; every other table may have owners."""
    named = {name for policy in table.policies for name in _names_in(policy)}
    return table.key != _FILES or bool(named & {"name", "path_tokens", "owner", "owner_id"})


def folders_matter(table: Table) -> bool:
    """Return whether the path of a file decides whose it is. The storage service writes its owner.

    It does not where only an upload has to have a path of some form, and its owner decides the rest.
    """
    return table.key != _FILES or any(
        names & {"name", "path_tokens"} and not (policy.command == "insert" and names & {"owner", "owner_id"})
        for policy in table.policies
        for names in [_names_in(policy)]
    )


def _names_in(policy: Policy) -> frozenset[str]:
    return identifiers_in(f"{policy.using or ''} {policy.check or ''}")
