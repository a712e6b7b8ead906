"""Who uses a server only for a while: where such a visitor has started it, the last one to leave stops it.

A visitor is a file beside the server that is named after a database of its own and holds the number of its process, so
that one that was killed counts no longer. Everything here is asked and done while the server's lock is held.
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
        name: What tells the visitor from every other.
        started: Whether the server was started for it.
    """
    folder = directory / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(str(os.getpid()))
    if started:
        (directory / _STARTED).touch()


def leave(directory: Path, name: str) -> bool:
    """Strike a visitor out, and tell whether the server is to be stopped: visitors started it, and none is left."""
    (directory / FOLDER / name).unlink(missing_ok=True)
    if not (directory / _STARTED).exists():
        return False
    for file in (directory / FOLDER).glob("*"):
        if _alive(file):
            return False
        file.unlink(missing_ok=True)
    return True


def stay(directory: Path) -> None:
    """Note that the server is meant to run from now on, or that it does not run."""
    (directory / _STARTED).unlink(missing_ok=True)


def clear(directory: Path) -> None:
    """Remove everything that was noted."""
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
    """Tell whether a process of this machine lives; where the system cannot be asked, it does."""
    if os.name == "nt":  # os.kill(pid, 0) ends a process there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
