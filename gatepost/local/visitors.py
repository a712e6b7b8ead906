"""Processes that use a server temporarily: if visitors started it, the last one to leave stops it.

A visitor is a file beside the server. It is named after the visitor's own database and contains its process number, so
that a killed visitor no longer counts. Everything here happens while the server's lock is held.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "visitors"
_STARTED = "started-by-a-visitor"


def enter(directory: Path, name: str, *, started: bool) -> None:
    """Note a visitor.

    Args:
        directory: The server's.
        name: The unique name of the visitor.
        started: Whether the server was started for it.
    """
    folder = directory / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(str(os.getpid()))
    if started:
        (directory / _STARTED).touch()


def leave(directory: Path, name: str) -> bool:
    """Remove a visitor, and return whether to stop the server: visitors started it, and none is left."""
    (directory / FOLDER / name).unlink(missing_ok=True)
    if not (directory / _STARTED).exists():
        return False
    for file in (directory / FOLDER).glob("*"):
        if _alive(file):
            return False
        file.unlink(missing_ok=True)
    return True


def stay(directory: Path) -> None:
    """Record that the server is to keep running, or that it is not running."""
    (directory / _STARTED).unlink(missing_ok=True)


def clear(directory: Path) -> None:
    """Remove all records."""
    stay(directory)
    folder = directory / FOLDER
    for file in folder.glob("*"):
        file.unlink(missing_ok=True)
    if folder.is_dir():
        folder.rmdir()


def _alive(file: Path) -> bool:
    try:
        return alive(int(file.read_text()))
    except (OSError, ValueError):
        return False


def alive(pid: int) -> bool:
    """Return whether a process is alive; assume so if the system gives no answer."""
    if os.name == "nt":  # there, os.kill(pid, 0) ends a process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
