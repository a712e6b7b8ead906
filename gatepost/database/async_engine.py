"""Create an asynchronous engine, of asyncpg or psycopg 3, with the pool, timeouts and TLS settings of its server.

Needs `pip install 'gatepost[async]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from gatepost.database.connection_errors import diagnose
from gatepost.database.engine import chosen_target, limit_each_transaction, pool_sizes
from gatepost.database.fifo_pool import FairTaskPool
from gatepost.database.settings import Settings, load_settings
from gatepost.database.url import DatabaseUrl
from gatepost.errors import DatabaseUnreachable, SettingsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

Driver = Literal["asyncpg", "psycopg"]

_SESSION_OF_ASYNCPG = frozenset({"application_name", "options"})
"""Parameters of libpq that asyncpg sends to the server as settings."""


def create_async_engine(
    url: str | DatabaseUrl | None = None,
    *,
    settings: Settings | None = None,
    driver: Driver | None = None,
    **options: object,
) -> AsyncEngine:
    """Return an asynchronous engine for a URL, as `create_engine` returns a synchronous one.

    Behind a pooler in transaction mode there is no pool here, no statement is prepared under a name, because the next
    transaction may be another process's, and the query timeout is set as each transaction begins.

    Args:
        url: The database (default: `DATABASE_URL`).
        settings: Everything that is not in the URL (default: the environment and `.env`).
        driver: The driver (default: the one that the URL names, `postgresql+psycopg://`, or else asyncpg).
        options: Passed to SQLAlchemy's `create_async_engine`, where they take precedence.

    Returns:
        The engine. A connection that cannot be opened raises `DatabaseUnreachable` with one sentence.

    Raises:
        SettingsError: the URL or a setting cannot be used.
    """
    from sqlalchemy import URL, NullPool
    from sqlalchemy.ext.asyncio import create_async_engine as sqlalchemy_async_engine

    settings = settings or load_settings()
    target, pooler = chosen_target(url, settings)
    if target.is_sqlite:
        raise SettingsError(f'"{target.masked}" is SQLite, which has no row security', "create_engine() opens it")
    driver = driver or ("psycopg" if target.driver.startswith("psycopg") else "asyncpg")
    pool: dict[str, Any] = {"poolclass": NullPool} if pooler else {"poolclass": FairTaskPool, **pool_sizes(settings)}
    chosen: dict[str, Any] = {**({} if "poolclass" in options else pool), **options}
    milliseconds = round(settings.db_query_timeout * 1000)
    opened = (_asyncpg if driver == "asyncpg" else _psycopg)(target, settings, None if pooler else milliseconds)
    arguments = {"async_creator_fn": opened, **_statement_names(driver, pooler), **chosen.pop("connect_args", {})}
    if pooler and driver == "psycopg":
        chosen.setdefault("use_native_hstore", False)  # a query for each connection, which is one for each transaction
    scheme = "postgresql+asyncpg" if driver == "asyncpg" else "postgresql+psycopg_async"
    # SQLAlchemy gets a URL without the password, because our own function opens the connections.
    address = URL.create(scheme, target.user or None, None, target.host, target.port, target.database)
    engine = sqlalchemy_async_engine(address, connect_args=arguments, **chosen)
    if pooler:
        limit_each_transaction(engine.sync_engine, milliseconds)
    return engine


def _statement_names(driver: Driver, pooler: bool) -> dict[str, Any]:
    if driver == "psycopg" or not pooler:
        return {}
    return {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}


def _asyncpg(target: DatabaseUrl, settings: Settings, milliseconds: int | None) -> Callable[..., Awaitable[Any]]:
    """Return a function that opens a connection of asyncpg; None for the time-out means a pooler."""
    import asyncpg

    given = target.connect_arguments()
    patience = float(given.pop("connect_timeout", settings.db_connect_timeout))
    session = {"application_name": settings.db_application_name}
    session |= {name: given.pop(name) for name in _SESSION_OF_ASYNCPG if name in given}
    place = {name: given.pop(name, None) for name in ("host", "port", "user", "password")}
    database = given.pop("dbname")
    # asyncpg reads the files of TLS from a URL only.
    tls = "postgresql:///?" + urlencode({name: value for name, value in given.items() if name.startswith("ssl")})

    async def opened(*_arguments: object, **_options: object) -> Any:  # noqa: ANN401  asyncpg's connection
        try:
            connection = await asyncpg.connect(
                tls,
                **place,
                database=database,
                timeout=patience,
                server_settings=session,
                statement_cache_size=0 if milliseconds is None else 100,
            )
            if milliseconds is not None:
                await connection.execute(_time_out(milliseconds))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as refusal:
            said = str(refusal) or "timeout expired"  # as libpq says it
        else:
            return connection
        raise _unreachable(said, target, patience)

    return opened


def _psycopg(target: DatabaseUrl, settings: Settings, milliseconds: int | None) -> Callable[..., Awaitable[Any]]:
    """Return a function that opens a connection of psycopg 3; None for the time-out means a pooler."""
    import psycopg

    given: dict[str, Any] = {
        "application_name": settings.db_application_name,
        "connect_timeout": str(settings.db_connect_timeout),
        **target.connect_arguments(),
        "client_encoding": "UTF8",
    }
    if milliseconds is None:
        given["prepare_threshold"] = None

    async def opened(*_arguments: object, **_options: object) -> Any:  # noqa: ANN401  psycopg's connection
        try:
            connection = await psycopg.AsyncConnection.connect(**given)
            if milliseconds is not None:
                await connection.execute(_time_out(milliseconds))
                await connection.commit()
        except psycopg.Error as refusal:
            said = str(refusal)
        else:
            return connection
        raise _unreachable(said, target, float(given["connect_timeout"]))

    return opened


def _time_out(milliseconds: int) -> str:
    return f"SELECT pg_catalog.set_config('statement_timeout', '{milliseconds:d}', false)"


def _unreachable(said: str, target: DatabaseUrl, patience: float) -> DatabaseUnreachable:
    found = diagnose(said, target, timeout=patience)
    return DatabaseUnreachable(found.sentence, found.hint)
