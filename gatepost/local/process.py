"""Recognise the processes of a server, even if another process has the same number by now.

After a crash or the restart of a container, the number in postmaster.pid may belong to any process.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

NOBODY = 2**31 - 2
"""A process number that no system assigns."""


def is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is alive and is a server started on this data directory."""
    if pid <= 0 or not _alive(pid):  # 0 and negative numbers mean groups of processes
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        # Not Linux, or not our process. POSIX has ps everywhere; it prints the words with spaces between them.
        try:
            line = subprocess.run(  # noqa: S603  # a number, no shell
                ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607  # where ps lies differs
                capture_output=True, timeout=10, check=False,
            ).stdout  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return True  # alive, and there is no sign that it is another process
        return os.fsencode(data) in line
    return os.fsencode(data) in words


def has_ended(pid: int) -> bool:
    """Whether a process that was alive a moment ago is gone, or dead and waiting to be reaped.

    Its command line does not help here: between fork and exec it is another's, and for a moment it is empty.
    """
    if not _alive(pid):
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def end_orphans(data: Path) -> None:
    """End sessions that outlived their killed server and hold its shared memory.

    They are found by their working directory, which is the data directory for every process of a server. Only Linux
    shows it; elsewhere such sessions end by themselves when they next wait for something.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == data:
                os.kill(int(entry.name), signal.SIGQUIT)  # at once, without a message to the client


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
