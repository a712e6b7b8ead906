"""Tasks that users give to the goblins, and the results.

Tasks and streams belong to their user; a chunk belongs to its stream. Both lists are shown newest
first, so the owner's index carries `created_at` behind `user_id`. Chunks are read a stream at a time,
and their index stays narrow: PostgreSQL then stores a stream's id once for all of its chunks
(https://www.postgresql.org/docs/17/btree.html#BTREE-DEDUPLICATION).
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Text
from sqlmodel import Field, Relationship

from models.accounts import User
from models.base import Base
from models.columns import flag, moment, new_id, number_key


class Task(Base, table=True):
    __tablename__: ClassVar[str] = "tasks"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: str = Field(default_factory=new_id, sa_column=Column(Text, primary_key=True))
    user_id: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    goblin: str = Field(sa_column=Column(Text, nullable=False))
    task: str = Field(sa_column=Column(Text, nullable=False))
    code: str | None = Field(default=None, sa_column=Column(Text))
    provider: str | None = Field(default=None, sa_column=Column(Text))
    model: str | None = Field(default=None, sa_column=Column(Text))
    status: str | None = Field(default="queued", sa_column=Column(Text))
    """queued, running, completed, failed or cancelled"""
    result: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True, at_update=True))

    user: User | None = Relationship(back_populates="tasks")


class Stream(Base, table=True):
    __tablename__: ClassVar[str] = "streams"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: str = Field(default_factory=new_id, sa_column=Column(Text, primary_key=True))
    user_id: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    goblin: str = Field(sa_column=Column(Text, nullable=False))
    task: str = Field(sa_column=Column(Text, nullable=False))
    code: str | None = Field(default=None, sa_column=Column(Text))
    provider: str | None = Field(default=None, sa_column=Column(Text))
    model: str | None = Field(default=None, sa_column=Column(Text))
    status: str | None = Field(default="running", sa_column=Column(Text))
    """running, completed or cancelled"""
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))

    user: User | None = Relationship(back_populates="streams")
    chunks: list["StreamChunk"] = Relationship(back_populates="stream")


class StreamChunk(Base, table=True):
    __tablename__: ClassVar[str] = "stream_chunks"

    id: int | None = Field(default=None, sa_column=number_key())
    stream_id: str = Field(sa_column=Column(Text, ForeignKey("streams.id"), nullable=False, index=True))
    content: str | None = Field(default=None, sa_column=Column(Text))
    token_count: int | None = Field(default=None, sa_column=Column(Integer))
    cost_delta: float | None = Field(default=None, sa_column=Column(Float))
    done: bool | None = Field(default=False, sa_column=flag(False))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))

    stream: Stream | None = Relationship(back_populates="chunks")
