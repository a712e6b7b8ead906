"""`gatepost who-can`: who can read or write which rows of one table, and what decides it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gatepost.cli._output import Local
from gatepost.cli._sources import Grants, Seed, looked_at, options, tried_on_a_clone


def register(app: typer.Typer) -> None:
    """Add `gatepost who-can`."""
    app.command("who-can", epilog="Example: gatepost who-can tasks select --as anon --on supabase/migrations")(_who_can)


def _who_can(
    table: Annotated[str, typer.Argument(help="The table, as schema.name; without a schema, in public.")],
    command: Annotated[
        Literal["select", "insert", "update", "delete"] | None, typer.Argument(help="Only this command.")
    ] = None,
    persona: Annotated[str | None, typer.Option("--as", metavar="PERSONA", help="Only this persona.")] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="TARGET", help="An address, a folder of SQL migrations, or a .sql file."),
    ] = None,
    local: Local = False,
    grants: Grants = None,
    seed: Seed = False,
    format: Annotated[Literal["text", "json"], typer.Option("--format", help="Output format.")] = "text",
) -> None:
    """Answer who can read or write which rows of a table, and what decides it.

    Every persona tries, on rows planted in a clone; see gatepost observe --help.

    Exit codes: 0 = answered; 2 = could not run.
    """
    from dataclasses import asdict

    from gatepost.check.who_can import who_can
    from gatepost.display import json_text, line
    from gatepost.observation.api import run_for
    from gatepost.project import find_project

    chosen = options(grants, seed=seed, as_cli=False, stop_at_refused=False)
    with looked_at(on, local, chosen) as database:
        tried = tried_on_a_clone(database, run_for(find_project(), ()))
        answers = who_can(tried, table, command, persona)
    if format == "json":
        typer.echo(json_text({"version": 1, "command": "who-can", "answers": [asdict(one) for one in answers]}))
        return
    for one in answers:
        typer.echo(line(one.sentence))
