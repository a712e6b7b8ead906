"""The commands together, and what all of them share."""

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
    "Exits 0 when nothing was found, 1 when something was found or could not be checked, 2 when it could not run.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: drawing boxes takes as long as all the rest (half of 0.2 s)
    pretty_exceptions_enable=False,  # no error gets past `Commands`
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


for _module in sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])):
    if not _module.startswith("_"):  # __main__ among them
        import_module(f"gatepost.cli.{_module}").register(app)
