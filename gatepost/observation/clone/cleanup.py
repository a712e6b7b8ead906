"""Databases that are gone when their makers are."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.local import LocalServer
from gatepost.local.cluster import SUPERUSER
from gatepost.local.visitors import alive


@contextmanager
def guarded(server: str, database: str, *, visited: LocalServer | None = None) -> Iterator[None]:
    """See to it that a database is dropped when the block ends, or the process, even by force.

    Args:
        server: A URL of an account that may drop it; to another database of the same server.
        database: The database, which is made inside the block.
        visited: The server, where it was visited in the name of the database, and is to be left after it.
    """
    guard = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", str(Path(__file__).with_name("cleanup_process.py"))],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C ends us, and it cleans up after us
    )
    assert guard.stdin is not None  # noqa: S101  asked for above
    told = {
        "connect": parse_url(server).connect_arguments(),
        "database": database,
        "visited": str(visited.directory) if visited is not None else None,
    }
    guard.stdin.write(json.dumps(told).encode() + b"\n")
    guard.stdin.flush()
    try:
        yield
    finally:
        guard.communicate()  # closes its input, and waits until it has cleaned up


def new_name(prefix: str) -> str:
    """Return a name for a database that says which process made it."""
    return f"{prefix}{os.getpid()}_{secrets.token_hex(4)}"


def sweep(server: LocalServer, prefix: str) -> None:
    """Drop the databases of processes that are gone, and whose watchdogs went with the machine.

    Args:
        server: A server on this machine, which alone knows its processes.
        prefix: How the names of the databases begin.
    """
    with closing(connect(server.url(user=SUPERUSER))) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        found = [str(name) for (name,) in cursor.fetchall()]
    for name in found:
        pid = name.removeprefix(prefix).partition("_")[0]
        if pid.isdigit() and not alive(int(pid)):
            server.drop(name)
