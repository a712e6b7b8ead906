"""`gatepost doctor`: explain why a connection fails, report the state of a database, go through the checklist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._output import URL_HELP, Local

if TYPE_CHECKING:
    from gatepost.database.settings import Settings
    from gatepost.database.url import DatabaseUrl
    from gatepost.doctor import Report


def register(app: typer.Typer) -> None:
    """Add `gatepost doctor`."""
    app.command(
        "doctor",
        help="Explain why a database cannot be reached, or report the state it is in. Nothing is written.\n\n"
        "Exit codes: 0 = no errors (warnings are allowed); 1 = something is wrong; 2 = could not run.",
        epilog="Example: gatepost doctor $DATABASE_URL --checklist --sqlite app.db --format markdown",
    )(_doctor)


def _doctor(
    url: Annotated[str | None, typer.Argument(help=URL_HELP)] = None,
    local: Local = False,
    checklist: Annotated[bool, typer.Option("--checklist", help="Go through the checklist after a migration.")] = False,
    sqlite: Annotated[
        Path | None, typer.Option(help="The SQLite file that was moved; implies --checklist.", metavar="FILE")
    ] = None,
    backup: Annotated[Path | None, typer.Option(help="The copy of that file; needs --sqlite.", metavar="FILE")] = None,
    health: Annotated[
        str, typer.Option(help="The service's health endpoints, ending in /health; implies --checklist.", metavar="URL")
    ] = "",
    threads: Annotated[
        int | None, typer.Option(help="Number of threads that share one pool.", min=1, max=100_000)
    ] = None,
    timeout: Annotated[
        int | None, typer.Option(help="Seconds allowed for each step (default: 10).", min=1, max=600)
    ] = None,
    audit_role: Annotated[
        bool, typer.Option("--audit-role", help="Print the SQL that creates a role for verify, and exit.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="Output format: text, json or markdown.")] = "text",
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="FILE")] = None,
) -> None:
    from gatepost.cli import _doctor as helpers
    from gatepost.database.settings import load_settings
    from gatepost.doctor import examine
    from gatepost.errors import SettingsError
    from gatepost.target import target_url

    helpers.refuse_unknown_format(form)
    checklist = checklist or sqlite is not None or backup is not None or bool(health)
    if checklist and threads is not None:
        raise SettingsError("the checklist does not count threads", "gatepost doctor --threads N, by itself")
    if backup is not None and sqlite is None:
        raise SettingsError(f'"{backup}" is the copy of a file that is not named', "--sqlite FILE --backup FILE")
    target = target_url(url, local=local)
    if audit_role:
        from gatepost.doctor.audit import audit_script

        typer.echo(audit_script(target.database))
        return
    settings = load_settings()
    if timeout is not None:
        settings = settings.model_copy(update={"db_connect_timeout": timeout})
    if checklist:
        report = _checklist(target, settings, sqlite=sqlite, backup=backup, health=health)
    else:
        report = examine(target, settings=settings, expected=helpers.expected(), threads=threads)
    helpers.write(report, form, output)
    raise typer.Exit(0 if report.ok else 1)


def _checklist(
    target: DatabaseUrl, settings: Settings, *, sqlite: Path | None, backup: Path | None, health: str
) -> Report:
    from gatepost.cli import _doctor as helpers
    from gatepost.doctor import Questions, checklist

    questions = Questions(
        expected=helpers.expected(),
        sqlite=sqlite,
        backup=backup,
        row_security=helpers.row_security(target),
        health=(lambda: helpers.service_health(health)) if health else None,
    )
    return checklist(target, settings=settings, questions=questions)
