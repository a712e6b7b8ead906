"""Choose the operating system account that the server runs as, and what it inherits from this process.

PostgreSQL refuses to run as root (https://www.postgresql.org/docs/17/creating-cluster.html), so if this process
is root, the server gets an account without rights; otherwise it runs as the account of this process.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import LocalServerError

ACCOUNTS = ("postgres", "nobody")
"""`postgres` first, because it exists for this, while other programs also run as `nobody`."""

_INHERITED = frozenset(
    "PATH HOME USER LANG LANGUAGE TZ TMPDIR TEMP TMP LD_LIBRARY_PATH DYLD_LIBRARY_PATH KRB5CCNAME KRB5_CONFIG"
    " SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT USERPROFILE USERNAME APPDATA LOCALAPPDATA PROGRAMDATA".split()
)


def inherited_environment() -> dict[str, str]:
    """Return the variables that a program of ours gets from this process: none with an address, a password or a key.

    PGDATA, PGPORT and others would direct PostgreSQL's programs to another server, besides.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _INHERITED or name.startswith(("LC_", "XDG_", "PYTHON", "GATEPOST_"))
    }


@dataclass(frozen=True)
class Account:
    """An operating system account that the server is started as."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Return the account to drop to, or None if this process is not root.

    Raises:
        LocalServerError: this process is root and the machine has no account to drop to.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalServerError(
        'PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody" to run it as',
        "useradd --system postgres",
    )


def can_enter(directory: Path, account: Account) -> bool:
    """Whether the account can enter `directory`: it needs x on it and on everything above."""
    return all(_allows(step, account) for step in (directory, *directory.parents))


def _allows(directory: Path, account: Account) -> bool:
    try:
        entry = directory.stat()
    except OSError:
        return False
    if entry.st_uid == account.uid:
        return bool(entry.st_mode & stat.S_IXUSR)
    if entry.st_gid == account.gid:
        return bool(entry.st_mode & stat.S_IXGRP)
    return bool(entry.st_mode & stat.S_IXOTH)


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of `path` (nothing to do if the server runs as the account of this process)."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
