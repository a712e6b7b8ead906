"""Each driver, each kind of session, each turn that a transaction takes: one identity, and nothing of it left."""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2
import pytest
import sqlalchemy
import sqlmodel
import sqlmodel.ext.asyncio.session
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlmodel import Field, SQLModel, select

from gatepost.database.impersonation.acting import acting_as, acting_as_service
from gatepost.errors import DatabaseUnreachable, SettingsError

TABLE = """
    CREATE TABLE matrix_note (id int PRIMARY KEY, owner uuid NOT NULL);
    ALTER TABLE matrix_note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE, DELETE ON matrix_note TO authenticated, service_role;
    CREATE POLICY own ON matrix_note TO authenticated USING ((SELECT auth.uid()) = owner);
"""
ANN, BOB = UUID(int=1), UUID(int=2)
WHO = text("SELECT current_user::text, auth.uid()::text, current_setting('request.jwt.claims', true)")
AS_ANN = ("authenticated", str(ANN))


class Note(SQLModel, table=True):
    __tablename__ = "matrix_note"
    metadata = sqlalchemy.MetaData()
    id: int = Field(primary_key=True)
    owner: UUID


DRIVERS = {
    "psycopg2": ("postgresql+psycopg2", sqlalchemy.create_engine),
    "psycopg": ("postgresql+psycopg", sqlalchemy.create_engine),
    "psycopg async": ("postgresql+psycopg_async", create_async_engine),
    "asyncpg": ("postgresql+asyncpg", create_async_engine),
}
KINDS = {
    False: {
        "plain": Session,
        "SQLModel": sqlmodel.Session,
        "sessionmaker": lambda engine: sessionmaker(engine)(),
        "scoped": lambda engine: scoped_session(sessionmaker(engine)),
    },
    True: {
        "plain": AsyncSession,
        "SQLModel": sqlmodel.ext.asyncio.session.AsyncSession,
        "sessionmaker": lambda engine: async_sessionmaker(engine)(),
        "scoped": lambda engine: async_scoped_session(async_sessionmaker(engine), asyncio.current_task),
    },
}


async def done(outcome: Any) -> Any:
    """Wait for what a session returned, if it is asynchronous."""
    return await outcome if inspect.isawaitable(outcome) else outcome


@dataclass
class Subject:
    """One kind of session on one engine."""

    engine: Any
    kind: Any

    @property
    def waits(self) -> bool:
        return isinstance(self.engine, AsyncEngine)

    @asynccontextmanager
    async def opened(self, **options):
        session = self.kind(self.engine.execution_options(**options) if options else self.engine)
        try:
            yield session
        finally:
            await done(session.remove() if hasattr(session, "registry") else session.close())

    @asynccontextmanager
    async def acting(self, *arguments, **options):
        async with self.opened() as session, acting_as(session, *arguments, **options):
            yield session


async def who(session: Any) -> tuple[str, str | None]:
    user, uid, _ = (await done((await done(session.connection())).execute(WHO))).one()
    return user, uid


