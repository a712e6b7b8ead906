"""The command line: one module a command.

A command is a module in this package with a function `register(app: typer.Typer) -> None` that adds it. Modules are
found in sorted order, so adding a command is adding a file; names that start with an underscore are helpers.
A module imports what its command works with inside the command function: `gatepost --help` imports every module, and
must answer at once.
"""

from __future__ import annotations

import atexit
import os
import pkgutil
import sys
import threading
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gatepost.errors import GatepostError

COULD_NOT_RUN = 2
"""The exit code of every mistake that the user can mend; 1 means findings."""


class _Commands(TyperGroup):
    """Tells a mistake of the user's in one sentence and the line that mends it, and exits 2."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401  # Typer keeps its context's class to itself
        try:
            return super().invoke(ctx)
        except GatepostError as mistake:
            from gatepost.display import line, statement

            typer.secho("error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
            typer.echo(line(mistake.message, mixed=True), err=True)
            if mistake.mend:
                typer.echo(f"  {statement(mistake.mend)}", err=True)
            raise typer.Exit(COULD_NOT_RUN) from mistake


app = typer.Typer(
    name="gatepost",
    cls=_Commands,
    help="Row-level security as code for SQLModel and Supabase.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: drawing boxes takes as long as all the rest (half of 0.2 s)
    pretty_exceptions_enable=False,  # a traceback is a bug of ours: print it as it is, without local variables
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        typer.echo(f"gatepost {metadata.version('gatepost')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    if not _module.startswith("_"):  # __main__ among them
        import_module(f"{__name__}.{_module}").register(app)


def main() -> None:
    """Run the command line; the entry point of the `gatepost` script."""
    try:
        app(prog_name="gatepost")
    except KeyboardInterrupt:  # before or after Typer's own handling
        sys.exit(130)
    except SystemExit as done:
        _leave(done.code)
        raise


def _leave(code: str | int | None) -> None:
    """End the process, where nothing is left to do but to take apart every value: that takes 0.2 s for 1,000 tables.

    Returns where Python must do it: a thread still runs, the code is a message, or what was printed cannot be written.
    """
    if isinstance(code, str) or threading.active_count() > 1:
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code or 0)
