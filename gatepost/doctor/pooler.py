"""Detect a pooler between the client and the server, and whether it works in session or transaction mode."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gatepost.database.connect import dial
from gatepost.database.connection_errors import Diagnosis
from gatepost.database.reading import reading
from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor.answer import Answer

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


def user_form(url: DatabaseUrl) -> list[Answer]:
    """Check the form of the user name, by which Supabase's shared pooler recognises the project.

    https://supabase.com/docs/guides/database/connecting-to-postgres
    """
    if url.kind in ("session-pooler", "transaction-pooler") and url.is_supabase and "." not in url.user:
        return [
            Answer(
                "user",
                "error",
                f'"{url.user}" does not name the project, and this pooler serves many projects',
                f"write the user as {url.user or 'postgres'}.<ref>, the project's reference after the dot",
            )
        ]
    if url.kind in ("direct", "dedicated-pooler") and "." in url.user:
        return [
            Answer(
                "user",
                "error",
                f'"{url.user}" is the user of the shared pooler, and "{url.host}" is not that pooler',
                f"write the user as {url.user.partition('.')[0]}",
            )
        ]
    return []


def mode(connection: Connection, url: DatabaseUrl, settings: Settings, timeout: int) -> list[Answer]:
    """Detect a pooler by the process number that it reports, which differs from the server's.

    Two clients that follow each other on one server connection, while the first is still open, are in transaction
    mode.
    """
    if connection.info.backend_pid == _server_process(connection):
        wrong = url.is_transaction_pooler or settings.db_pooler == "transaction"
        said = "no pooler in between: this is the server itself"
        if wrong and not url.is_supabase:
            return [Answer("pooler", "warning", said, "unset DB_POOLER, so that connections are pooled here")]
        return [Answer("pooler", "ok", said)]
    lent_by_transaction = _shares_a_process(connection, url, timeout)
    if lent_by_transaction is None:
        return [
            Answer("pooler", "unknown", "a pooler is in between, and accepts no second client that would show its mode")
        ]
    if not lent_by_transaction:
        return [Answer("pooler", "ok", "a pooler is in between, apparently in session mode")]
    if url.is_transaction_pooler or settings.db_pooler == "transaction":
        return [
            Answer(
                "pooler", "ok", "a pooler in transaction mode, as expected; run migrations against the server itself"
            )
        ]
    return [
        Answer(
            "pooler",
            "error",
            f'a pooler in transaction mode is at "{url.host}" port {url.port}, and the settings do not say so:'
            " session settings leak to other clients",
            "set DB_POOLER=transaction, and run migrations against the server itself",
        )
    ]


def _server_process(connection: Connection) -> int:
    with reading(connection) as found:
        found.cursor.execute("SELECT pg_backend_pid()")
        row = found.cursor.fetchone()
    return int(row[0]) if row else 0


def _shares_a_process(connection: Connection, url: DatabaseUrl, timeout: int) -> bool | None:
    process = _server_process(connection)  # its end returns the server connection, if it was assigned for a transaction
    second = dial(url, application_name="gatepost doctor", read_only=True, connect_timeout=timeout)
    if isinstance(second, Diagnosis):
        return None
    with closing(second):
        return _server_process(second) == process