async def every_transaction(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        for end in ("commit", "rollback", "commit"):
            assert await who(session) == AS_ANN
            await done(getattr(session, end)())
        assert await who(session) == AS_ANN


async def savepoints(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        for end in ("commit", "rollback"):
            nested = await done(session.begin_nested())
            assert await who(session) == AS_ANN
            await done(getattr(nested, end)())
            assert await who(session) == AS_ANN


async def errors(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        for _ in range(2):
            with pytest.raises(DBAPIError):
                await done(session.execute(text("SELECT 1/0")))
            await done(session.rollback())
            assert await who(session) == AS_ANN
        nested = await done(session.begin_nested())
        with pytest.raises(DBAPIError):
            await done(session.execute(text("SELECT 1/0")))
        await done(nested.rollback())
        assert await who(session) == AS_ANN


async def an_exception_of_the_caller(subject: Subject) -> None:
    with suppress(KeyError):
        async with subject.acting(ANN) as session:
            await done(session.execute(text("SELECT 1")))
            raise KeyError


async def the_connection_ends_the_transaction(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        for end in ("commit", "rollback"):
            await done(getattr(await done(session.connection()), end)())
            assert await who(session) == AS_ANN


async def closed_and_used_again(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        assert await who(session) == AS_ANN
        await done(session.close())
        assert await who(session) == AS_ANN


async def objects(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        session.add(Note(id=7, owner=ANN))
        await done(session.commit())
        note = await done(session.get(Note, 7))
        await done(session.refresh(note))
        assert (note.owner, await done(session.get(Note, 2))) == (ANN, None)
        session.add(Note(id=8, owner=BOB))
        with pytest.raises(DBAPIError, match="row-level security"):
            await done(session.flush())
        await done(session.rollback())
        await done(session.delete(await done(session.get(Note, 7))))
        await done(session.commit())
        session.add(Note(id=9, owner=ANN))
        await done(session.flush())  # and the block ends without a commit
    async with subject.opened() as session, acting_as_service(session):
        assert sorted((await done(session.execute(select(Note.id)))).scalars()) == [1, 2]


async def one_after_the_other(subject: Subject) -> None:
    kept = []
    async with subject.opened() as session:
        for person, row in ((ANN, 1), (BOB, 2)):
            async with acting_as(session, person):
                assert await who(session) == ("authenticated", str(person))
                kept += (await done(session.execute(select(Note)))).scalars()
                assert kept[-1].id == row
        assert (await who(session))[0] == "postgres"
        assert len(kept) == 2


async def two_at_once(subject: Subject) -> None:
    async with subject.acting(ANN) as session:
        assert await who(session) == AS_ANN
        with pytest.raises(SettingsError, match="already begun"):
            async with acting_as(session, BOB):
                pass
        assert await who(session) == AS_ANN


async def other_roles(subject: Subject) -> None:
    async with subject.acting(role="anon") as session:
        assert await who(session) == ("anon", None)
    async with subject.opened() as session, acting_as_service(session):
        assert await who(session) == ("service_role", None)


async def a_role_that_may_not_be_taken(subject: Subject) -> None:
    for role, reason in (('no "such" role', "does not exist"), ("supabase_admin", "permission denied")):
        async with subject.acting(ANN, role=role) as session:
            for _ in range(2):
                with pytest.raises(DatabaseUnreachable, match=reason):
                    await done(session.get(Note, 1))
                with pytest.raises(sqlalchemy.exc.SQLAlchemyError):  # never an answer as somebody else
                    await done(session.get(Note, 1))
                await done(session.rollback())


async def autocommit(subject: Subject) -> None:
    async with subject.opened(isolation_level="AUTOCOMMIT") as session, acting_as(session, ANN):
        with pytest.raises(DatabaseUnreachable, match="autocommit"):
            await done(session.get(Note, 1))
        with pytest.raises(sqlalchemy.exc.SQLAlchemyError):
            await done(session.get(Note, 1))
        await done(session.rollback())


async def a_block_that_cannot_wait(subject: Subject) -> None:
    """Around an asynchronous session, a plain `with` ends before the transaction does."""
    async with subject.opened() as session:
        with acting_as(session, ANN):
            session.add(Note(id=9, owner=ANN))
            await done(session.flush())
            assert await who(session) == AS_ANN
        if subject.waits:
            with pytest.raises(SettingsError, match="already begun"), acting_as(session, BOB):
                pass
            for attempt in (lambda: session.execute(text("SELECT 1")), session.commit):
                with pytest.raises(SettingsError, match="acting_as has ended"):
                    await done(attempt())
            await done(session.rollback())
        assert (await who(session))[0] == "postgres"
        assert (await done(session.execute(select(Note.id).order_by(Note.id)))).scalars().all() == [1, 2]


async def removed_inside_the_block(subject: Subject) -> None:
    """What a registry makes next is nobody's session."""

    async def removed(session: Any) -> None:
        async with acting_as(session, ANN):
            assert await who(session) == AS_ANN
            await done(session.remove())
            await who(session)

    async with subject.opened() as session:
        if hasattr(session, "registry"):
            with pytest.raises(SettingsError, match="removed inside the block"):
                await removed(session)


CASES = [
    *(every_transaction, savepoints, errors, an_exception_of_the_caller, the_connection_ends_the_transaction),
    *(closed_and_used_again, objects, one_after_the_other, two_at_once, other_roles),
    *(a_role_that_may_not_be_taken, autocommit, a_block_that_cannot_wait),
    removed_inside_the_block,
]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def url(new_database) -> Iterator[str]:
    with new_database() as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(TABLE)
            cursor.execute("INSERT INTO matrix_note VALUES (1, %s), (2, %s)", [str(ANN), str(BOB)])
        yield url


@pytest.fixture(scope="module", params=DRIVERS)
def engine(url: str, loop: asyncio.Runner, request: pytest.FixtureRequest) -> Iterator[Any]:
    scheme, create = DRIVERS[request.param]
    made = create(url.replace("postgresql", scheme, 1), pool_size=1, max_overflow=0, pool_timeout=5)
    yield made
    loop.run(done(made.dispose()))


@pytest.fixture(params=KINDS[True])
def subject(engine: Any, request: pytest.FixtureRequest) -> Subject:
    return Subject(engine, KINDS[isinstance(engine, AsyncEngine)][request.param])


@pytest.mark.filterwarnings("ignore:transaction already deassociated:sqlalchemy.exc.SAWarning")
@pytest.mark.filterwarnings(r"ignore:[\s\S]*session.exec:DeprecationWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_one_identity_and_nothing_left(subject: Subject, case: Any, loop: asyncio.Runner) -> None:
    async def tried() -> None:
        await case(subject)
        assert subject.engine.pool.checkedout() == 0
        async with subject.opened() as session:  # the pool has one connection, so it is the same
            user, uid, claims = (await done(session.execute(WHO))).one()
            assert (user, uid, claims or "") == ("postgres", None, "")

    loop.run(tried())
