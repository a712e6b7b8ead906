"""Eight tables of an application for notes in teams: what a small product has before its first hundred customers."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, DateTime, func, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from gatepost import auth_users


class Base(SQLModel, registry=registry()):
    """The application's own registry, apart from that of other tests."""


auth_users(Base.metadata)


def now():
    return Field(default=None, sa_column=Column(DateTime(timezone=True), server_default=func.now(), nullable=False))


class Profile(Base, table=True):
    __tablename__ = "profiles"
    id: UUID = Field(primary_key=True, foreign_key="auth.users.id")
    display_name: str = ""
    stripe_customer: str | None = None


class Organisation(Base, table=True):
    __tablename__ = "organisations"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    plan: str = "free"


class Team(Base, table=True):
    __tablename__ = "teams"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisations.id", index=True)
    name: str


class Membership(Base, table=True):
    __tablename__ = "memberships"
    team_id: UUID = Field(primary_key=True, foreign_key="teams.id")
    user_id: UUID = Field(primary_key=True, foreign_key="profiles.id", index=True)
    role: str = "member"


class Invitation(Base, table=True):
    __tablename__ = "invitations"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    team_id: UUID = Field(foreign_key="teams.id", index=True)
    invited_by: UUID = Field(foreign_key="profiles.id", index=True)
    email: str = Field(index=True)
    token: str = Field(default=None, sa_column_kwargs={"server_default": text("gen_random_uuid()::text")})
    accepted_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class Note(Base, table=True):
    __tablename__ = "notes"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    team_id: UUID = Field(foreign_key="teams.id", index=True)
    author_id: UUID = Field(foreign_key="profiles.id", index=True)
    title: str
    body: str = ""
    is_draft: bool = True
    created_at: datetime = now()


class Comment(Base, table=True):
    __tablename__ = "comments"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    note_id: UUID = Field(foreign_key="notes.id", index=True)
    author_id: UUID = Field(foreign_key="profiles.id", index=True)
    body: str
    created_at: datetime = now()


class File(Base, table=True):
    __tablename__ = "files"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    note_id: UUID = Field(foreign_key="notes.id", index=True)
    uploader_id: UUID = Field(foreign_key="profiles.id", index=True)
    path: str = Field(unique=True)
    size: int = 0
