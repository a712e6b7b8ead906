"""Commit or roll back the transaction of a transfer, whatever happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost.transfer.load.copy import refusal


@contextmanager
def ending(connection: Connection) -> Iterator[None]:
    """End the transaction in every case, and report PostgreSQL's error in one sentence."""
    try:
        yield
    except psycopg2.Error as error:
        raise refusal("the transfer", error) from error
    finally:
        if not connection.closed:
            with suppress(psycopg2.Error):
                connection.rollback()
