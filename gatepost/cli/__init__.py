"""The command line: one module per command.

A command is a module in this package with a function `register(app: typer.Typer) -> None` that adds it. Modules are
discovered in sorted order, so a new file is a new command. Names that start with an underscore are helpers.
A module imports its libraries inside the command function, because `gatepost --help` imports every module and must be
fast.

This file imports nothing before `main` is entered, so that Ctrl-C works from the start.
"""

from __future__ import annotations

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
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python would print a traceback while it shuts down
        from gatepost.cli._garbage import nothing_to_collect_at_the_end

        nothing_to_collect_at_the_end()


def __getattr__(name: str) -> object:
    if name != "app":
        raise AttributeError(f"module 'gatepost.cli' has no attribute {name!r}")
    from gatepost.cli._app import app

    return app
