"""Sessions on the connection of a test: a synchronous one, and one with SQLAlchemy's asynchronous interface.

Both are inside the transaction that the connection is in, so that they, the assertions and the connection itself see
the same rows, and all of it is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, StaticPool, create_engine
from sqlmodel import Session

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Driver
    from sqlmodel.ext.asyncio.session import AsyncSession


@contextmanager
def session_on(db: Driver) -> Iterator[Session]:
    """Open a SQLModel session on a connection."""
    with _joined(db) as bind, Session(bind=bind, join_transaction_mode="create_savepoint") as session:
        yield session


@contextmanager
def async_session_on(db: Driver) -> Iterator[AsyncSession]:
    """Open a SQLModel session with the asynchronous interface on a connection.

    psycopg2 answers each `await` without the event loop. A test has nothing else to do meanwhile, and so the session
    needs no loop when its fixture is set up, works with any plugin for asynchronous tests, and shares its connection.
    """
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlmodel.ext.asyncio.session import AsyncSession

    with _joined(db) as bind:
        bind.dialect.is_async = True  # AsyncEngine takes no other; set last, because a pool that is asynchronous waits
        session = AsyncSession(
            bind=AsyncConnection(AsyncEngine(bind.engine), bind),
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,  # an expired attribute would be loaded without an await
        )
        try:
            yield session
        finally:
            session.sync_session.close()


@contextmanager
def _joined(db: Driver) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: db, poolclass=StaticPool, pool_reset_on_return=None
    )
    with engine.connect() as bind, bind.begin() as outer:
        yield bind
        outer.rollback()
