"""One PostgreSQL cluster in a directory: make it, start it, stop it, whatever state it was left in."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import LocalServerError
from gatepost.local.account import Account
from gatepost.local.binaries import Binaries

SUPERUSER = "supabase_admin"
PORT = 5432
"""Part of the socket's name only: nothing listens on the network."""
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Cluster:
    """A data directory (`data/`), its log and its socket, all in one directory.

    Args:
        directory: Holds everything; only the account that runs the server may enter it, which is what keeps others
            out, since the socket asks for no password.
        binaries: The programs to run.
        account: The account to run as, or None for the account of this process.
        settings: Lines for the server's configuration.
    """

    directory: Path
    binaries: Binaries
    account: Account | None
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.directory / "postgres.log"

    def url(self, database: str, user: str) -> str:
        """Return a URL for psycopg2 and SQLAlchemy."""
        from urllib.parse import quote

        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={quote(str(self.directory))}"

    def initialise(self) -> None:
        """Make the data directory, whole or not at all: it gets its name when it is finished."""
        partial = self.directory / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        # The builtin C.UTF-8 sorts and folds the same on every system; before 17 the system's is the nearest.
        locale = ["--locale-provider=builtin"] if self.binaries.major >= 17 else []
        self._run(
            "initdb", f"--pgdata={partial}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8",
            *locale, "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip
        settings = (
            ("listen_addresses", ""),
            ("port", str(PORT)),
            ("unix_socket_directories", f'"{self.directory}"'),
            ("unix_socket_permissions", "0700"),
            ("jit", "off"),  # nested policies make plans of a thousand nodes, which take minutes to compile
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            *self.settings,
        )
        with (partial / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings)
        partial.rename(self.data)

    def launch(self) -> None:
        """Start the server and wait until it answers."""
        self._run("pg_ctl", f"--pgdata={self.data}", f"--log={self.log}", "--no-wait", "start")
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self.ready():
                return
            if self.pid() is None and time.monotonic() > until - _START_SECONDS + 1:
                break
            time.sleep(0.01)
        raise LocalServerError(
            f'the server in "{self.directory}" did not start: {self._last_words()}',
            f"read {self.log}, or start afresh with: gatepost local reset",
        )

    def ready(self) -> bool:
        """Whether the server takes connections, by its own word in postmaster.pid."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and self.pid() is not None

    def pid(self) -> int | None:
        """Return the running server's process, or None."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            return pid
        return pid

    def stop(self) -> None:
        """Stop the server, ending sessions that are open, and wait until it is gone."""
        if self.pid() is not None:
            self._run("pg_ctl", f"--pgdata={self.data}", "--mode=fast", "--wait", "stop")

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return "it left no log"
        fatal = [line for line in lines[-50:] if "FATAL" in line or "PANIC" in line]
        return (fatal or lines or ["its log is empty"])[-1]

    def _run(self, tool: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's account, with nothing of ours in its way."""
        # PGDATA, PGPORT and the like would turn the programs to another server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        who = self.account
        # Output goes to a file: a server that was started inherits it, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603  # our own arguments, no shell
                [self.binaries.tool(tool), *arguments],
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                user=who.uid if who else None,
                group=who.gid if who else None,
                extra_groups=[] if who else None,
            )
            output.seek(0)
            words = output.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
        if done.returncode:
            raise LocalServerError(f'{tool} failed in "{self.directory}": {words[-1]}', f"read {self.log}")
