"""The five kinds of columns that the tables share; everything else is written out in its class.

Text without a length is `text`, not unbounded `varchar`. The two store and cost the same, but
PostgreSQL compares `varchar` by casting it to `text` first, so that every policy and every index
condition would carry a `(user_id)::text` to read past. Turning one into the other rewrites no row
(https://www.postgresql.org/docs/17/datatype-character.html).
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Boolean, Column, DateTime, Identity, Integer, false, func, true
from sqlalchemy.dialects.postgresql import JSONB


def new_id() -> str:
    """Return a new UUID as the text that `users`, `tasks` and `streams` use as their key."""
    return str(uuid4())


def number_key() -> Column[int]:
    """Return an integer primary key that the database fills in and a transfer may fill in itself.

    An identity needs no grant on a sequence, which SERIAL does; BY DEFAULT lets moved rows keep their number
    (https://www.postgresql.org/docs/17/ddl-identity-columns.html).
    """
    return Column(Integer, Identity(), primary_key=True)


def moment(*, at_insert: bool = False, at_update: bool = False) -> Column[datetime]:
    """Return a point in time: `timestamptz` on PostgreSQL.

    SQLite knows no time zone: a moment comes back naive there and is UTC, as the legacy database has it.
    Give it UTC as well.

    Args:
        at_insert: The database sets it to now() where an insert leaves it out.
        at_update: An update through the ORM sets it to now().
    """
    return Column(
        DateTime(timezone=True),
        server_default=func.now() if at_insert else None,
        onupdate=func.now() if at_update else None,
    )


def json_value(*, required: bool = False) -> Column[Any]:
    """Return a JSON value: `jsonb` on PostgreSQL.

    `None` is SQL NULL. A JSON null is written with `sqlalchemy.JSON.NULL`; without `none_as_null` every field
    that is merely left out would be stored as one.
    """
    kind = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    return Column(kind, nullable=not required)


def flag(default: bool, *, required: bool = False) -> Column[bool]:
    """Return a truth value with a default in the database.

    Legacy rows hold NULL as well as 0 and 1, and NULL stays what it is: it is nullable unless `required`, so
    that no row has to be changed or refused on its way here. A policy that requires true does not match NULL.
    """
    return Column(Boolean, server_default=true() if default else false(), nullable=not required)
