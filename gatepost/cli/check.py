"""`gatepost check`: the whole verdict, each suspicion tried on a clone."""

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
from gatepost.cli._output import Format, Local, Output, Strict
from gatepost.cli._sources import AsCli, CopyRows, Grants, Seed, StopAtRefused, Target, looked_at, options

if TYPE_CHECKING:
    from gatepost.finding import Result
    from gatepost.sources import Opened


def register(app: typer.Typer) -> None:
    """Add `gatepost check`."""
    app.command(epilog="Example: gatepost check $DATABASE_URL --format html --output check.html")(check)


def check(
    target: Target = None,
    local: Local = False,
    format: Format = "text",
    output: Output = None,
    rule: RuleNames = None,
    schema: Schemas = None,
    fail_on: FailOn = "warning",
    fixes: Annotated[
        bool | None,
        typer.Option(
            "--fixes/--no-fixes",
            help="Try the fix of every finding, however long it takes, or of none; else those shown first, for 10"
            " seconds.",
            show_default=False,
        ),
    ] = None,
    strict: Strict = False,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    lock: Annotated[bool, typer.Option("--lock", help="Write the access matrix to access.lock and exit 0.")] = False,
    locked: Annotated[bool, typer.Option("--locked", help="Fail where access.lock is not what holds now.")] = False,
    grants: Grants = None,
    as_cli: AsCli = False,
    stop_at_refused: StopAtRefused = False,
    seed: Seed = False,
    copy_rows: CopyRows = None,
) -> None:
    """Check who can read and write which rows: rules, drift, and every suspicion tried on a clone.

    A database is only read: its schema is cloned once into a server of its own, where rows are planted, and strangers
    try to read and write them. SQL migrations are run on such a server: gatepost check supabase/migrations

    What a rule suspects and PostgreSQL refuses is dropped; what is left has one finding a
    cause, which is proved (by the catalog alone), witnessed (with a statement that shows it again) or suspected (with
    the reason why no trial decided). A fix is shown after it was tried, too: the finding is gone, and everybody still
    reaches their own rows.

    Exits 0 when nothing was found, 1 when something was found or could not be checked, 2 when the check could not run.
    What a limit of Gatepost hides exits 0 only where the verdict stands by another way; --strict fails on that, too.
    """
    from dataclasses import replace

    threshold = severity_of(fail_on)
    chosen = options(grants, seed=seed, as_cli=as_cli, stop_at_refused=stop_at_refused)
    known = baseline_of(baseline)
    with looked_at(target, local, chosen) as database:
        result = _checked(database, rule, schema, fixes, copy_rows)
    if lock:
        from gatepost.check.lock import FILE, as_lock
        from gatepost.cli._output import put

        put(as_lock(result).rstrip("\n"), FILE)
        typer.echo(f"who can do what is in {FILE}", err=True)
        return
    if locked:
        from gatepost.check.lock import FILE, stale

        result = replace(result, findings=(*result.findings, *stale(result, FILE)))
    failed = conclude(result, threshold, known, strict=strict, write_to=write_baseline, format=format, output=output)
    raise typer.Exit(int(failed))


def _checked(
    database: Opened, names: list[str] | None, schemas: list[str] | None, fixes: bool | None, copied: list[str] | None
) -> Result:
    from rich.console import Console

    from gatepost.check import Options
    from gatepost.check import check as run
    from gatepost.check.run import FIX_SECONDS
    from gatepost.observation.attempt.configured_personas import configured
    from gatepost.project import find_project

    project = find_project()
    if schemas:
        refuse_unknown_schemas(database.url, schemas)
    with Console(stderr=True).status("connecting") as status:
        chosen = Options(
            declaration=project.declaration() if project is not None else None,
            personas=configured(project.personas) if project is not None else (),
            rules=rules_of(names),
            made=database.disposable,
            copied=tuple(copied or ()),
            not_loaded=database.not_checked,
            revoked=database.revoked,
            fix_seconds=FIX_SECONDS if fixes is None else None if fixes else 0,
            words=project.name_hints if project is not None else None,
            progress=status.update,
        )
        result = run(database.url, label=database.label, options=chosen)
    if project is not None:
        result = _suppressed(result, dict(project.suppressions), names)
    return in_schemas(result, schemas)


def _suppressed(result: Result, reasons: dict[str, str], names: list[str] | None) -> Result:
    """Return the result without what the project accepts; what only another command finds is no unused suppression."""
    from gatepost.rules import all_rules
    from gatepost.suppression import suppressed

    elsewhere = {consequence.key for finding in result.findings for consequence in finding.consequences}
    refuted: object = result.sections.get("refuted", ())
    elsewhere |= {one["key"] for one in refuted} if isinstance(refuted, list) else set()
    own = {key: reason for key, reason in reasons.items() if key not in elsewhere or not reason.strip()}
    every = [rule.name for rule in all_rules()]
    return suppressed(result, own, names or every, every)
