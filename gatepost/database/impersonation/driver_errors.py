"""Read what the server said from an error of psycopg2, psycopg 3 or asyncpg, as SQLAlchemy passes it on."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DBAPIError

INSUFFICIENT_PRIVILEGE = "42501"
"""What PostgreSQL raises where a privilege is missing, and where a new row violates a policy
(https://www.postgresql.org/docs/17/errcodes-appendix.html)."""
INVALID_PARAMETER_VALUE = "22023"
INVALID_TEXT = "22P02"
"""What PostgreSQL raises for a text that is no uuid, number or date."""


def sqlstate(error: DBAPIError) -> str:
    """Return the server's error code, or the empty string where the error is not the server's."""
    original: Any = error.orig
    return getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""


def server_message(error: DBAPIError) -> str:
    """Return the server's first sentence, without the driver's words around it."""
    original: Any = error.orig
    described = getattr(original, "diag", None)
    if described is not None:
        return described.message_primary or ""
    # SQLAlchemy's error of asyncpg has the server's own as its cause.
    return getattr(original.__cause__, "message", None) or ""
