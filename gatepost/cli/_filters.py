"""What narrows a verdict: the options that `verify` and `check` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatepost.cli._output import Format
    from gatepost.database.url import DatabaseUrl
    from gatepost.finding import Result, Severity
    from gatepost.rules import Rule

RuleNames = Annotated[list[str] | None, typer.Option("--rule", help="Check only this rule (repeatable).")]
Schemas = Annotated[list[str] | None, typer.Option("--schema", help="Report only this schema (repeatable).")]
FailOn = Annotated[str, typer.Option(help="Lowest severity that makes the exit code 1: error, warning or info.")]
Baseline = Annotated[Path | None, typer.Option(help="Report only findings that are not in this file.")]
WriteBaseline = Annotated[Path | None, typer.Option(help="Write the findings to this file and exit 0.")]


def severity_of(text: str) -> Severity:
    """Return a severity by its name.

    Raises:
        SettingsError: it is none.
    """
    from gatepost.errors import SettingsError
    from gatepost.finding import SEVERITIES

    found = next((severity for severity in SEVERITIES if severity == text), None)
    if found is None:
        raise SettingsError(f'"{text}" is not a severity', f"--fail-on {'|'.join(SEVERITIES)}")
    return found


def rules_of(names: list[str] | None) -> tuple[Rule, ...] | None:
    """Return the rules of some names, or None for all: those are imported while the database is read.

    Raises:
        SettingsError: one is no rule.
    """
    if not names:
        return None
    from gatepost.rules import named_rule

    return tuple(named_rule(name) for name in names)


def baseline_of(path: Path | None) -> frozenset[str]:
    """Return the keys of the findings that are known already: those of a file, or none."""
    from gatepost.suppression import read_baseline

    return read_baseline(path) if path is not None else frozenset()


def conclude(
    result: Result,
    threshold: Severity,
    known: frozenset[str],
    *,
    strict: bool,
    write_to: Path | None,
    format: Format,
    output: Path | None,
) -> bool:
    """Print the findings that are not known, or write all of them to a baseline; return whether the command fails."""
    from gatepost.cli._output import emit
    from gatepost.suppression import beyond_baseline, write_baseline

    if write_to is not None:
        write_baseline(write_to, result.findings)
        typer.echo(f"{len(result.findings)} findings written to {write_to}", err=True)
        return False
    result = beyond_baseline(result, known)
    emit(result, format, output)
    return result.fails(threshold, strict=strict)


def in_schemas(result: Result, schemas: list[str] | None) -> Result:
    """Return the result with the findings of some schemas only, or as it is where none is named."""
    from dataclasses import replace

    if not schemas:
        return result
    inside = tuple(f for f in result.findings if f.object.startswith(tuple(f"{name}." for name in schemas)))
    return replace(result, findings=inside)


def refuse_unknown_schemas(url: DatabaseUrl, schemas: list[str]) -> None:
    """Refuse schemas that the database does not have.

    Raises:
        SettingsError: it lacks one.
        DatabaseUnreachable: it cannot be read.
    """
    from gatepost.database.reading import open_for_reading
    from gatepost.display import line
    from gatepost.errors import SettingsError

    with open_for_reading(url, application_name="gatepost") as found:
        found.cursor.execute("SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
        known = [name for (name,) in found.cursor.fetchall()]
    for schema in schemas:
        if schema not in known:
            raise SettingsError(f'"{schema}" is not a schema of this database', f"one of {', '.join(map(line, known))}")
