"""Open a connection, or raise one sentence that says why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatepost.database.connection_errors import Diagnosis, diagnose
from gatepost.database.url import TRANSACTION_POOLER_PORT, DatabaseUrl, parse_url
from gatepost.errors import DatabaseUnreachable, SettingsError

if TYPE_CHECKING:
    import sqlalchemy
    import sqlalchemy.orm
    from psycopg2.extensions import connection as Connection

    AnyConnection = Connection | sqlalchemy.Connection | sqlalchemy.orm.Session
    """What a caller may have open: psycopg2's connection, or SQLAlchemy's connection or session."""


def connect(
    url: str | DatabaseUrl,
    *,
    application_name: str = "gatepost",
    read_only: bool = False,
    connect_timeout: int = 10,
    refuse_transaction_pooler: bool = False,
) -> Connection:
    """Return an open connection of psycopg2.

    Args:
        url: Where to; a text is read by `parse_url`.
        application_name: What `pg_stat_activity` shows, unless the URL names one.
        read_only: Whether every transaction begins as READ ONLY. This holds behind a pooler too.
        connect_timeout: Seconds to wait for each address of the host, unless the URL names them.
        refuse_transaction_pooler: Whether to refuse a pooler in transaction mode, where session locks, `SET` and
            temporary tables do not hold.

    Returns:
        The connection, in no transaction.

    Raises:
        DatabaseUnreachable: the URL is wrong or there is no such connection. Neither the message nor what Python
            prints of the error holds the password.
    """
    try:
        target = parse_url(url) if isinstance(url, str) else url
    except SettingsError as mistake:
        raise DatabaseUnreachable(mistake.message, mistake.hint) from None
    if target.is_sqlite:
        raise DatabaseUnreachable(
            f'"{target.masked}" is a SQLite database, and this needs PostgreSQL',
            "set DATABASE_URL to a postgresql:// URL",
        )
    if refuse_transaction_pooler and target.is_transaction_pooler:
        raise DatabaseUnreachable(_pooler_refusal(target), _pooler_hint(target))
    opened = dial(target, application_name=application_name, read_only=read_only, connect_timeout=connect_timeout)
    if isinstance(opened, Diagnosis):
        raise DatabaseUnreachable(opened.sentence, opened.hint)
    return opened


def dial(
    url: DatabaseUrl,
    *,
    application_name: str = "gatepost",
    read_only: bool = False,
    connect_timeout: int = 10,
) -> Connection | Diagnosis:
    """Return an open connection, or the diagnosis of the failure. The arguments are those of `connect`."""
    import psycopg2

    defaults: dict[str, Any] = {"application_name": application_name, "connect_timeout": str(connect_timeout)}
    # ALTER DATABASE and ALTER ROLE may set one that cannot show every text; poolers let this parameter through.
    always = {"client_encoding": "UTF8"}
    waited = float(url.parameters.get("connect_timeout", connect_timeout))
    opened: Connection
    try:
        opened = psycopg2.connect(**(defaults | url.connect_arguments() | always))
    except psycopg2.Error as refusal:
        said = str(refusal)
    else:
        if read_only:
            opened.set_session(readonly=True)
        return opened
    # Outside the handler, the driver's error is not the context of the next exception.
    return diagnose(said, url, timeout=waited)


def raw(source: AnyConnection) -> Connection:
    """Return the psycopg2 connection inside a SQLAlchemy `Connection` or `Session`, or the given one itself.

    This begins the transaction of a session. A SQLAlchemy `Connection` must have begun its own, because its `commit()`
    does nothing if SQLAlchemy saw no transaction begin.

    Raises:
        TypeError: the source contains no psycopg2 connection.
    """
    from psycopg2.extensions import connection as driver_connection

    if isinstance(source, driver_connection):
        return source
    from sqlalchemy import Connection as EngineConnection
    from sqlalchemy.orm import Session

    if isinstance(source, Session):
        source = source.connection()
    if isinstance(source, EngineConnection):
        inside = source.connection.driver_connection
        if isinstance(inside, driver_connection):
            return inside
    raise TypeError(f"{type(source).__name__} holds no connection of psycopg2")


def _pooler_refusal(url: DatabaseUrl) -> str:
    door = f"port {TRANSACTION_POOLER_PORT} of " if url.port == TRANSACTION_POOLER_PORT else ""
    return f'{door}"{url.host}" is a pooler in transaction mode, and this command needs a session'


def _pooler_hint(url: DatabaseUrl) -> str:
    if url.kind == "dedicated-pooler" or url.host.endswith(".pooler.supabase.com"):
        return "use port 5432 of the same host"
    return "use the server's own port, or a pooler in session mode"
