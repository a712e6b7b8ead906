"""A class with a column that its user may not read: what the ORM does by itself still works."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    with_polymorphic,
)

from gatepost.database.impersonation.acting import acting_as

TABLES = """
    CREATE TABLE hiding_person (id uuid PRIMARY KEY, kind text, email text, secret text);
    CREATE TABLE hiding_staff (id uuid PRIMARY KEY REFERENCES hiding_person, desk text, salary int);
    GRANT SELECT (id, kind, email), INSERT (id, kind, email), UPDATE (email) ON hiding_person TO authenticated;
    GRANT SELECT (id, desk), INSERT (id, desk), UPDATE (desk) ON hiding_staff TO authenticated;
    CREATE TABLE hiding_profile
      (id uuid PRIMARY KEY, email text NOT NULL, stripe text, is_admin boolean NOT NULL DEFAULT false);
    CREATE TABLE hiding_note (id int PRIMARY KEY, owner uuid NOT NULL REFERENCES hiding_profile);
    GRANT SELECT, INSERT, UPDATE ON hiding_note TO authenticated;
    GRANT SELECT (id, email), INSERT (id, email), UPDATE (email) ON hiding_profile TO authenticated;
"""
ANN, BOB = UUID(int=1), UUID(int=2)


class Base(DeclarativeBase):
    pass


class Profile(Base):
    __tablename__ = "hiding_profile"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    secret: Mapped[str | None] = mapped_column("stripe")
    is_admin: Mapped[bool] = mapped_column(server_default=text("false"))
    notes: Mapped[list["Note"]] = relationship(back_populates="by")


class Note(Base):
    __tablename__ = "hiding_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[UUID] = mapped_column(ForeignKey("hiding_profile.id"))
    by: Mapped[Profile] = relationship(back_populates="notes", lazy="joined")


class Person(Base):
    __tablename__ = "hiding_person"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    email: Mapped[str]
    secret: Mapped[str | None]
    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Staff(Person):
    __tablename__ = "hiding_staff"
    id: Mapped[UUID] = mapped_column(ForeignKey("hiding_person.id"), primary_key=True)
    desk: Mapped[str]
    salary: Mapped[int | None]
    __mapper_args__: ClassVar = {"polymorphic_identity": "staff"}


@pytest.fixture(params=["psycopg2", "psycopg"])
def session(database_url: str, request: pytest.FixtureRequest) -> Iterator[Session]:
    engine = create_engine(database_url.replace("postgresql", f"postgresql+{request.param}", 1))
    with engine.begin() as connection:
        for statement in TABLES.split(";\n"):
            connection.execute(text(statement)) if statement.strip() else None
        connection.execute(text(f"INSERT INTO hiding_profile VALUES ('{ANN}', 'ann@x', 'cus_1', true)"))
        connection.execute(text(f"INSERT INTO hiding_note VALUES (1, '{ANN}')"))
        connection.execute(text(f"INSERT INTO hiding_person VALUES ('{ANN}', 'staff', 'ann@x', 's')"))
        connection.execute(text(f"INSERT INTO hiding_staff VALUES ('{ANN}', 'one', 5)"))
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_what_the_orm_selects_by_itself_is_what_may_be_read(session: Session) -> None:
    with acting_as(session, ANN):
        ann = session.get(Profile, ANN)
        assert (ann.email, [note.id for note in ann.notes]) == ("ann@x", [1])
        with pytest.raises(InvalidRequestError, match=r"Profile\.secret"):
            _ = ann.secret
        for again in (lambda: session.refresh(ann), session.commit):
            again()
            assert ann.email == "ann@x"  # which expired, and is read again
            with pytest.raises(InvalidRequestError, match=r"Profile\.secret"):
                _ = ann.secret
        session.expire(ann)
        assert ann.email == "ann@x"
        other = aliased(Profile)
        statements = [
            *(select(Profile), select(other), select(Profile).options(selectinload(Profile.notes))),
            select(Profile).options(joinedload(Profile.notes)),
        ]
        for statement in statements:
            session.expunge_all()
            assert session.execute(statement).unique().scalars().one().email == "ann@x"
        session.expunge_all()
        assert session.execute(select(Note)).scalars().one().by.email == "ann@x"
        assert session.execute(select(Note.id, Profile).join(Profile)).one()[1].email == "ann@x"
        assert session.execute(select(Profile.email)).scalar_one() == "ann@x"
    assert session.get(Profile, ANN).secret == "cus_1"  # and nobody else's session is changed


def test_an_insert_leaves_out_what_was_not_set(session: Session) -> None:
    with acting_as(session, BOB):
        bob = Profile(id=BOB, email="bob@x")
        session.add(bob)
        session.flush()
        session.add_all([Profile(id=UUID(int=number), email="x") for number in (3, 4)])
        session.flush()
        bob.email = "b@x"
        session.commit()
        assert bob.email == "b@x"
        session.add(Profile(id=UUID(int=5), email="x", secret="mine"))
        with pytest.raises(DBAPIError, match="permission denied"):
            session.flush()


def of_a_subclass(session: Session) -> None:
    """Read an object whose columns are in two tables, in each way that the ORM has."""
    everybody = with_polymorphic(Person, [Staff])
    for found in (select(Staff), select(Person), select(everybody)):
        session.expunge_all()
        ann = session.execute(found).scalars().one()
        assert (ann.email, ann.desk) == ("ann@x", "one")
        for forget in (lambda: None, lambda: session.expire(ann), lambda: session.expire(ann, ["salary"])):  # noqa: B023
            forget()
            for hidden in ("salary", "secret"):
                with pytest.raises(InvalidRequestError, match=f"'Staff.{hidden}' is not available"):
                    getattr(ann, hidden)
        assert (ann.email, ann.desk) == ("ann@x", "one")
    session.add(Staff(id=BOB, email="bob@x", desk="two"))
    session.commit()
    assert session.get(Staff, BOB).desk == "two"


def test_a_subclass_s_columns_are_left_out_as_well(session: Session) -> None:
    with acting_as(session, ANN):
        of_a_subclass(session)


def test_and_on_an_asynchronous_session(session: Session, database_url: str) -> None:
    async def tried() -> None:
        engine = create_async_engine(database_url.replace("postgresql", "postgresql+asyncpg", 1))
        async with AsyncSession(engine) as asynchronous, acting_as(asynchronous, ANN):
            await asynchronous.run_sync(of_a_subclass)
        await engine.dispose()

    asyncio.run(tried())


def test_a_refusal_names_the_hidden_column(session: Session) -> None:
    with pytest.raises(DBAPIError, match="permission denied") as refused, acting_as(session, ANN):
        session.execute(select(Profile.secret))
    (note,) = refused.value.__notes__
    assert "hiding_profile.stripe" in note
    assert 'hidden from "authenticated"' in note


def test_a_column_that_was_hidden_since_is_left_out_after_the_first_refusal(session: Session) -> None:
    with acting_as(session, ANN):
        assert session.execute(select(Note)).scalars().one().owner == ANN
    session.execute(
        text("REVOKE SELECT ON hiding_note FROM authenticated; GRANT SELECT (id) ON hiding_note TO authenticated")
    )
    session.commit()
    with pytest.raises(DBAPIError), acting_as(session, ANN):
        session.execute(select(Note))
    with acting_as(session, ANN):
        assert session.execute(select(Note).options(sqlalchemy.orm.lazyload(Note.by))).scalars().one().id == 1
