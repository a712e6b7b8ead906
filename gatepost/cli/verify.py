"""`gatepost verify`: a live database held against the declaration and the rules."""

from __future__ import annotations

from typing import Annotated

import typer

from gatepost.cli._output import Format, Output, emit


def register(app: typer.Typer) -> None:
    """Add `gatepost verify`."""
    app.command()(verify)


def verify(
    url: Annotated[str | None, typer.Argument(help="The database; else DATABASE_URL, else the local server.")] = None,
    format: Format = "text",
    output: Output = None,
) -> None:
    """Check row security, policies and grants of a live database; it is only read.

    Exits 0 where everything is as declared, 1 where something was found or could not be checked, 2 where the check
    could not run.

    Example: gatepost verify postgresql://postgres:***@db.example.org/postgres --format json
    """
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.project import find_project
    from gatepost.target import target_url
    from gatepost.verification import verify as run

    project = find_project()
    declaration = project.declaration() if project is not None else None
    target = target_url(url)
    with closing(connect(target, application_name="gatepost verify")) as connection:
        result = run(connection, declaration=declaration, target=target.masked)
    emit(result, format, output)
    raise typer.Exit(int(result.fails()))
