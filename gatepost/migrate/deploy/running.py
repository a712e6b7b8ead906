"""Run migrations on a database or write their script: one deploy at a time, patient with locks, and open to Ctrl-C."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from gatepost.database.connect import connect, raw
from gatepost.database.url import DatabaseUrl
from gatepost.errors import MigrationError
from gatepost.migrate.deploy.blind_owners import ALLOW, forced_tables, refuse_blind_owners
from gatepost.migrate.deploy.declared_roles import refuse_missing_roles
from gatepost.migrate.deploy.interruption import cancelled_by_ctrl_c
from gatepost.migrate.deploy.lock_patience import Patience, Progress, reset_session, with_patience
from gatepost.migrate.deploy.one_deploy import KEY, one_deploy_at_a_time, refuse_lent_processes

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import Connection, Engine

    from gatepost.migrate.open_tables import EndOfUpgrade

log = logging.getLogger("gatepost.migrate")

NOT_COMPARED = "Gatepost: a script is not compared with the declaration. After it, run: gatepost verify"

Options = dict[str, Any]
Work = Callable[..., None]
"""Migrates on a connection; more callbacks for each version that was applied may follow it."""


def run_migrations(
    context: EnvironmentContext,
    where: DatabaseUrl | Connection,
    options: Options,
    patience: Patience,
    at_end: EndOfUpgrade,
) -> None:
    """Do what the `alembic` command requests.

    Args:
        context: `alembic.context`.
        where: The database; or a connection that the caller lends, which stays open, and whose transaction, if there
            is one, is not ended.
        options: What `context.configure` takes.
        patience: How long to wait for locks.
        at_end: What looks at the database before the last commit.

    Raises:
        MigrationError: a lock was not to be had, a pooler is in between, or something belongs to another role.
    """
    if context.is_offline_mode():
        _write_script(context, is_sqlite(where), options)
        return
    also = options.get("on_version_apply", ())
    callbacks = (*(also if isinstance(also, Iterable) else (also,)), at_end.on_version_apply)
    work = partial(_migrate, context, options=options | {"on_version_apply": callbacks}, at_end=at_end)
    if not isinstance(where, DatabaseUrl):
        _on_connection(context, where, None, work, patience)
    else:
        with _engine(where).connect() as connection:
            _on_connection(context, connection, where, work, patience)


def is_sqlite(where: DatabaseUrl | Connection) -> bool:
    """Return whether a database is SQLite's."""
    return where.is_sqlite if isinstance(where, DatabaseUrl) else where.dialect.name == "sqlite"


def _write_script(context: EnvironmentContext, for_sqlite: bool, options: Options) -> None:
    context.configure(
        dialect_name="sqlite" if for_sqlite else "postgresql",
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **options,
    )
    with context.begin_transaction():
        if not for_sqlite:
            context.execute(f"SELECT pg_catalog.pg_advisory_xact_lock({KEY})")
        context.run_migrations()
        context.static_output(f"-- {NOT_COMPARED}")


def _on_connection(
    context: EnvironmentContext,
    connection: Connection,
    url: DatabaseUrl | None,
    work: Work,
    patience: Patience,
) -> None:
    if connection.dialect.name != "postgresql":
        work(connection)
        return
    try:
        driver = raw(connection)
    except TypeError:
        raise MigrationError(
            f'the connection in config.attributes is of the driver "{connection.dialect.driver}"',
            'create_engine("postgresql+psycopg2://…")',
        ) from None
    if connection.in_transaction():  # the caller's, who decides how long it waits and when it ends
        connection.exec_driver_sql(f"SELECT pg_catalog.pg_advisory_xact_lock({KEY})")
        work(connection)
        return
    with cancelled_by_ctrl_c(driver):
        if not _changes_the_database(context):
            _patiently(connection, work, Patience(patience.lock_timeout, attempts=1))
            return
        if url is not None:
            refuse_lent_processes(driver, url)
        with one_deploy_at_a_time(driver):
            _patiently(connection, work, patience)


def _patiently(connection: Connection, work: Work, patience: Patience) -> None:
    progress = Progress(patience)
    try:
        with progress.watching(connection):
            with_patience(connection, patience, progress, partial(work, connection, progress.version_applied))
    except KeyboardInterrupt:
        log.warning("interrupted: %s", progress.left_behind)
        raise
    finally:
        if not connection.invalidated:
            reset_session(raw(connection))


def _migrate(
    context: EnvironmentContext,
    connection: Connection,
    *callbacks: Callable[..., None],
    options: Options,
    at_end: EndOfUpgrade,
) -> None:
    every = {"on_version_apply": (*options["on_version_apply"], *callbacks)}
    context.configure(connection=connection, **options | every)
    upgrades = getattr(context.get_context().opts.get("fn"), "__name__", "") == "upgrade"
    driver = raw(connection) if upgrades and connection.dialect.name == "postgresql" else None
    with context.begin_transaction():
        at_end.begin(connection)
        if driver is not None:
            if _reaches_the_newest(context):
                refuse_missing_roles(driver, at_end.declaration, context.script)
            forced = forced_tables(driver)
        context.run_migrations()
        at_end.end(connection)
        if driver is not None:
            refuse_blind_owners(driver, forced, allowed=ALLOW in context.get_x_argument(as_dictionary=True))


def _reaches_the_newest(context: EnvironmentContext) -> bool:
    destination = context.get_revision_argument()
    named = {destination} if isinstance(destination, str) else set(destination or ())
    return named == set(context.script.get_heads())


def _changes_the_database(context: EnvironmentContext) -> bool:
    """Return whether the command is an upgrade, a downgrade or a stamp, and not one that only looks."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    return True


def _engine(url: DatabaseUrl) -> Engine:
    if url.is_sqlite:
        engine = create_engine(url.reveal(), poolclass=NullPool)
        # Left to itself the driver begins no transaction before CREATE or DROP, and a failure would stop half-way.
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine
    return create_engine(
        "postgresql+psycopg2://",
        creator=partial(connect, url, application_name="gatepost migrate", refuse_transaction_pooler=True),
        poolclass=NullPool,
    )
