"""How clients connect to the server: by a Unix socket, or by a port of this machine on Windows.

A socket needs no port, so two servers cannot collide. It needs no password either, because only the account that runs
the server (and root) may enter its directory. Windows gets a free port on 127.0.0.1 and a password.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from gatepost.errors import LocalServerError
from gatepost.local.account import Account, give

PORT = 5432
"""Part of the socket's name only: nothing listens on the network."""
_LONGEST_SOCKET = 103
"""Bytes that the path of a socket may have: 103 on macOS and BSD, 107 on Linux (sun_path in sys/un.h)."""


class Transport(Protocol):
    """What a cluster needs from its transport."""

    @property
    def password(self) -> str | None:
        """The password of every role that may log in, or None if none is required."""

    def prepare(self) -> None:
        """Prepare what the server needs before it starts; it is not running now."""

    def initdb(self) -> tuple[str, ...]:
        """Return the arguments of initdb that choose how clients authenticate."""

    def settings(self) -> dict[str, str]:
        """Return the server's settings for one start."""

    def clear(self) -> None:
        """Remove what `prepare` created."""

    def answers(self, port: int) -> bool:
        """Whether something listens."""

    def url(self, database: str, user: str, port: int) -> str:
        """Return a URL for psycopg2 and SQLAlchemy."""


@dataclass(frozen=True)
class UnixSocket:
    """A socket in the server's own directory, or in a short one if that path is too long."""

    directory: Path
    account: Account | None = None

    @property
    def password(self) -> None:
        """None, because everybody who can use the socket is let in."""

    @property
    def place(self) -> Path:
        """The directory of the socket."""
        if len(os.fsencode(self.directory / f".s.PGSQL.{PORT}.lock")) <= _LONGEST_SOCKET:
            return self.directory
        digest = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gatepost-{digest}"

    def prepare(self) -> None:
        """Remove a dead server's socket; create the short directory, and refuse one that belongs to somebody else.

        PostgreSQL would not start while the number in the lock file is another process's, or that of a dead one which
        nobody has reaped yet.
        """
        self._remove_socket()
        if self.place == self.directory:
            return
        self.place.mkdir(mode=0o700, exist_ok=True)
        entry = self.place.lstat()
        owner = self.account.uid if self.account else os.geteuid()
        if not stat.S_ISDIR(entry.st_mode) or entry.st_uid not in (owner, os.geteuid()):
            raise LocalServerError(
                f'"{self.place}" is needed for the socket of the server, and belongs to somebody else',
                "set GATEPOST_LOCAL_DIR to a shorter path",
            )
        self.place.chmod(0o700)
        give(self.place, self.account)

    def clear(self) -> None:
        """Remove the short directory and the socket of a dead server."""
        self._remove_socket()
        if self.place != self.directory and self.place.is_dir():
            self.place.rmdir()

    def _remove_socket(self) -> None:
        for left in self.place.glob(".s.PGSQL.*"):  # of any port that it was started with
            left.unlink(missing_ok=True)

    def initdb(self) -> tuple[str, ...]:
        """Let in everybody who can use the socket."""
        return ("--auth=trust",)

    def settings(self) -> dict[str, str]:
        """Listen on the socket only."""
        return {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": self._directories,
            "unix_socket_permissions": "0700",
        }

    @property
    def _directories(self) -> str:
        return '"' + str(self.place).replace('"', '""') + '"'

    def answers(self, port: int) -> bool:
        """Whether a server listens on the socket; the file alone may be left from a dead one."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.place / f".s.PGSQL.{port}"))
        except OSError:
            return False
        return True

    def url(self, database: str, user: str, port: int) -> str:
        """Return a URL that names the socket's directory as the host, and the port lest PGPORT name another."""
        where = f"host={quote(str(self.place))}&port={port}"
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?{where}"


@dataclass(frozen=True)
class Loopback:
    """A port on 127.0.0.1, a free one unless it is named.

    Anybody on this machine can reach it, so it requires a password.
    """

    directory: Path
    account: Account | None = None
    number: int = 0

    @property
    def _password_file(self) -> Path:
        return self.directory / "password"

    @property
    def password(self) -> str:
        """The password of every role that may log in, created by `prepare`."""
        return self._password_file.read_text(encoding="ascii")

    def prepare(self) -> None:
        """Choose a password, once."""
        if not self._password_file.exists():
            descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(24))
            give(self._password_file, self.account)

    def clear(self) -> None:
        """Remove the password."""
        self._password_file.unlink(missing_ok=True)

    def initdb(self) -> tuple[str, ...]:
        """Require the password from everybody."""
        return ("--auth=scram-sha-256", f"--pwfile={self._password_file}")

    def settings(self) -> dict[str, str]:
        """Listen on the port, or on one that is free now; that is another one at the next start."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a client that has just left does not matter
            try:
                probe.bind(("127.0.0.1", self.number))
            except OSError as refusal:
                raise LocalServerError(
                    f"the port {self.number} of 127.0.0.1 cannot be listened on: {refusal.strerror}", "--tcp PORT"
                ) from None
            port = probe.getsockname()[1]
        return {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}

    def answers(self, port: int) -> bool:
        """Whether a server listens on the port."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return True
        except OSError:
            return False

    def url(self, database: str, user: str, port: int) -> str:
        """Return a URL with the password."""
        who = f"{quote(user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{who}@127.0.0.1:{port}/{quote(database, safe='')}"


@dataclass(frozen=True)
class SocketAndPort(UnixSocket):
    """The socket, and also a port on 127.0.0.1 with a password, for clients without sockets."""

    number: int = PORT

    @property
    def port(self) -> Loopback:
        """The way in by the port."""
        return Loopback(self.directory, self.account, self.number)

    def prepare(self) -> None:
        """Prepare both ways."""
        super().prepare()
        self.port.prepare()

    def settings(self) -> dict[str, str]:
        """Listen on both; the socket is called after the port."""
        return super().settings() | {**self.port.settings(), "unix_socket_directories": self._directories}


def ask_for_passwords(file: Path) -> None:
    """Write pg_hba.conf so that whoever reaches the socket is let in, and by a port only who has the password."""
    if os.name != "nt":  # there the port is the only way, and requires it already
        file.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")


def fitting(directory: Path, account: Account | None) -> Transport:
    """Return the transport for this system."""
    return Loopback(directory, account) if os.name == "nt" else UnixSocket(directory, account)
