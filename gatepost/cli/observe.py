"""`gatepost observe`: find out who can access which rows by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._output import Format, Local, Output, Strict, emit
from gatepost.cli._sources import (
    AsCli,
    CopyRows,
    Grants,
    Seed,
    StopAtRefused,
    Target,
    looked_at,
    options,
    tried_on_a_clone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatepost.finding import Result
    from gatepost.sources import Opened


def register(app: typer.Typer) -> None:
    """Add `gatepost observe`."""
    app.command()(observe)


def observe(
    target: Target = None,
    local: Local = False,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Try in the database itself, which must be empty and marked as disposable."),
    ] = False,
    persona: Annotated[
        list[str] | None, typer.Option("--persona", metavar="NAME", help="Try only this persona (repeatable).")
    ] = None,
    format: Format = "text",
    output: Output = None,
    strict: Strict = False,
    grants: Grants = None,
    as_cli: AsCli = False,
    stop_at_refused: StopAtRefused = False,
    seed: Seed = False,
    copy_rows: CopyRows = None,
) -> None:
    """Show who can access which rows: plant rows in a clone of the schema and try every command as every persona.

    The database is only read. The clone lives in a server of its own, where nothing from the schema runs as a
    superuser. It is removed afterwards, at the latest after ten minutes (GATEPOST_CLONE_SECONDS).
    The results are compared with the declaration or, if nothing is declared, with who owns which rows.

    The personas are anon, two signed-in users who are strangers to each other (ann, bob), an anonymous sign-in
    (anonymous_sign_in), an administrator by app_metadata (admin), a user whose user_metadata claims everything
    (self_claiming), a member of ann's tenant with the lowest rank (teammate, where users share tenants), and
    service_role. A project can add its own in pyproject.toml, with a role and the claims of
    the token. Every other role that a token can name gets a column of its own:

    [tool.gatepost.personas]

    support = { role = "authenticated", claims = { app_metadata = { role = "support" } } }

    Exit codes: 0 = access is as intended; 1 = findings, or something could not be checked; 2 = could not run.
    If a limit of Gatepost hides something that another check covers, the exit code stays 0; --strict makes it 1.

    Example: gatepost observe postgresql://postgres:***@db.example.org/postgres --format html --output access.html

    Example: gatepost observe --persona anon --persona support
    """
    from gatepost.observation.api import run_for
    from gatepost.project import find_project

    run_there = run_for(find_project(), persona or ())
    chosen = options(grants, seed=seed, as_cli=as_cli, stop_at_refused=stop_at_refused)
    with looked_at(target, local, chosen) as database:
        if in_place and not database.disposable:
            result = _in_place(database, run_there)
        else:
            result = tried_on_a_clone(database, run_there, tuple(copy_rows or ()))
    emit(result, format, output)
    raise typer.Exit(int(result.fails(strict=strict)))


def _in_place(database: Opened, run_there: Callable[..., Result]) -> Result:
    from contextlib import closing

    from rich.console import Console

    from gatepost.database.connect import connect
    from gatepost.observation.clone.disposable import refuse_unless_disposable
    from gatepost.observation.clone.in_place import lacking_in_place

    with (
        Console(stderr=True).status("connecting") as status,
        closing(connect(database.url, application_name="gatepost observe")) as connection,
    ):
        refuse_unless_disposable(connection, "leave --in-place out")
        missing = lacking_in_place(connection)
        return run_there(connection, target=database.label, not_cloned=missing, progress=status.update)
