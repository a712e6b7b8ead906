"""`gatepost load`: test whether the connection pool is large enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._output import URL_HELP, Local

if TYPE_CHECKING:
    from gatepost.doctor.load_result import Measured


def register(app: typer.Typer) -> None:
    """Add `gatepost load`."""
    app.command(
        "load",
        help="Load a database with read-only transactions of one persona, and recommend a pool size.\n\n"
        "The settings define the pool (DB_POOL_SIZE, DB_MAX_OVERFLOW, DB_POOLER). Exit codes: 0 = every client got a"
        " connection; 1 = a client failed or starved; 2 = could not run.",
        epilog="Example: gatepost load --threads 200 --seconds 30 --think 20",
    )(_load)


def _load(
    url: Annotated[str | None, typer.Argument(help=URL_HELP)] = None,
    local: Local = False,
    threads: Annotated[int, typer.Option(min=1, max=2000, help="Number of concurrent threads or tasks.")] = 20,
    tasks: Annotated[
        bool, typer.Option("--tasks", help="Tasks of an event loop instead of threads, on an asynchronous engine.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="Duration of the load in seconds.")] = 10.0,
    think: Annotated[
        float, typer.Option(min=0, max=60_000, help="Pause between two transactions, in milliseconds.")
    ] = 0.0,
    role: Annotated[str, typer.Option(help="The role to act as.")] = "authenticated",
    user: Annotated[str, typer.Option(help="The user's id (default: a new one for each transaction).")] = "",
    query: Annotated[str, typer.Option(help="The query of each transaction.", metavar="SQL")] = "",
    yes_this_host: Annotated[
        bool, typer.Option("--yes-this-host", help="Confirm a load test against a host other than this machine.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="Output format: text or json.")] = "text",
) -> None:
    from gatepost.database.settings import load_settings
    from gatepost.doctor.load import load
    from gatepost.doctor.load_result import LoadPlan
    from gatepost.errors import SettingsError
    from gatepost.target import target_url

    if form not in ("text", "json"):
        raise SettingsError(f'"{form}" is not a format', "--format text|json")
    target = target_url(url, local=local)
    plan = LoadPlan(threads, seconds, think / 1000, role, user or None, query, asynchronous=tasks)
    with _progress(seconds) as tick:
        measured = load(target, settings=load_settings(), plan=plan, yes_this_host=yes_this_host, tick=tick)
    typer.echo(_text(measured) if form == "text" else _json(measured, target.masked))
    raise typer.Exit(0 if measured.ok else 1)


@contextmanager
def _progress(seconds: float) -> Iterator[Callable[[float], None] | None]:
    import sys

    if seconds < 2 or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("load", total=seconds)
        yield lambda passed: progress.update(task, completed=passed)


def _text(measured: Measured) -> str:
    from gatepost.display import line

    plan = measured.plan
    lines = [
        f"{plan.threads} {plan.kind} as {line(plan.role)} on {measured.pool}, {measured.seconds:.1f} s,"
        f" {plan.think * 1000:g} ms between two transactions",
        f"  transactions  {measured.transactions:,} ({measured.throughput:,.0f} a second)",
    ]
    for name, spread in (("latency", measured.latency), ("wait", measured.wait)):
        lines.append(
            f"  {name:<12}  p50 {spread.p50:g} ms, p95 {spread.p95:g} ms, p99 {spread.p99:g} ms, max {spread.most:g} ms"
        )
    lines.append(f"  in use        {measured.mean_in_use:g} connections on average, {measured.peak_in_use} at most")
    if measured.starved:
        lines.append(
            f"  starved       {measured.starved} of {plan.threads} {plan.kind} got no connection in the whole run"
        )
    lines += [f"  failed        {count} times: {line(reason)}" for reason, count in measured.failures]
    return "\n".join([*lines, f"  advice        {measured.advice}"])


def _json(measured: Measured, target: str) -> str:
    from dataclasses import asdict

    from gatepost.display import json_text
    from gatepost.finding import Finding, Result
    from gatepost.report.json import as_values

    findings = [Finding("load-failed", "error", target, f"{count} times: {why}") for why, count in measured.failures]
    if measured.starved:
        message = f"{measured.starved} {measured.plan.kind} got no connection"
        findings.append(Finding("load-starved", "error", target, message, measured.advice))
    summary = {"transactions": measured.transactions, "starved": measured.starved}
    values = as_values(Result("load", target, tuple(findings), summary=summary))
    measures = asdict(measured) | {"throughput": round(measured.throughput, 1)}
    return json_text(values | {"measured": measures})
