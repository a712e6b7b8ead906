"""Drop databases when the processes that created them end."""

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
from gatepost.local.account import inherited_environment
from gatepost.local.cluster import SUPERUSER
from gatepost.local.visitors import alive


@contextmanager
def guarded(server: str, database: str, *, visited: LocalServer | None = None) -> Iterator[None]:
    """Drop a database when the block ends, or when the process ends, even by force.

    Args:
        server: A URL of an account that may drop it; to another database of the same server.
        database: The database, which is created inside the block.
        visited: The server, if it was started for this database and should be left afterwards.
    """
    guard = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", str(Path(__file__).with_name("cleanup_process.py"))],
        stdin=subprocess.PIPE,
        env=inherited_environment(),
        start_new_session=True,  # Ctrl-C ends this process, and the other one then cleans up
    )
    assert guard.stdin is not None  # noqa: S101  requested above
    instructions = {
        "connect": parse_url(server).connect_arguments(),
        "database": database,
        "visited": str(visited.directory) if visited is not None else None,
    }
    guard.stdin.write(json.dumps(instructions).encode() + b"\n")
    guard.stdin.flush()
    try:
        yield
    finally:
        guard.communicate()  # closes its input, and waits for the cleanup


def new_name(prefix: str) -> str:
    """Return a database name that contains the id of the process that creates it."""
    return f"{prefix}{os.getpid()}_{secrets.token_hex(4)}"


def sweep(server: LocalServer, prefix: str) -> None:
    """Drop the databases of processes that ended together with their cleanup process.

    Args:
        server: A server on this machine, because only here the process ids mean something.
        prefix: The prefix of the databases' names.
    """
    with closing(connect(server.url(user=SUPERUSER))) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        found = [str(name) for (name,) in cursor.fetchall()]
    for name in found:
        pid = name.removeprefix(prefix).partition("_")[0]
        if pid.isdigit() and not alive(int(pid)):
            server.drop(name)
