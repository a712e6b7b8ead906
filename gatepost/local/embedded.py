"""The embedded server of a project: start, stop, reset, its status and its URL."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gatepost.errors import LocalServerError
from gatepost.local import platform_sql, server_directory, template, visitors
from gatepost.local.account import Account, unprivileged
from gatepost.local.binaries import Binaries, find, usable_by
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.local.server_directory import Status
from gatepost.local.transport import Loopback, SocketAndPort, Transport, ask_for_passwords

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

Profile = Literal["new", "old"]
TEMPLATE = "gatepost_template"
"""A database shaped like a hosted project that nobody writes to; `postgres` and others are copies of it."""
_SETTINGS = (
    # fsync and synchronous_commit stay on: with either off, what was committed last is lost with a killed server.
    ("wal_level", "logical"),  # as on the platform, whose realtime service reads it
    ("max_wal_size", "256MB"),
)
_NO_ANSWER = "gatepost local start"


@dataclass(frozen=True)
class LocalServer:
    """The server in a directory, running or not. Get one from `start()` or `server()`."""

    directory: Path
    account: Account | None = None
    transport: Transport | None = None

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return a URL for psycopg2, psql and SQLAlchemy.

        SQLAlchemy 2.1 takes another driver by default: `gatepost.database.engine` names the right one.

        Args:
            database: The database's name.
            user: The role to log in as. `postgres` is what a hosted project gives its owner; `supabase_admin` is the
                superuser.

        Raises:
            LocalServerError: the server is not running.
        """
        cluster = self._cluster(None)
        if not cluster.running():
            raise LocalServerError(f'the server in "{self.directory}" is not running', _NO_ANSWER)
        return cluster.url(database, user)

    def status(self) -> Status:
        """Return the status, without changing anything."""
        cluster, facts = self._cluster(None), self._facts()
        return Status(
            directory=self.directory,
            running=cluster.running(),
            pid=cluster.pid(),
            version=facts.get("version"),
            profile=facts.get("profile"),
            outdated=bool(facts) and facts.get("shape") != platform_sql.digest(),
        )

    def start(self, profile: Profile | None = None) -> LocalServer:
        """Start the server if it is not running, and create it if it does not exist.

        Args:
            profile: The default privileges that it must have; None accepts those of an existing server, else "new".

        Raises:
            LocalServerError: it cannot be started, or was created with the other profile.
        """
        with server_directory.held(self.directory, self.account):
            facts = self._facts()
            self._refuse_other(facts, profile)
            self._bring_up(facts, profile)
            visitors.stay(self.directory)
        return self

    def listen(self, port: int, profile: Profile | None = None) -> str:
        """Start the server so that it listens on a port of 127.0.0.1 too, until it is stopped.

        Args:
            port: The port.
            profile: As in `start`.

        Returns:
            Its URL by the port, with a password that every role which may log in has.

        Raises:
            LocalServerError: it runs without that port, or the port is taken.
        """
        door = Loopback(self.directory, self.account, port)
        way = door if os.name == "nt" else SocketAndPort(self.directory, self.account, port)
        listening = replace(self, transport=way)
        with server_directory.held(self.directory, self.account):
            facts, cluster = self._facts(), self._cluster(None)
            if cluster.running() and not (cluster.port == port and door.answers(port)):
                raise LocalServerError(
                    f'the server in "{self.directory}" runs already, and does not listen on port {port}',
                    f"gatepost local stop && gatepost local start --tcp {port}",
                )
            self._refuse_other(facts, profile)
            if not facts:
                self._make(profile or "new")
                self._stop()
            if not cluster.running():
                ask_for_passwords(cluster.data / "pg_hba.conf")
                listening._bring_up(self._facts(), None)
            visitors.stay(self.directory)
            with closing(self._connect("postgres")) as connection, connection:
                template.set_passwords(connection, door.password)
        return door.url("postgres", "postgres", port)

    def visit(self, name: str) -> LocalServer:
        """Start the server if it is not running, and stop it when the last such visitor leaves.

        Args:
            name: The unique name of the visitor, who leaves with `leave(name)` or when its process ends.
        """
        with server_directory.held(self.directory, self.account):
            ran = self._cluster(None).running()
            self._bring_up(self._facts(), None)
            visitors.enter(self.directory, name, started=not ran)
        return self

    def leave(self, name: str) -> None:
        """Leave after a visit, and stop a server that was started for visitors when none is left."""
        if not server_directory.claimed(self.directory):
            return
        with server_directory.held(self.directory, self.account):
            if visitors.leave(self.directory, name):
                self._stop()

    def stop(self) -> None:
        """Stop the server, ending open sessions. Its data stays."""
        if not server_directory.claimed(self.directory):
            return
        with server_directory.held(self.directory, self.account):
            self._stop()

    def reset(self, profile: Profile | None = None) -> LocalServer:
        """Delete everything in the server and start it again.

        Args:
            profile: The default privileges of the new one; None keeps the kind that it had.
        """
        if profile is not None:
            template.known_profile(profile)
        with server_directory.held(self.directory, self.account):
            kind = profile or self._facts().get("profile", "new")
            self._wipe()
            self._make(kind)
        return self

    def remove(self) -> None:
        """Stop the server and remove it with its data."""
        if not server_directory.claimed(self.directory):
            return
        with server_directory.held(self.directory, self.account):
            self._wipe()
            (self.directory / "postgres.log").unlink(missing_ok=True)
            (self.directory / server_directory.LOCK).unlink()
            with suppress(OSError):  # somebody keeps something there
                self.directory.rmdir()

    def clone(self, name: str, source: str = TEMPLATE) -> str:
        """Create a database that looks like a new project, or copy another that nobody is connected to.

        Returns:
            Its URL, as `postgres`.
        """
        with closing(self._admin()) as connection:
            template.clone(connection, source, name)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database with its sessions, where it exists."""
        with closing(self._admin()) as connection:
            template.drop(connection, name)

    def _refuse_other(self, facts: dict[str, str], profile: Profile | None) -> None:
        if profile is not None and facts.get("profile", template.known_profile(profile)) != profile:
            raise LocalServerError(
                f'the server in "{self.directory}" has the "{facts["profile"]}" default privileges',
                f"recreate it, which loses its data: gatepost local reset --profile {profile}",
            )

    def _bring_up(self, facts: dict[str, str], profile: Profile | None) -> None:
        if not facts:
            self._make(profile or "new")
        elif not self._cluster(None).running():
            self._cluster(self._binaries(facts)).launch()

    def _make(self, profile: str) -> None:
        """Create the cluster. The file that describes it is written last; without it, the next start begins again."""
        self._wipe()
        binaries = self._binaries({})
        cluster = self._cluster(binaries)
        cluster.initialise()
        cluster.launch()
        template.build(self._connect, TEMPLATE, profile)
        with closing(self._connect("template1")) as connection:
            connection.autocommit = True
            template.drop(connection, "postgres")
            template.clone(connection, TEMPLATE, "postgres")
            template.set_passwords(connection, cluster.way.password)
        facts = self.directory / "server.json"
        partial = facts.with_suffix(".partial")
        known = {
            "profile": profile,
            "version": binaries.version,
            "major": binaries.major,
            "shape": platform_sql.digest(),
        }
        partial.write_text(json.dumps(known))
        partial.replace(facts)

    def _binaries(self, facts: dict[str, str]) -> Binaries:
        found = find()
        made = int(facts.get("major", found.major))
        if made != found.major:
            raise LocalServerError(
                f'the server in "{self.directory}" was created by PostgreSQL {made}; "{found.directory}" has '
                f"{found.version}, which cannot read it",
                "recreate it, which loses its data: gatepost local reset",
            )
        return usable_by(found, self.account, server_directory.cache(self.account)) if self.account else found

    def _cluster(self, binaries: Binaries | None) -> Cluster:
        """Return the cluster; programs are needed only to start and stop it."""
        return Cluster(self.directory, binaries or Binaries(Path(), "0"), self.account, _SETTINGS, self.transport)

    def _facts(self) -> dict[str, str]:
        try:
            facts: dict[str, str] = json.loads((self.directory / "server.json").read_text())
        except (OSError, ValueError):
            return {}
        return facts

    def _stop(self) -> None:
        """Stop the server; only Windows needs its programs for that, because it has no signals."""
        self._cluster(self._binaries({}) if os.name == "nt" else None).stop()
        visitors.stay(self.directory)

    def _wipe(self) -> None:
        """Remove the files of a server, and nothing else."""
        self._stop()
        (self.directory / "server.json").unlink(missing_ok=True)
        self._cluster(None).way.clear()
        Loopback(self.directory).clear()
        visitors.clear(self.directory)
        for left in self.directory.glob("data.partial-*"):
            shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(self.directory / "data", ignore_errors=True)

    def _connect(self, database: str) -> Connection:
        import psycopg2

        return psycopg2.connect(self._cluster(None).url(database, SUPERUSER))

    def _admin(self) -> Connection:
        if not self._cluster(None).running():
            raise LocalServerError(f'the server in "{self.directory}" is not running', _NO_ANSWER)
        connection = self._connect("postgres")
        connection.autocommit = True
        return connection


def server(directory: Path | str | None = None) -> LocalServer:
    """Return the server of a directory, or of the project of the working directory, without starting it."""
    account = unprivileged()
    return LocalServer(server_directory.chosen(directory, account), account)


def start(directory: Path | str | None = None, profile: Profile | None = None) -> LocalServer:
    """Start the embedded server if it is not running, and return it.

    Args:
        directory: The directory of its data. None means `GATEPOST_LOCAL_DIR`, or a directory in the user's cache for
            the project of the working directory.
        profile: Default privileges in `public`: "new" as hosted projects have them since the change of 2026, "old" as
            before. None accepts those of an existing server, and means "new" otherwise.

    Raises:
        LocalServerError: there is no PostgreSQL to run, or it does not start, or has the other profile.
    """
    return server(directory).start(profile)
