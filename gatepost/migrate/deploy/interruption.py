"""Let Ctrl-C end a statement at once; the driver's library itself would wait until the server answers."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

log = logging.getLogger("gatepost.migrate")


@contextmanager
def cancelled_by_ctrl_c(connection: Connection) -> Iterator[None]:
    """Cancel the statement that runs when SIGINT arrives, inside the block, so that Python raises KeyboardInterrupt.

    Python's own handler runs only after the statement has returned. The signal's number, however, is written to a
    socket at once, where a thread reads it (https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd).
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals do not arrive in other threads
        return
    reader, writer = socket.socketpair()
    with closing(reader), closing(writer):
        writer.setblocking(False)
        watching = threading.Thread(target=_watch, args=(reader, connection), daemon=True)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        watching.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            writer.shutdown(socket.SHUT_WR)
            watching.join()


def _watch(signals: socket.socket, connection: Connection) -> None:
    from psycopg2 import Error

    while arrived := signals.recv(64):
        if signal.SIGINT in arrived:
            try:
                connection.cancel()
            except Error as error:
                log.debug("there is nothing to cancel: %s", error)
