"""Choose and claim the directory of a project's server."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import LocalServerError
from gatepost.local.account import Account, can_enter, give
from gatepost.local.lock import locked

VARIABLE = "GATEPOST_LOCAL_DIR"
LOCK = "server.lock"
"""The file that is created first in the directory of every server, and marks it as Gatepost's."""
_PROJECT_FILES = ("alembic.ini", "pyproject.toml", ".git")
_SYSTEM_CACHE = Path("/var/cache")


@dataclass(frozen=True)
class Status:
    """What there is to know about a server."""

    directory: Path
    running: bool
    pid: int | None
    version: str | None
    profile: str | None
    outdated: bool
    """Whether another version of Gatepost shaped it: a reset makes it as this one would."""


def cache(account: Account | None) -> Path:
    """Return the directory of the servers of all projects, and create it if it is missing.

    It is the user's cache directory. The account that a server of root's runs as cannot enter /root, so there it is
    the system's, unless XDG_CACHE_HOME names one that the account can enter. A user without a home, as in a container,
    gets one in the directory for temporary files.

    Raises:
        LocalServerError: it cannot be created, or the name belongs to somebody else.
    """
    chosen = os.environ.get("XDG_CACHE_HOME")
    if account is not None:
        base = Path(chosen) if chosen and can_enter(Path(chosen), account) else _SYSTEM_CACHE
    elif chosen:
        base = Path(chosen)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    directory = base / "gatepost"
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError:
            if chosen or account is not None or sys.platform == "win32":
                raise
            return _without_home()
        if account is not None:
            directory.chmod(0o755)  # whatever the umask says, because the account must be able to enter
    except OSError as refusal:
        raise LocalServerError(
            f'the cache directory "{directory}" cannot be created: {refusal.strerror}',
            f"name a directory for the server: {VARIABLE}=... or --directory",
        ) from refusal
    return directory


def _without_home() -> Path:
    directory = Path(tempfile.gettempdir()) / f"gatepost-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or not stat.S_ISDIR(found.st_mode):
        raise LocalServerError(
            f'"{directory}" is not a directory of yours alone', f"name a directory for the server: {VARIABLE}=..."
        )
    return directory


def of_project(start: Path, account: Account | None) -> Path:
    """Return the directory for the project of `start`: one server per project, so that projects are separate.

    The project is the nearest directory upwards with an `alembic.ini`, a `pyproject.toml` or a `.git`; without any,
    it is `start`.
    """
    start = start.resolve()
    upwards = (start, *start.parents)
    root = next((step for step in upwards if any((step / file).exists() for file in _PROJECT_FILES)), start)
    word = re.sub(r"[^A-Za-z0-9]+", "-", root.name).strip("-").lower()[:24] or "root"
    return cache(account) / f"{word}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}"


def chosen(directory: Path | str | None, account: Account | None) -> Path:
    """Return the directory of the server: the given one, `GATEPOST_LOCAL_DIR`, or that of the project."""
    named = directory or os.environ.get(VARIABLE)
    return Path(named).expanduser().resolve() if named else of_project(Path.cwd(), account)


def claimed(directory: Path) -> bool:
    """Whether a server was ever created in the directory.

    Raises:
        LocalServerError: it belongs to somebody else, and may not be entered.
    """
    try:
        return (directory / LOCK).exists()
    except OSError as refusal:
        raise _unusable(directory, refusal) from refusal


@contextmanager
def held(directory: Path, account: Account | None) -> Iterator[None]:
    """Claim the directory for a server, and hold its lock.

    Raises:
        LocalServerError: it contains something else, or cannot be used by the account that runs the server.
    """
    while True:
        _claim(directory, account)
        try:
            lock = locked(directory / LOCK)
            lock.__enter__()
        except FileNotFoundError:
            continue  # somebody removed the server in between
        break
    with ExitStack() as stack:
        stack.push(lock)
        yield


def _claim(directory: Path, account: Account | None) -> None:
    try:
        reached = next(step for step in (directory, *directory.parents) if step.exists())
        if not reached.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f'"{reached}" is not a directory')
        if account is not None and not can_enter(reached, account):
            raise LocalServerError(
                f'the account "{account.name}", which a server of root\'s runs as, cannot enter "{directory}"',
                f"name a directory outside /root: {VARIABLE}=... or --directory",
            )
        if not claimed(directory):
            _take(directory, account)
    except OSError as refusal:
        raise _unusable(directory, refusal) from refusal


def _take(directory: Path, account: Account | None) -> None:
    for step in reversed((directory, *directory.parents)):
        if not step.exists():
            step.mkdir(exist_ok=True)
            if account is not None:
                step.chmod(0o755)  # whatever the umask says, because the account must be able to enter
    if any(directory.iterdir()) and not claimed(directory):  # another process may be claiming it right now
        raise LocalServerError(
            f'"{directory}" contains something other than a server of Gatepost', "name an empty or a new directory"
        )
    directory.chmod(0o700)
    give(directory, account)


def _unusable(directory: Path, refusal: OSError) -> LocalServerError:
    return LocalServerError(
        f'"{directory}" cannot be used for a server: {refusal.strerror}',
        f"name another directory: {VARIABLE}=... or --directory",
    )
