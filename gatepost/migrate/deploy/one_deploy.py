"""Let one deploy at a time change a database, by an advisory lock of the session.

A lock of the transaction would end with the first `autocommit_block` of a revision, and a second deploy would run the
same revision from there on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.blockers import holder_of_advisory_lock
from gatepost.database.pooler_mode import lends_by_transaction
from gatepost.database.reading import reading
from gatepost.errors import MigrationError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from gatepost.database.url import DatabaseUrl

log = logging.getLogger("gatepost.migrate")

LOCK = "gatepost: migrate"
KEY = f"pg_catalog.hashtext({sql.literal(LOCK)})"
_POLL = 0.5
_REMIND = 60.0


def refuse_lent_processes(connection: Connection, url: DatabaseUrl) -> None:
    """Refuse a pooler that lends a process of the server for each transaction only.

    A lock of the session would stay with a process that other clients get next.

    Raises:
        MigrationError: there is such a pooler, or one that does not show what it is.
    """
    lends = lends_by_transaction(connection, url)
    if lends is False:
        return
    how = "is a pooler in transaction mode" if lends else "is a pooler that accepts no second client to show its mode"
    raise MigrationError(
        f'"{url.host}" port {url.port} {how}, and a migration needs a session that nobody else uses',
        "use the server's own port, or a pooler in session mode",
    )


@contextmanager
def one_deploy_at_a_time(connection: Connection) -> Iterator[None]:
    """Hold the advisory lock in the block; wait for another deploy before it, and say which one.

    Args:
        connection: In no transaction, and left in none.
    """
    waited, reminded = 0.0, 0.0
    while not _scalar(connection, f"SELECT pg_catalog.pg_try_advisory_lock({KEY})"):
        if not waited or waited - reminded >= _REMIND:
            reminded = waited
            log.warning("another migration of this database is running; waiting for it to end%s", _holder(connection))
        time.sleep(_POLL)
        waited += _POLL
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            _scalar(connection, f"SELECT pg_catalog.pg_advisory_unlock({KEY})")


def _holder(connection: Connection) -> str:
    key = int(str(_scalar(connection, f"SELECT {KEY}")))
    with reading(connection) as found:
        holder = holder_of_advisory_lock(found.cursor, key)
    return f" ({holder.sentence})" if holder is not None else ""


def _scalar(connection: Connection, query: str) -> object:
    """Return the only value of a query, run in a transaction of its own: nothing is held while we wait."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    connection.commit()
    return row[0] if row else None
