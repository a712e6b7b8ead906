"""`gatepost init`: set an existing project up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatepost.init import Setup

_NEXT = ('alembic revision --autogenerate -m "protect the tables"', "alembic upgrade head", "gatepost check")

_FIRST = "alembic -x allow-open upgrade head"
"""Brings a database that is made anew to the project's own revisions, which protect nothing yet."""

_FORCED = (
    "Row security is forced: it holds for the owner of the tables too. On Supabase, postgres bypasses it. A backend\n"
    "that logs in as an owner without BYPASSRLS, as on RDS, sees no rows without protect(…, forced=False).\n"
    "`gatepost doctor URL` says whether a role bypasses row security."
)


def register(app: typer.Typer) -> None:
    """Add `gatepost init`."""
    app.command(
        "init",
        help="Set a project of SQLModel or SQLAlchemy up: [tool.gatepost], policies/ with a statement for each table,"
        " Alembic's env.py, a test and a workflow. Changes of files that exist are shown first. Run again, it writes"
        " only what is missing.\n\nExit codes: 0 = done, or nothing to do; 2 = could not run.",
        epilog="Example: gatepost init --models app.models --dry-run",
    )(_init)


def _init(
    folder: Annotated[Path, typer.Argument(help="The project's folder.", exists=True, file_okay=False)] = Path(),
    models: Annotated[
        list[str] | None,
        typer.Option(help="A module or package with tables (repeatable; default: they are searched).", metavar="NAME"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show every change and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
) -> None:
    from gatepost.errors import SettingsError
    from gatepost.init import plan_setup

    setup = plan_setup(folder.resolve(), models or ())
    if not setup.changes:
        typer.echo("nothing to do: the project is set up")
        _say_next(setup)
        return
    _show(setup, everything=dry_run)
    if dry_run:
        typer.echo("nothing was written (--dry-run)")
        return
    if not yes and any(change.before is not None for change in setup.changes):
        import sys

        if not sys.stdin.isatty():
            raise SettingsError("nothing was written: nobody can be asked here", "gatepost init --yes")
        typer.confirm("Write these changes?", abort=True)
    setup.write()
    for change in setup.changes:
        typer.echo(f"{'wrote  ' if change.before is None else 'changed'} {_name(setup, change.path)}")
    _say_next(setup)


def _show(setup: Setup, *, everything: bool) -> None:
    from gatepost.display import block

    for change in setup.changes:
        if everything or change.before is not None:
            typer.echo(block(change.diff(setup.root)))


def _name(setup: Setup, path: Path) -> str:
    from gatepost.display import line

    return line(path.relative_to(setup.root).as_posix())


def _say_next(setup: Setup) -> None:
    for one in setup.by_hand:
        typer.echo(f"to do: {one}")
    typer.echo(f"\n{_FORCED}")
    typer.echo(f"\nRead {setup.policies}/, where a comment asks what could not be guessed. To protect some of many")
    typer.echo("tables, keep their statements and write `only_declared = true` into [tool.gatepost]. Then:")
    for command in (*([_FIRST] if setup.revised and setup.changes else []), *_NEXT):
        typer.echo(f"  {command}")
