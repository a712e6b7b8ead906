"""The Typer application: all commands, found by discovery, and the options that they share."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gatepost.cli._boundary import Commands

app = typer.Typer(
    name="gatepost",
    cls=Commands,
    help="Row-level security as code for SQLModel and Supabase.\n\n"
    "Exit codes: 0 = nothing found; 1 = findings, or something could not be checked; 2 = could not run.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help, because drawing boxes takes half of its 0.2 s
    pretty_exceptions_enable=False,  # `Commands` handles every error
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
        from importlib import metadata

        typer.echo(f"gatepost {metadata.version('gatepost')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


for _module in sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])):
    if not _module.startswith("_"):  # __main__ among them
        import_module(f"gatepost.cli.{_module}").register(app)
