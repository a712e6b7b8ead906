"""`gatepost observe`: who reaches which rows, seen by trying."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._output import Format, Local, Output, Strict, emit, put
from gatepost.cli._sources import AsCli, Grants, Seed, Target, looked_at, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatepost.declare.declaration import Declaration
    from gatepost.finding import Result
    from gatepost.personas import Persona
    from gatepost.sources import Opened


def register(app: typer.Typer) -> None:
    """Add `gatepost observe`."""
    app.command()(observe)


def observe(
    target: Target = None,
    local: Local = False,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Try on the database itself: an empty one that says it is disposable.")
    ] = False,
    persona: Annotated[
        list[str] | None, typer.Option("--persona", metavar="NAME", help="Only this persona; repeatable.")
    ] = None,
    format: Format = "text",
    output: Output = None,
    strict: Strict = False,
    grants: Grants = None,
    as_cli: AsCli = False,
    seed: Seed = False,
) -> None:
    """Show who reaches which rows, by trying: rows are planted, and every persona reaches for them.

    The database is only read: its schema is cloned into a server of its own, where nothing of it runs as a superuser,
    and which is removed afterwards, or when it was at work for ten minutes (GATEPOST_CLONE_SECONDS).
    What is seen is held against the declaration, or, where nothing is declared, against who owns which rows.

    The personas are anon, two signed-in users who are strangers to each other (ann, bob), an anonymous sign-in
    (anonymous_sign_in), an administrator by app_metadata (admin), a user whose user_metadata claims everything
    (self_claiming), and service_role. A project adds its own in pyproject.toml, with a role and the claims of
    the token:

    [tool.gatepost.personas]

    support = { role = "authenticated", claims = { app_metadata = { role = "support" } } }

    Exits 0 where everybody reaches what was meant, 1 where something was found or could not be looked at, 2 where
    it could not run. What a limit of Gatepost hides exits 0 only where the verdict stands by another way; --strict
    fails on that, too.

    Example: gatepost observe postgresql://postgres:***@db.example.org/postgres --format html --output access.html

    Example: gatepost observe --persona anon --persona support
    """
    from gatepost.observation.attempt.configured_personas import configured, known
    from gatepost.project import find_project

    project = find_project()
    declaration = project.declaration() if project is not None else None
    personas = configured(project.personas) if project is not None else ()
    known(persona or (), personas)
    with looked_at(target, local, options(grants, seed=seed, as_cli=as_cli, strict=strict)) as database:
        result = _run(database, in_place, declaration=declaration, personas=personas, names=tuple(persona or ()))
    if format in ("text", "html"):
        _tell(result, format, output)
    else:
        emit(result, format, output)
    raise typer.Exit(int(result.fails(strict=strict)))


def _run(
    database: Opened,
    in_place: bool,
    *,
    declaration: Declaration | None,
    personas: tuple[Persona, ...],
    names: tuple[str, ...],
) -> Result:
    from contextlib import ExitStack, closing
    from functools import partial

    from rich.console import Console

    from gatepost.database.connect import connect
    from gatepost.observation.clone import schema_clone
    from gatepost.observation.clone.disposable import refuse_unless_disposable
    from gatepost.observation.run import run

    with ExitStack() as stack:
        status = stack.enter_context(Console(stderr=True).status("connecting"))
        progress: Callable[[str], None] = status.update
        observed = partial(
            run, declaration=declaration, target=database.label, personas=personas, names=names, progress=progress
        )
        if in_place or database.disposable:
            connection = stack.enter_context(closing(connect(database.url, application_name="gatepost observe")))
            if not database.disposable:
                refuse_unless_disposable(connection)
            return observed(connection, not_cloned=database.not_checked)
        progress("cloning the schema")
        clone = stack.enter_context(schema_clone(database.url))
        connection = stack.enter_context(closing(connect(clone.url, application_name="gatepost observe")))
        return observed(connection, not_cloned=clone.missing)


def _tell(result: Result, format: str, output: Path | None) -> None:
    """Print or write the two forms that show the matrix itself."""
    import sys

    from gatepost.report.access import page, text

    colour = output is None and sys.stdout.isatty()
    put(page.render(result) if format == "html" else text.render(result, colour=colour), output)
