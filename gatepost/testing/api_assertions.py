"""Assert what a persona can do beside the tables: call a function, upload a file, join a channel and send to it.

The statements are those of the platform's services, and each is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from gatepost import sql
from gatepost.testing.attempts import connection_of, failure, name_of, tried
from gatepost.testing.missing_pieces import Attempt

if TYPE_CHECKING:
    from gatepost.testing.attempts import Db

Extension = Literal["broadcast", "presence"]
_FILES, _MESSAGES = "storage.objects", "realtime.messages"
_NONE: Mapping[str, object] = MappingProxyType({})
_SUB = "(auth.jwt() ->> 'sub')"
_OWNER = f"CASE WHEN {_SUB} ~ '^[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$' THEN {_SUB}::uuid END"


def assert_can_call(db: Db, function: str, arguments: Mapping[str, object] = _NONE, *, rows: int | None = None) -> None:
    """Assert that a function can be called, as `rpc()` of the Data API calls it.

    Args:
        db: A connection or a session, acting as a persona.
        function: Its name, such as `search_notes` or `app.search_notes`.
        arguments: The arguments, by name.
        rows: The exact number of rows that it returns; without it, any.
    """
    with tried(db, _call(function, arguments), arguments) as (outcome, context):
        if outcome.refused:
            raise failure(f"expected to call {name_of(function)}, but it was refused", outcome, context)
        if rows is not None and outcome.count != rows:
            message = f"expected {rows} rows of {name_of(function)}, but got {outcome.count}"
            raise failure(message, outcome, context)


def assert_cannot_call(db: Db, function: str, arguments: Mapping[str, object] = _NONE) -> None:
    """Assert that row security or a privilege refuses a call. An error that the function raises itself is raised.

    Args:
        db: A connection or a session, acting as a persona.
        function: Its name.
        arguments: The arguments, by name.
    """
    with tried(db, _call(function, arguments), arguments) as (outcome, context):
        if not outcome.refused:
            raise failure(f"called {name_of(function)}, but expected a refusal", outcome, context)


def assert_can_upload(db: Db, bucket: str, path: str, *, upsert: bool = False) -> None:
    """Assert that a file can be uploaded. The storage service writes its owner, and the caller chooses the path.

    Args:
        db: A connection or a session, acting as a persona.
        bucket: The bucket, which must be there.
        path: The path in the bucket.
        upsert: Whether a file of that path may be replaced, which needs policies for SELECT and UPDATE, too.
    """
    with tried(db, _upload(upsert), {"bucket": bucket, "path": path}) as (outcome, context):
        if outcome.refused:
            raise failure(f'expected to upload "{path}" to "{bucket}", but it was refused', outcome, context)


def assert_cannot_upload(db: Db, bucket: str, path: str, *, upsert: bool = False) -> None:
    """Assert that an upload is refused. The arguments are those of `assert_can_upload`."""
    with tried(db, _upload(upsert), {"bucket": bucket, "path": path}) as (outcome, context):
        if not outcome.refused:
            raise failure(f'uploaded "{path}" to "{bucket}", but expected a refusal', outcome, context)


def assert_can_join(db: Db, topic: str, extension: Extension = "broadcast") -> None:
    """Assert that a private channel can be joined: the policies let a message of the topic be read.

    Args:
        db: A connection or a session, acting as a persona.
        topic: The channel's topic.
        extension: What is listened to.

    Source: https://supabase.com/docs/guides/realtime/authorization
    """
    with _a_message(db, topic, extension), tried(db, *_read(topic, extension)) as (outcome, context):
        if not outcome.count:
            raise failure(f'expected to join "{topic}", but no message of it can be read', outcome, context)


def assert_cannot_join(db: Db, topic: str, extension: Extension = "broadcast") -> None:
    """Assert that a private channel cannot be joined. The arguments are those of `assert_can_join`."""
    with _a_message(db, topic, extension), tried(db, *_read(topic, extension)) as (outcome, context):
        if outcome.count:
            raise failure(f'joined "{topic}", but expected that no message of it can be read', outcome, context)


def assert_can_send(db: Db, topic: str, extension: Extension = "broadcast") -> None:
    """Assert that a message can be sent to a private channel. The arguments are those of `assert_can_join`."""
    with tried(db, *_send(topic, extension)) as (outcome, context):
        if outcome.refused:
            raise failure(f'expected to send to "{topic}", but it was refused', outcome, context)


def assert_cannot_send(db: Db, topic: str, extension: Extension = "broadcast") -> None:
    """Assert that a message to a private channel is refused. The arguments are those of `assert_can_join`."""
    with tried(db, *_send(topic, extension)) as (outcome, context):
        if not outcome.refused:
            raise failure(f'sent to "{topic}", but expected a refusal', outcome, context)


def _call(function: str, arguments: Mapping[str, object]) -> Attempt:
    named = ", ".join(f"{sql.identifier(name)} => %({name})s" for name in arguments)
    return Attempt("EXECUTE", name_of(function), f"SELECT * FROM {name_of(function)}({named})")


def _upload(upsert: bool) -> Attempt:
    plain = Attempt(
        "INSERT",
        name_of(_FILES),
        f"INSERT INTO {name_of(_FILES)} (bucket_id, name, owner, owner_id)"
        f" VALUES (%(bucket)s, %(path)s, {_OWNER}, {_SUB})",
    )
    if not upsert:
        return plain
    clause = "ON CONFLICT (bucket_id, name) DO UPDATE SET owner = EXCLUDED.owner, owner_id = EXCLUDED.owner_id"
    return replace(plain, statement=f"{plain.statement} {clause}", bare=plain.statement)


def _read(topic: str, extension: Extension) -> tuple[Attempt, Mapping[str, object], Mapping[str, str]]:
    where = " WHERE topic = %(topic)s AND extension = %(extension)s"
    attempt = Attempt("SELECT", name_of(_MESSAGES), f"SELECT * FROM {name_of(_MESSAGES)}{where}", where=where)
    return attempt, {"topic": topic, "extension": extension}, {"realtime.topic": topic}


def _send(topic: str, extension: Extension) -> tuple[Attempt, Mapping[str, object], Mapping[str, str]]:
    statement = f"INSERT INTO {name_of(_MESSAGES)} (topic, extension, event) VALUES (%(topic)s, %(extension)s, 'x')"
    attempt = Attempt("INSERT", name_of(_MESSAGES), statement)
    return attempt, {"topic": topic, "extension": extension}, {"realtime.topic": topic}


@contextmanager
def _a_message(db: Db, topic: str, extension: Extension) -> Iterator[None]:
    """Put a message into a channel as whoever connected, as the realtime service does before it asks the policies."""
    with connection_of(db).cursor() as cursor:
        cursor.execute("SAVEPOINT gatepost_message; SELECT pg_catalog.current_setting('role', true)")
        (role,) = cursor.fetchone() or ("none",)
        cursor.execute(
            f"SET LOCAL ROLE none; INSERT INTO {name_of(_MESSAGES)} (topic, extension, event) VALUES (%s, %s, 'x');"
            " SELECT pg_catalog.set_config('role', %s, true)",
            [topic, extension, role or "none"],
        )
        try:
            yield
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_message; RELEASE SAVEPOINT gatepost_message")
