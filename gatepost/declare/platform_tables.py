"""What a rule on a table of the platform compares, and the platform's table of users for a foreign key.

Source: https://supabase.com/docs/guides/storage/schema/helper-functions,
https://supabase.com/docs/guides/realtime/authorization
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, Text, Uuid, column, literal_column

from gatepost.auth import SessionValue
from gatepost.declare.source_location import with_source_location
from gatepost.errors import DeclarationError


def bucket() -> ColumnElement[Any]:
    """Return the bucket of a file, for a rule on `"storage.objects"`: `bucket() == "avatars"`."""
    return column("bucket_id", Text())


@with_source_location
def folder(number: int) -> ColumnElement[Any]:
    """Return one folder of a file's path, for a rule on `"storage.objects"`: `folder(1) == uid()`.

    Args:
        number: Which folder, counted from 1 as PostgreSQL's arrays are.

    Raises:
        DeclarationError: `number` is below 1, where no file has a folder.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise DeclarationError(f"folder({number!r}) is no folder: the first one is 1", "folder(1) == uid()")
    return literal_column(f"(storage.foldername(name))[{number}]", Text())


def topic() -> SessionValue:
    """Return the channel that is joined, for a rule on `"realtime.messages"`: `topic() == "lobby"`."""
    return SessionValue("realtime.topic()", "text")


def auth_users(metadata: MetaData) -> Table:
    """Add the platform's table of users to a metadata object, so that a model can refer to it.

    `user_id: UUID = Field(foreign_key="auth.users.id")` then works. Migrations neither create nor change the table.

    Args:
        metadata: The models' metadata, such as `SQLModel.metadata`.
    """
    known = metadata.tables.get("auth.users")
    return known if known is not None else Table("users", metadata, Column("id", Uuid, primary_key=True), schema="auth")
