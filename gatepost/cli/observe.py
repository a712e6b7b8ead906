"""`gatepost observe`: find out who can access which rows by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._output import Format, Local, Output, Strict, emit
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
    seed: Seed = False,
) -> None:
    """Show who can access which rows: plant rows in a clone of the schema and try every command as every persona.

    The database is only read. The clone lives in a server of its own, where nothing from the schema runs as a
    superuser. It is removed afterwards, at the latest after ten minutes (GATEPOST_CLONE_SECONDS).
    The results are compared with the declaration or, if nothing is declared, with who owns which rows.

    The personas are anon, two signed-in users who are strangers to each other (ann, bob), an anonymous sign-in
    (anonymous_sign_in), an administrator by app_metadata (admin), a user whose user_metadata claims everything
    (self_claiming), and service_role. A project can add its own in pyproject.toml, with a role and the claims of
    the token. Every other role that a token can name gets a column of its own:

    [tool.gatepost.personas]

    support = { role = "authenticated", claims = { app_metadata = { role = "support" } } }

    Exit codes: 0 = access is as intended; 1 = findings, or something could not be checked; 2 = could not run.
    If a limit of Gatepost hides something that another check covers, the exit code stays 0; --strict makes it 1.

    Example: gatepost observe postgresql://postgres:***@db.example.org/postgres --format html --output access.html

    Example: gatepost observe --persona anon --persona support
    """
    from gatepost.name_hints import added_words
    from gatepost.observation.attempt.configured_personas import configured, known
    from gatepost.project import find_project

    project = find_project()
    declaration = project.declaration() if project is not None else None
    personas = configured(project.personas) if project is not None else ()
    known(persona or (), personas)
    words = project.name_hints if project is not None else {}
    database_options = options(grants, seed=seed, as_cli=as_cli, strict=strict)
    with looked_at(target, local, database_options) as database, added_words(words):
        result = _run(database, in_place, declaration=declaration, personas=personas, names=tuple(persona or ()))
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
        return observed(connection, not_cloned=clone.missing, roles=clone.roles)
