"""Find out whether a connection keeps one process of the server, or a pooler lends it another for each transaction."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress
from threading import Timer
from typing import TYPE_CHECKING

from gatepost.database.connect import dial
from gatepost.database.connection_errors import Diagnosis
from gatepost.database.reading import reading
from gatepost.database.url import DatabaseUrl

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


def server_process(connection: Connection) -> int:
    """Return the number of the process that answers, read in a transaction of its own."""
    with reading(connection) as found:
        found.cursor.execute("SELECT pg_backend_pid()")
        row = found.cursor.fetchone()
    return int(row[0]) if row else 0


def lends_by_transaction(connection: Connection, url: DatabaseUrl, timeout: int = 10) -> bool | None:
    """Return whether a pooler lends the connection a process for each transaction only.

    The process number that a pooler reports differs from the server's. Two clients that follow each other on one
    process, while the first is still open, are in transaction mode; and so is one whose transactions are answered by
    two processes.

    Args:
        connection: In no transaction.
        url: Where it leads to, for a second client.
        timeout: Seconds in which the second client must be answered.

    Returns:
        None if there is a pooler that does not answer a second client, so that its mode does not show.
    """
    process = server_process(connection)  # its end returns the process, if it was lent for a transaction
    if process == connection.info.backend_pid:
        return False
    second = dial(url, application_name="gatepost pooler check", read_only=True, connect_timeout=timeout)
    other = None if isinstance(second, Diagnosis) else _within(second, timeout)
    if process in (other, None) or server_process(connection) != process:
        return True
    return None if other is None else False


def _within(connection: Connection, timeout: int) -> int | None:
    """Return the process that answers a connection, or None if none does in time; the connection is closed."""
    from gatepost.errors import DatabaseUnreachable

    with closing(connection), socket.socket(fileno=os.dup(connection.fileno())) as line:

        def hang_up() -> None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        timer = Timer(timeout, hang_up)
        timer.start()
        try:
            return server_process(connection)
        except DatabaseUnreachable:
            return None
        finally:
            timer.cancel()
            timer.join()
