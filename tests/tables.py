"""Tables for the tests of the policy language, with the names and types that break a careless renderer."""

import enum

from sqlalchemy import (
    CHAR,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship


class State(enum.StrEnum):
    """Stored by name, so that the value must never be what is written."""

    OPEN = "open"
    DONE = "done"


class Base(DeclarativeBase):
    metadata = MetaData()


class User(Base):
    __tablename__ = "user"
    id = mapped_column(Uuid, primary_key=True)
    email = mapped_column(Text)


class Team(Base):
    __tablename__ = "team"
    id = mapped_column(Integer, Identity(), primary_key=True)


class Member(Base):
    __tablename__ = "my table"
    id = mapped_column(Integer, primary_key=True)
    team_id = mapped_column(ForeignKey("team.id"), index=True)
    user_id = mapped_column(Uuid, index=True)
    user_text = mapped_column(Text, index=True)
    active = mapped_column(Boolean)


class Note(Base):
    """Owned by a user, in a team; every column that a rule compares has an index."""

    __tablename__ = "CamelTable"
    __table_args__ = (Index("lowered", "name"),)
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(Uuid, ForeignKey("user.id"), index=True)
    owner_text = mapped_column(Text, index=True)
    owner_name = mapped_column(String(50), index=True)
    owner_char = mapped_column(CHAR(36), index=True)
    team_id = mapped_column(Integer, ForeignKey("team.id"), index=True)
    order = mapped_column(Integer, index=True)
    name = mapped_column(Text, index=True)
    flag = mapped_column(Boolean, index=True)
    amount = mapped_column(Numeric, index=True)
    unindexed = mapped_column(Uuid)
    state = mapped_column(Enum(State, name="State"), index=True)
    data = mapped_column(JSONB)
    tags = mapped_column(ARRAY(Text))
    readers = mapped_column(ARRAY(Uuid))
    at = mapped_column(DateTime(timezone=True))
    day = mapped_column(Date, index=True)
    blob = mapped_column(LargeBinary)
    percent = mapped_column("100% of it", Integer)

    user = relationship(User)


def table(name, *columns, schema=None, metadata=None):
    """Return a table of its own; without columns it has an integer key."""
    columns = columns or (Column("id", Integer, Identity(), primary_key=True),)
    return Table(name, metadata if metadata is not None else MetaData(), *columns, schema=schema)
