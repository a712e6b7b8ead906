"""A database that is gone when its maker is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gatepost.database.url import parse_url


@contextmanager
def guarded(server: str, database: str, roles: Iterable[str] = ()) -> Iterator[None]:
    """See to it that a database is dropped when the block ends, or the process, even by force.

    Args:
        server: A URL of an account that may drop it; to another database of the same server.
        database: The database, which is made inside the block.
        roles: Roles that are dropped after it.
    """
    guard = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", str(Path(__file__).with_name("watchdog.py"))],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C ends us, and it cleans up after us
    )
    assert guard.stdin is not None  # noqa: S101  asked for above
    told = {"connect": parse_url(server).connect_arguments(), "database": database, "roles": list(roles)}
    guard.stdin.write(json.dumps(told).encode() + b"\n")
    guard.stdin.flush()
    try:
        yield
    finally:
        guard.communicate()  # closes its input, and waits until it has cleaned up
