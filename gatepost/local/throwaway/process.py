"""A program that ends a temporary server when the process that started it ends, or when it exceeds its limits.

It is run by its path and imports only the standard library, so that it starts fast. It reads one line of JSON from
standard input, and a second line when the server has started and its time begins. The operating system closes the input
when the parent process ends, even if it is killed. That is the signal to clean up. If the program ends the server
earlier, it prints one line with the reason.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_LOOK = 0.5
_PATIENCE = 10.0


def main() -> None:
    """Wait for the end of the parent process, and check the clock and the disk meanwhile."""
    orders = json.loads(sys.stdin.readline())
    directory, started = Path(orders["directory"]), sys.stdin.readline()
    until = time.monotonic() + orders["seconds"]
    maker = threading.Thread(target=sys.stdin.read, daemon=True)
    maker.start()
    while started and maker.is_alive():
        maker.join(_LOOK)
        reason = ""
        if time.monotonic() > until:
            reason = f"it ran for more than {orders['seconds']:g} seconds"
        elif _size(directory) > orders["room"]:
            reason = f"it used more than {orders['room'] >> 20} MB on the disk"
        if reason and maker.is_alive():
            with suppress(OSError):
                print(reason, flush=True)
            _end(directory)
            maker.join()
    _end(directory)
    shutil.rmtree(directory, ignore_errors=True)
    shutil.rmtree(orders["socket"], ignore_errors=True)  # elsewhere if the path is too long for a socket


def _size(directory: Path) -> int:
    total = 0
    for folder, _, files in os.walk(directory):
        for name in files:
            with suppress(OSError):  # removed meanwhile
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118  every half a second
    return total


def _end(directory: Path) -> None:
    """End the server with all its sessions at once."""
    number = _number(directory)
    if number is None:
        return
    until = time.monotonic() + _PATIENCE
    with suppress(OSError):
        os.kill(number, signal.SIGTERM if os.name == "nt" else signal.SIGQUIT)
        while time.monotonic() < until and _number(directory) == number:
            time.sleep(0.01)
    if os.name != "nt" and _number(directory) == number:
        with suppress(OSError):
            os.kill(number, signal.SIGKILL)


def _number(directory: Path) -> int | None:
    """Return the number of the server's process while it lives."""
    try:
        number = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(number, 0)
    except (OSError, ValueError, IndexError):
        return None
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:  # not Linux: its file says so, and nobody else may write there
        return number
    return number if os.fsencode(directory) in words else None


if __name__ == "__main__":
    main()
