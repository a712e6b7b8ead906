"""A class with a column that its user may not read: what the ORM does by itself still works."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from gatepost.database.impersonation.acting import acting_as

TABLES = """
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


@pytest.fixture(params=["psycopg2", "psycopg"])
def session(database_url: str, request: pytest.FixtureRequest) -> Iterator[Session]:
    engine = create_engine(database_url.replace("postgresql", f"postgresql+{request.param}", 1))
    with engine.begin() as connection:
        for statement in TABLES.split(";\n"):
            connection.execute(text(statement)) if statement.strip() else None
        connection.execute(text(f"INSERT INTO hiding_profile VALUES ('{ANN}', 'ann@x', 'cus_1', true)"))
        connection.execute(text(f"INSERT INTO hiding_note VALUES (1, '{ANN}')"))
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
