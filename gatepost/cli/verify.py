"""`gatepost verify`: check a live database with the rules, and compare it with the declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._filters import (
    Baseline,
    FailOn,
    RuleNames,
    Schemas,
    WriteBaseline,
    baseline_of,
    conclude,
    in_schemas,
    refuse_unknown_schemas,
    rules_of,
    severity_of,
)
from gatepost.cli._garbage import nothing_collected
from gatepost.cli._output import Format, Local, Output, Strict, progress_line
from gatepost.cli._sources import AsCli, Grants, Seed, StopAtRefused, Target, looked_at, options

if TYPE_CHECKING:
    from gatepost.finding import Result
    from gatepost.rules import Rule
    from gatepost.sources import Opened


def register(app: typer.Typer) -> None:
    """Add `gatepost verify`."""
    app.command(epilog="Example: gatepost verify $DATABASE_URL --format sarif --output gatepost.sarif")(verify)


def verify(
    target: Target = None,
    local: Local = False,
    format: Format = "text",
    output: Output = None,
    rule: RuleNames = None,
    schema: Schemas = None,
    fail_on: FailOn = "warning",
    print_there: Annotated[
        bool,
        typer.Option(
            "--print-there",
            help="Print policies in the database itself, on temporary tables in a read-write transaction.",
        ),
    ] = False,
    strict: Strict = False,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    grants: Grants = None,
    as_cli: AsCli = False,
    stop_at_refused: StopAtRefused = False,
    seed: Seed = False,
) -> None:
    """Check row security, policies and grants of a live database, which is only read, or of SQL migrations.

    Migrations run on a temporary server, which is removed afterwards: gatepost verify supabase/migrations

    The local server prints the declared and the live policies for the comparison, on stand-ins for the live tables.
    It is started and stopped if it is not running. A project that declares nothing does not need it.

    An error is proved by the catalog, or by a condition that is always true. A suspicion is a warning, because verify
    only reads: `gatepost check` tries it on a clone. Both make the exit code 1; --fail-on error lets suspicions pass.

    Exit codes: 0 = nothing found; 1 = findings, or something could not be checked; 2 = could not run.
    If a limit of Gatepost hides something that another check covers, the exit code stays 0; --strict makes it 1.
    """
    threshold = severity_of(fail_on)
    chosen = options(grants, seed=seed, as_cli=as_cli, stop_at_refused=stop_at_refused)
    known = baseline_of(baseline)
    with nothing_collected():
        with looked_at(target, local, chosen) as database:
            result = _verified(database, rules_of(rule), schema, print_there=print_there)
        failed = conclude(
            result, threshold, known, strict=strict, write_to=write_baseline, format=format, output=output
        )
    raise typer.Exit(int(failed))


def _verified(
    database: Opened, rules: tuple[Rule, ...] | None, schemas: list[str] | None, *, print_there: bool
) -> Result:
    from contextlib import closing
    from dataclasses import replace

    from gatepost.database.connect import connect
    from gatepost.project import find_project
    from gatepost.suppression import suppressed

    project = find_project()
    with progress_line(f"reading {database.label}"):
        from gatepost.verification import verify as run

        with closing(connect(database.url, application_name="gatepost verify")) as connection:
            if schemas:
                refuse_unknown_schemas(database.url, schemas)
            result = run(
                connection,
                rules=rules,
                target=database.label,
                print_there=print_there,
                revoked=database.revoked,
            )
    result = replace(result, not_checked=tuple(sorted({*result.not_checked, *database.not_checked})))
    if project is not None:
        from gatepost.rules import all_rules

        every = [rule.name for rule in all_rules()]
        checked = [rule.name for rule in rules] if rules else every
        result = suppressed(result, dict(project.suppressions), checked, every)
    return in_schemas(result, schemas)
