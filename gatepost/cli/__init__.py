"""The command line: one module a command.

A command is a module in this package with a function `register(app: typer.Typer) -> None` that adds it. Modules are
found in sorted order, so adding a command is adding a file; names that start with an underscore are helpers.
A module imports what its command works with inside the command function: `gatepost --help` imports every module, and
must answer at once.

This file imports nothing before `main` is entered, so that Ctrl-C is answered from the start.
"""

from __future__ import annotations

import gc
import signal
import sys


def main() -> None:
    """Run the command line; the entry point of the `gatepost` script."""
    try:
        from gatepost.cli._app import app

        app(prog_name="gatepost")
    except KeyboardInterrupt:
        from gatepost.cli._exit_codes import INTERRUPTED

        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is left is Python's own end, which prints a traceback
        gc.freeze()  # that end need not look for circles in what goes anyway: 0.2 s for 1,000 tables


def __getattr__(name: str) -> object:
    if name != "app":
        raise AttributeError(f"module 'gatepost.cli' has no attribute {name!r}")
    from gatepost.cli._app import app

    return app
