"""The users of the app.

`users.id` is the id of the platform's `auth.users`, kept as text as the app has always kept it.
`password_hash` and the passkey columns are the app's secrets.
"""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Column, Text
from sqlmodel import Field, Relationship

from models.base import Base
from models.columns import moment, new_id

if TYPE_CHECKING:
    from models.work import Stream, Task


class User(Base, table=True):
    __tablename__: ClassVar[str] = "users"

    id: str = Field(default_factory=new_id, sa_column=Column(Text, primary_key=True))
    email: str = Field(sa_column=Column(Text, unique=True, nullable=False))
    password_hash: str | None = Field(default=None, sa_column=Column(Text))
    name: str | None = Field(default=None, sa_column=Column(Text))
    google_id: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    passkey_credential_id: str | None = Field(default=None, sa_column=Column(Text))
    passkey_public_key: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True, at_update=True))

    tasks: list["Task"] = Relationship(back_populates="user")
    streams: list["Stream"] = Relationship(back_populates="user")
