"""A lock between processes that is released even if a process is killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock on a file, which is created if it is missing and stays.

    The operating system releases it when the process ends, for whatever reason.

    Args:
        path: The file.
        wait: Wait until it is free; else give up at once.

    Yields:
        Whether the lock is held: always true with `wait`.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            held = _lock(descriptor, wait=wait)
            if held and not _still_at(path, descriptor):
                continue  # the previous holder removed the file, so this lock protects nothing
            yield held
            return
        finally:
            os.close(descriptor)  # which releases the lock


def _still_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int, *, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            # LK_LOCK gives up after ten seconds, so wait again.
            while True:
                try:
                    msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    if not wait:
                        raise
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
