"""Collections of documents that every signed-in user can search."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Integer, Text
from sqlmodel import Field, Relationship

from models.base import Base
from models.columns import json_value, moment, number_key


class SearchCollection(Base, table=True):
    __tablename__: ClassVar[str] = "search_collections"

    id: int | None = Field(default=None, sa_column=number_key())
    name: str = Field(sa_column=Column(Text, unique=True, nullable=False))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))

    documents: list["SearchDocument"] = Relationship(back_populates="collection")


class SearchDocument(Base, table=True):
    __tablename__: ClassVar[str] = "search_documents"

    id: int | None = Field(default=None, sa_column=number_key())
    collection_id: int = Field(
        sa_column=Column(Integer, ForeignKey("search_collections.id"), nullable=False, index=True)
    )
    document_id: str = Field(sa_column=Column(Text, nullable=False))
    document: str = Field(sa_column=Column(Text, nullable=False))
    document_metadata: Any = Field(default=None, sa_column=json_value())
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))

    collection: SearchCollection | None = Relationship(back_populates="documents")
