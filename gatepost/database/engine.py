"""Create a SQLAlchemy engine with the pool, timeouts and TLS settings that fit the server behind its URL."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, NullPool, QueuePool, event
from sqlalchemy import create_engine as sqlalchemy_engine

from gatepost.database.connect import connect
from gatepost.database.fifo_pool import FairPool
from gatepost.database.reading import reading
from gatepost.database.settings import Settings, load_settings
from gatepost.database.url import DatabaseUrl, parse_url

if TYPE_CHECKING:
    import sqlite3

    from psycopg2.extensions import connection as DriverConnection


class NoRowSecurity(UserWarning):
    """Warns that the database is SQLite, where every query sees every row."""


def create_engine(
    url: str | DatabaseUrl | None = None, *, settings: Settings | None = None, **options: object
) -> Engine:
    """Return an engine for a URL, with the pool, timeouts and TLS settings that fit the server behind it.

    Behind a pooler in transaction mode there is no pool here (`NullPool`: two pools in a row starve each other), and
    the query timeout is set by `SET LOCAL` as each transaction begins, because start-up options are refused there and
    a plain `SET` would go on to the pooler's next client. Everywhere else connections are pooled, waiters are served
    in order, and the time-out is set once as each connection opens.

    Args:
        url: The database (default: `DATABASE_URL`).
        settings: Everything that is not in the URL (default: the environment and `.env`).
        options: Passed to `sqlalchemy.create_engine`, where they take precedence.

    Returns:
        The engine. A connection that cannot be opened raises `DatabaseUnreachable` with one sentence, in place of
        the driver's error.

    Raises:
        SettingsError: the URL or a setting cannot be used.
    """
    settings = settings or load_settings()
    target, transaction_pooler = chosen_target(url, settings)
    if target.is_sqlite:
        return _sqlite(target, options)
    pool: dict[str, Any] = (
        # Every transaction opens a connection, so each skips the query whether the type hstore exists, which
        # SQLAlchemy reads without psycopg2's help too.
        {"poolclass": NullPool, "use_native_hstore": False}
        if transaction_pooler
        else {"poolclass": FairPool, **pool_sizes(settings)}
    )
    pool_class = options.get("poolclass", FairPool)
    if not (isinstance(pool_class, type) and issubclass(pool_class, QueuePool)):
        pool = {}  # a pool class of the caller that accepts no sizes
    chosen: dict[str, Any] = {**pool, **options}
    # SQLAlchemy gets a URL without the password, because our own function opens the connections.
    engine = sqlalchemy_engine(target.sqlalchemy()._replace(password=None), **chosen)
    _open_with(engine, target, settings)
    if "isolation_level" not in options:  # it is set when a connection opens, and not inside a transaction
        _introduce(engine)
    _limit_queries(engine, round(settings.db_query_timeout * 1000), each_transaction=transaction_pooler)
    return engine


def chosen_target(url: str | DatabaseUrl | None, settings: Settings) -> tuple[DatabaseUrl, bool]:
    """Return the database that an engine is for, and whether a pooler in transaction mode stands before it.

    Raises:
        SettingsError: the URL or a setting cannot be used.
    """
    if url is None:
        return settings.url, settings.uses_transaction_pooler
    target = settings.secured(parse_url(url) if isinstance(url, str) else url)
    return target, target.is_transaction_pooler or settings.db_pooler == "transaction"


def pool_sizes(settings: Settings) -> dict[str, Any]:
    """Return what a pool of SQLAlchemy takes."""
    return {
        "pool_size": settings.db_pool_size,
        "max_overflow": settings.db_max_overflow,
        "pool_timeout": settings.db_pool_timeout,
        "pool_recycle": settings.db_pool_recycle,
        "pool_pre_ping": settings.db_pool_pre_ping,
    }


def limit_each_transaction(engine: Engine, milliseconds: int) -> None:
    """Set the time-out of queries as each transaction begins, so that a pooler's next client has its own."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_catalog.set_config('statement_timeout', '{milliseconds:d}', true)")


def _sqlite(target: DatabaseUrl, options: dict[str, object]) -> Engine:
    warnings.warn(
        f'"{target.masked}" is SQLite, which has no row security: every query sees every row',
        NoRowSecurity,
        stacklevel=3,
    )
    chosen: dict[str, Any] = dict(options)
    engine = sqlalchemy_engine(target.sqlalchemy(), **chosen)

    @event.listens_for(engine, "connect")
    def _keys(connection: sqlite3.Connection, _record: object) -> None:
        # SQLite ignores foreign keys unless each connection turns them on; PostgreSQL never does.
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _open_with(engine: Engine, target: DatabaseUrl, settings: Settings) -> None:
    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, _record: object, _args: object, _parameters: object) -> DriverConnection:
        return connect(
            target, application_name=settings.db_application_name, connect_timeout=settings.db_connect_timeout
        )


def _introduce(engine: Engine) -> None:
    """Run SQLAlchemy's first queries with PostgreSQL's own functions, and then set the default schema.

    SQLAlchemy calls `current_schema()`, and the owner of a schema on the search path may have defined that name.
    """
    unknown, ours = engine.dialect.default_schema_name, "pg_catalog"

    @event.listens_for(engine, "connect", insert=True)
    def _before(connection: DriverConnection, _record: object) -> None:
        if engine.dialect.default_schema_name in (unknown, ours):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL search_path = pg_catalog, pg_temp")

    @event.listens_for(engine, "connect")
    def _after(connection: DriverConnection, _record: object) -> None:
        if engine.dialect.default_schema_name in (unknown, ours):
            connection.rollback()
            with reading(connection) as found:
                engine.dialect.default_schema_name = next(iter(found.searched()), "public")


def _limit_queries(engine: Engine, milliseconds: int, *, each_transaction: bool) -> None:
    if each_transaction:
        limit_each_transaction(engine, milliseconds)
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: DriverConnection, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", [str(milliseconds)])
        connection.commit()
