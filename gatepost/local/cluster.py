"""Create, start and stop a PostgreSQL cluster in a directory, whatever state it was left in."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import LocalServerError
from gatepost.local.account import Account, inherited_environment
from gatepost.local.binaries import Binaries
from gatepost.local.process import NOBODY, end_orphans, has_ended, is_server_of
from gatepost.local.transport import PORT, Transport, fitting

SUPERUSER = "supabase_admin"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ORPHAN_SECONDS = 10.0
_PLEASANTRIES = ("starting PostgreSQL", "listening on", "database system is shut down", "configuration file")


@dataclass(frozen=True)
class Cluster:
    """A data directory (`data/`), its log and its socket, all in one directory.

    Args:
        directory: Contains everything. Only the account that runs the server may enter it. This keeps others out,
            because a socket requires no password.
        binaries: The programs to run.
        account: The account to run as, or None for the account of this process.
        settings: Lines for the server's configuration.
        transport: How clients connect; None for what fits this system.
        superuser: The role that initdb creates.
        memory: Bytes of address space that each process of the server may take, where the system can limit it; 0 for
            no limit.
        initdb: Further arguments of initdb.
    """

    directory: Path
    binaries: Binaries
    account: Account | None
    settings: tuple[tuple[str, str], ...] = ()
    transport: Transport | None = None
    superuser: str = SUPERUSER
    memory: int = 0
    initdb: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The log of the server."""
        return self.directory / "postgres.log"

    @property
    def way(self) -> Transport:
        """How clients connect."""
        return self.transport or fitting(self.directory, self.account)

    def url(self, database: str, user: str) -> str:
        """Return a URL for psycopg2 and SQLAlchemy."""
        return self.way.url(database, user, self.port)

    def initialise(self) -> None:
        """Create the data directory, and give it its name when it is complete.

        The temporary name is a new one each time, because the initdb of a killed process may still be running.
        """
        for left in self.directory.glob("data.partial-*"):
            shutil.rmtree(left, ignore_errors=True)
        partial = self.directory / f"data.partial-{secrets.token_hex(4)}"
        self.way.prepare()
        arguments = (
            *(f"--pgdata={partial}", f"--username={self.superuser}", *self.way.initdb()),
            *("--encoding=UTF8", "--no-sync", "--no-instructions", *self.initdb),
        )
        if self.binaries.major >= 17:  # sorts and changes case in the same way on every system
            self._run("initdb", *arguments, "--locale-provider=builtin", "--locale=C.UTF-8")
        else:
            try:
                self._run("initdb", *arguments, "--locale=C.UTF-8")
            except LocalServerError:  # a system without that locale, such as macOS
                shutil.rmtree(partial, ignore_errors=True)
                self._run("initdb", *arguments, "--locale=C")
        settings = {
            "jit": "off",  # nested policies have plans with a thousand nodes, which take minutes to compile
            "timezone": "UTC",
            "log_timezone": "UTC",
            **dict(self.settings),
        }
        _append(partial / "postgresql.conf", settings | {"include_if_exists": "gatepost.conf"})
        partial.rename(self.data)

    def launch(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            LocalServerError: it does not start; the sentence contains the last message of the server.
        """
        self.way.prepare()
        self._disown_stale_number()
        self._write_way()
        until = time.monotonic() + _ORPHAN_SECONDS
        while (words := self._try_to_launch()) is not None:
            if "shared memory block" not in words or time.monotonic() > until:
                raise LocalServerError(
                    f'the server in "{self.directory}" did not start: {words}',
                    f"read {self.log}, or recreate it: gatepost local reset",
                )
            end_orphans(self.data)
            time.sleep(0.1)

    def _try_to_launch(self) -> str | None:
        """Start the server once. Return None when it accepts connections, and otherwise its last message."""
        said = self.log.stat().st_size if self.log.exists() else 0
        if os.name == "nt":
            self._run("pg_ctl", f"--pgdata={self.data}", f"--log={self.log}", "--wait", "start")
            return None
        # What pg_ctl does, but for the path: pg_ctl hands it to a shell, where a quote or a $ in it would be obeyed.
        # The shell ends at once, so that init reaps the server, and not this process.
        program = str(self.binaries.tool("postgres"))
        limit = f"ulimit -v {self.memory // 1024} 2>/dev/null; " if self.memory else ""
        shell = limit + 'exec 2>>"$0" </dev/null; "$@" >&2 & echo $!'
        pid = int(self._execute(["/bin/sh", "-c", shell, str(self.log), program, "-D", str(self.data)]).strip())
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._pid_line(0) == pid and self._status() == "ready":
                return None
            if has_ended(pid):
                return self._last_words(said)
            time.sleep(0.01)
        return f"it did not answer within {_START_SECONDS:.0f} seconds"

    def running(self) -> bool:
        """Whether the server accepts connections."""
        return self.pid() is not None and self.way.answers(self.port)

    def pid(self) -> int | None:
        """Return the running server's process, or None."""
        number = self._pid_line(0)
        if number is None:
            return None
        if os.name == "nt":  # there, os.kill(pid, 0) interrupts the process
            return number if self.way.answers(self.port) else None
        return number if is_server_of(number, self.data) else None

    def stop(self) -> None:
        """Stop the server, ending sessions that are open, and wait until it is gone.

        By signals (https://www.postgresql.org/docs/17/server-shutdown.html), so that a server can be stopped after
        its programs were uninstalled.
        """
        for how in ("fast", "immediate"):
            if os.name == "nt":
                self._run("pg_ctl", f"--pgdata={self.data}", f"--mode={how}", "--no-wait", "stop")
            else:
                pid = self.pid()
                with suppress(ProcessLookupError):
                    if pid is not None:
                        os.kill(pid, signal.SIGINT if how == "fast" else signal.SIGQUIT)
            until = time.monotonic() + _STOP_SECONDS
            while self.pid() is not None and time.monotonic() < until:
                time.sleep(0.01)
            if self.pid() is None:
                return
        raise LocalServerError(f'the server in "{self.directory}" does not stop', f"end the process {self.pid()}")

    @property
    def port(self) -> int:
        """The port that a running server listens on, or that its socket is called after."""
        return self._pid_line(3) or PORT

    def _pid_line(self, line: int) -> int | None:
        """Return a number from postmaster.pid (https://www.postgresql.org/docs/17/storage-file-layout.html)."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[line])
        except (OSError, ValueError, IndexError):
            return None

    def _disown_stale_number(self) -> None:
        """Where another process has a dead server's number, PostgreSQL refuses to start: take the number away.

        The file stays, because its line about shared memory is how PostgreSQL finds sessions that outlived a server.
        """
        number, file = self._pid_line(0), self.data / "postmaster.pid"
        if number is not None and self.pid() is None:
            _, _, rest = file.read_text().partition("\n")
            file.write_text(f"{NOBODY}\n{rest}")

    def _write_way(self) -> None:
        """Write where to listen, because each start needs a new port, and a directory may have been moved."""
        (self.data / "gatepost.conf").write_text("")
        _append(self.data / "gatepost.conf", self.way.settings())

    def _status(self) -> str:
        """Return the server's own word on its state, the last line of its file: starting, ready or stopping."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip()
        except (OSError, IndexError):
            return ""

    def _last_words(self, offset: int) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(offset)
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            lines = []
        messages = [line.partition(":  ")[2] for line in lines if re.search("(LOG|FATAL|PANIC):  ", line)]
        reasons = [message for message in messages if not message.startswith(_PLEASANTRIES)]
        return "; ".join(reasons[-2:]) or "it said nothing"

    def _run(self, tool: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        self._execute([str(self.binaries.tool(tool)), *arguments])

    def _execute(self, command: list[str]) -> str:
        """Run a command as the server's account, without our secrets, and return its output."""
        who = self.account
        # Output goes to a file: a server that was started may hold it open, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            code = subprocess.run(  # noqa: S603  # our own arguments
                command,
                cwd=self.directory,
                env=inherited_environment() | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                start_new_session=True,  # Ctrl-C in a terminal must not end the server
                user=who.uid if who else None,
                group=who.gid if who else None,
                extra_groups=[] if who else None,
            ).returncode
            output.seek(0)
            said = output.read().decode(errors="replace")
        if code:
            words = said.strip().splitlines() or ["it said nothing"]
            errors = [word for word in words if "error" in word.lower()] or words
            raise LocalServerError(f'{Path(command[0]).name} failed in "{self.directory}": {errors[-1]}')
        return said


def _append(file: Path, settings: dict[str, str]) -> None:
    with file.open("a", encoding="utf-8") as lines:
        for name, value in settings.items():
            quoted = value.replace("\\", "\\\\").replace("'", "''")
            lines.write(f"{name} = '{quoted}'\n")
