"""Detect a pooler between the client and the server, and whether it works in session or transaction mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.database.pooler_mode import lends_by_transaction, server_process
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
    """Detect a pooler by the process number that it reports, which differs from the server's, and its mode."""
    if connection.info.backend_pid == server_process(connection):
        wrong = url.is_transaction_pooler or settings.db_pooler == "transaction"
        said = "no pooler in between: this is the server itself"
        if wrong and not url.is_supabase:
            return [Answer("pooler", "warning", said, "unset DB_POOLER, so that connections are pooled here")]
        return [Answer("pooler", "ok", said)]
    lent_by_transaction = lends_by_transaction(connection, url, timeout)
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
