"""`gatepost snapshot`: a database's schema in a file, as a side of a review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatepost.cli._output import Local


def register(app: typer.Typer) -> None:
    """Add `gatepost snapshot`."""
    app.command(epilog="Example: gatepost snapshot $DATABASE_URL --output main.json")(snapshot)


def snapshot(
    target: Annotated[
        str | None,
        typer.Argument(
            help="A database's URL, a folder of SQL migrations, a .sql file, alembic.ini or a git revision."
        ),
    ] = None,
    local: Local = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the snapshot to this file.")] = None,
) -> None:
    """Keep a database's schema in a file: with roles, memberships and buckets, without a row.

    The database is only read. The same database gives the same file, which is a side of a review or a target of a check
    later: gatepost review main.json $DATABASE_URL

    Exits 0 when it was taken, 1 when something of the source is missing in it, and 2 when it could not be.
    """
    from gatepost.cli._output import put
    from gatepost.cli._sources import looked_at, print_what_is_missing
    from gatepost.sources import Options
    from gatepost.sources.snapshots import as_text, taken

    with looked_at(target, local, Options()) as database:
        text = as_text(taken(database.url, (*database.not_checked, *database.undeployed)))
    put(text.rstrip("\n"), output)
    if output is not None:
        typer.echo(f"the schema is in {output}", err=True)
    if print_what_is_missing(database):
        raise typer.Exit(1)
