"""Output formats of `gatepost doctor`, and the answers that it gets from verify, Alembic and a running service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatepost import sql
from gatepost.cli._output import put
from gatepost.errors import SettingsError

if TYPE_CHECKING:
    from gatepost.database.url import DatabaseUrl
    from gatepost.doctor.answer import Answer, Report, Status
    from gatepost.doctor.examine import Expected

FORMATS = ("text", "json", "markdown")
_MARKS: dict[Status, tuple[str, str]] = {
    "ok": ("ok", typer.colors.GREEN),
    "warning": ("warning", typer.colors.YELLOW),
    "error": ("error", typer.colors.RED),
    "unknown": ("unknown", typer.colors.MAGENTA),
}


def refuse_unknown_format(form: str) -> None:
    """Refuse a format that does not exist.

    Raises:
        SettingsError: there is no such format.
    """
    if form not in FORMATS:
        raise SettingsError(f'"{form}" is not a format', f"--format {'|'.join(FORMATS)}")


def expected() -> Expected:
    """Return what the project in this directory expects of its database, or nothing outside a project."""
    from gatepost.doctor.examine import Expected
    from gatepost.project import find_project

    project = find_project()
    if project is None or not project.alembic_ini.is_file():
        return Expected()
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(Config(str(project.alembic_ini)))
    history = [revision.revision for revision in script.walk_revisions()][::-1]
    tables = [(table.schema or "public", table.name) for table in project.metadata().sorted_tables]
    return Expected(heads=tuple(script.get_heads()), history=tuple(history), tables=tuple(tables))


def service_health(url: str) -> Answer:
    """Request the health endpoints of a running service."""
    import httpx

    from gatepost.doctor import Answer

    base, seen = url.rstrip("/"), []
    for name in ("live", "ready", "db-pool"):
        try:
            answer = httpx.get(f"{base}/{name}", timeout=5)
        except (httpx.HTTPError, httpx.InvalidURL):
            return Answer("health", "error", f'"{base}/{name}" does not answer', "start the service")
        if answer.status_code != 200:
            return Answer("health", "error", f'"{base}/{name}" answers {answer.status_code}', "read the response body")
        seen.append(f"{name} {answer.elapsed.total_seconds() * 1000:.0f} ms")
    return Answer("health", "ok", ", ".join(seen))


def row_security(target: DatabaseUrl) -> Callable[[], Answer]:
    """Return a function that runs `verify` on the database."""

    def answer() -> Answer:
        from contextlib import closing

        from gatepost.database.connect import connect
        from gatepost.doctor import Answer
        from gatepost.verification import verify

        with closing(connect(target, application_name="gatepost doctor")) as connection:
            result = verify(connection, target=target.masked)
        tables, policies = result.summary.get("tables", 0), result.summary.get("policies", 0)
        checked = f"{tables} tables, {policies} policies"
        errors, warnings = result.count("error"), result.count("warning")
        if errors or warnings:
            worst = min(result.findings, key=lambda finding: ("error", "warning", "info").index(finding.severity))
            message = f"{errors} errors and {warnings} warnings in {checked}, for example: {worst.message}"
            return Answer("verify", "error" if errors else "warning", message, "gatepost verify")
        if result.not_checked:
            skipped = result.not_checked[0]
            return Answer("verify", "unknown", f"{skipped.what} could not be checked: {skipped.why}", "gatepost verify")
        if result.summary.get("declared") is False:
            return Answer("verify", "unknown", f"no policies are declared in this folder to compare the {checked} with")
        return Answer("verify", "ok", f"as declared: {checked}")

    return answer


def write(report: Report, form: str, output: Path | None) -> None:
    """Print a report, or write it to a file."""
    render = {"text": as_text, "json": as_json, "markdown": as_markdown}[form]
    if output is None and form == "text":
        typer.echo(as_text(report, colour=True))  # Typer takes the colour out where there is no terminal
    else:
        put(render(report), output)


def as_text(report: Report, colour: bool = False) -> str:
    """Return a report as text: one line per answer, followed by what to do."""
    from gatepost.display import line, statement

    width = max((len(answer.topic) for answer in report.answers), default=0)
    lines = [line(report.target)]
    for answer in report.answers:
        word, tint = _MARKS[answer.status]
        mark = f"{word:<7}"
        lines.append(
            f"  {typer.style(mark, fg=tint) if colour else mark}  {answer.topic:<{width}}  {line(answer.message)}"
        )
        if answer.fix and answer.status != "ok":
            lines.append(f"{'':{width + 13}}→ {statement(answer.fix)}")
    counted = [f"{report.count(status)} {status}" for status in _MARKS if report.count(status)]
    return "\n".join([*lines, line(f"{report.command} of {report.target}: {', '.join(counted)}")])


def as_json(report: Report) -> str:
    """Return a report in the JSON format that all commands share."""
    from gatepost.report import render

    return render(report.result, "json")


def as_markdown(report: Report) -> str:
    """Return a report as a checklist in Markdown."""
    from gatepost.display import code, line, markdown, statement

    lines = [f"# {line(report.command)}: {code(report.target)}", ""]
    for answer in report.answers:
        box = "x" if answer.status == "ok" else " "
        word = "" if answer.status == "ok" else f"**{answer.status}**: "
        fix = f" ({code(sql.one_line(statement(answer.fix)))})" if answer.fix and answer.status != "ok" else ""
        lines.append(f"- [{box}] {answer.topic}: {word}{markdown(answer.message)}{fix}")
    return "\n".join(lines)
