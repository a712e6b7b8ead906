"""Start a temporary server for foreign SQL, and remove it afterwards; it contains no other database.

It is a copy of an image that initdb created once. The image looks like a hosted project and contains nothing foreign.
Foreign SQL runs as a role without any privilege over the server. The superuser prepares the server and can then no
longer log in (`seal`), so nothing foreign can run as it. A second process ends the server when the process that
started it ends, or when the server exceeds its time or disk limit.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.errors import LocalServerError
from gatepost.local import server_directory
from gatepost.local.account import Account, give, inherited_environment, unprivileged
from gatepost.local.binaries import Binaries, usable_by
from gatepost.local.cluster import Cluster
from gatepost.local.process import is_server_of
from gatepost.local.standins import with_standins
from gatepost.local.throwaway.image import DATABASE, LOADER, LOGIN, SUPERUSER, connect_as, image
from gatepost.local.transport import UnixSocket
from gatepost.local.visitors import alive

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_MEMORY = 2 << 30


@dataclass(frozen=True)
class Throwaway:
    """A running server that is removed when its block ends.

    Args:
        cluster: The server.
        password: That of the only role that may log in once the server is sealed.
        guard: The process that ends it.
        login: That role, LOGIN or LOADER.
    """

    cluster: Cluster
    password: str
    guard: subprocess.Popen[bytes]
    login: str = LOGIN

    @property
    def url(self) -> str:
        """The URL for foreign SQL: the only database, as the role without privileges over the server."""
        found = self.cluster.url(DATABASE, self.login)
        return found.replace("@/", f":{self.password}@/", 1) if os.name != "nt" else found

    def admin(self) -> Connection:
        """Return a connection as the superuser, before the server is sealed."""
        return connect_as(self.cluster, SUPERUSER)

    def seal(self, admin: Connection) -> None:
        """Forbid the superuser to log in, and commit; close the given connection afterwards.

        Args:
            admin: From `admin`, in a transaction or not.
        """
        with admin.cursor() as cursor:
            cursor.execute(f"ALTER ROLE {self.login} PASSWORD %s", [self.password])
            if self.login != LOADER:
                cursor.execute(f"DROP OWNED BY {LOADER}; DROP ROLE {LOADER}")
            cursor.execute(f"ALTER ROLE {SUPERUSER} NOLOGIN")
        admin.commit()

    def ended(self) -> str:
        """End the server and return why it was ended early, or the empty string."""
        said, _ = self.guard.communicate()  # closes its input, which is the signal to clean up
        return said.decode().strip()


@contextmanager
def throwaway(binaries: Binaries, *, seconds: float, room: int, login: str = LOGIN) -> Iterator[Throwaway]:
    """Start a server, and remove it when the block or this process ends, even if it is killed.

    Args:
        binaries: The programs to run.
        seconds: How long it may run.
        room: Bytes that it may use on the disk.
        login: The role that may log in, LOGIN or LOADER.

    Raises:
        LocalServerError: it cannot be started.
    """
    account = unprivileged()
    home = _home(account)
    usable = usable_by(binaries, account, server_directory.cache(account)) if account is not None else binaries
    usable = with_standins(usable, home)
    template = image(home, usable, account)
    _sweep(home, usable, account)
    directory = home / f"server-{os.getpid()}-{secrets.token_hex(4)}"
    guard = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", str(Path(__file__).with_name("process.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=inherited_environment(),
        start_new_session=True,  # Ctrl-C ends this process, and the guard cleans up
    )
    assert guard.stdin is not None  # noqa: S101  opened above
    cluster = Cluster(directory, usable, account, superuser=SUPERUSER, memory=_MEMORY)
    beside = str(cluster.way.place) if isinstance(cluster.way, UnixSocket) else str(directory)
    orders = {"directory": str(directory), "socket": beside, "seconds": seconds, "room": room}
    guard.stdin.write(json.dumps(orders).encode() + b"\n")
    guard.stdin.flush()
    try:
        _copy(template, directory, account)
        password = secrets.token_urlsafe(24) if os.name != "nt" else str(cluster.way.password)
        _let_in(cluster, login)
        cluster.launch()
        guard.stdin.write(b"started\n")
        guard.stdin.flush()
        yield Throwaway(cluster, password, guard, login)
    finally:
        guard.communicate()


def _home(account: Account | None) -> Path:
    """Return the directory of images and servers: in the cache or, if there is none, a private temporary one."""
    try:
        directory = server_directory.cache(account) / "throwaway"
    except LocalServerError:  # a home that does not exist, or that may not be written
        user = getpass.getuser() if os.name == "nt" else os.geteuid()
        directory = Path(tempfile.gettempdir()) / f"gatepost-throwaway-{user}"
    directory.mkdir(mode=0o700, exist_ok=True)
    entry = directory.lstat()
    if os.name != "nt" and (not stat.S_ISDIR(entry.st_mode) or entry.st_uid != os.geteuid()):
        raise LocalServerError(
            f'"{directory}" is needed for temporary servers, and belongs to somebody else',
            "set XDG_CACHE_HOME to a directory that can be written",
        )
    directory.chmod(0o711 if account is not None else 0o700)
    return directory


def _copy(template: Path, directory: Path, account: Account | None) -> None:
    for folder, _, files in os.walk(template):
        target = directory / Path(folder).relative_to(template)
        target.mkdir(mode=0o700)
        give(target, account)
        for name in files:
            copy = f"{target}/{name}"
            shutil.copyfile(f"{folder}/{name}", copy)
            if account is not None:
                os.chown(copy, account.uid, account.gid)


def _let_in(cluster: Cluster, login: str) -> None:
    """Let in the superuser, until the server is sealed, and one role with its password."""
    if os.name == "nt":
        how, first, where = "host", "scram-sha-256", " 127.0.0.1/32"
    else:  # only the server's own account and root can use the socket
        how, first, where = "local", "trust", ""
    (cluster.data / "pg_hba.conf").write_text(
        f"{how} {DATABASE} {SUPERUSER}{where} {first}\n{how} {DATABASE} {login}{where} scram-sha-256\n"
    )


def _sweep(home: Path, binaries: Binaries, account: Account | None) -> None:
    """End and remove the servers of processes that are gone, after a crash of the machine."""
    for directory in home.glob("server-*"):
        pid = directory.name.split("-")[1]
        if pid.isdigit() and not alive(int(pid)):
            cluster = Cluster(directory, binaries, account)
            with suppress(LocalServerError):
                if (number := cluster.pid()) is not None and is_server_of(number, cluster.data):
                    cluster.stop()
            shutil.rmtree(directory, ignore_errors=True)
