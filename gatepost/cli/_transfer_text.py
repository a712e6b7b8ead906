"""How `gatepost transfer` says what it will do and what it did: text for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from gatepost.display import line

if TYPE_CHECKING:
    from pathlib import Path

    from gatepost.transfer import Mismatch, Plan, Progress, Reject, TableResult, TransferResult

ROWS_A_SECOND = 100_000
"""A careful figure for the estimate: measured at more than that on two cores, and a hosted target is further away."""

SHOWN_REJECTS = 20


def print_plan(plan: Plan) -> None:
    """Print what a run will do."""
    table = _table("table", "rows", "column", "source", "target")
    table.columns[1].justify = "right"
    for planned in plan.tables:
        first = [planned.name, f"{planned.source.rows:,}"]
        for column in planned.columns:
            name = (
                column.target.name if column.source == column.target.name else f"{column.source} → {column.target.name}"
            )
            counted = f", {column.epoch} since 1970" if column.epoch else ""
            _add(table, *first, name, column.declared or "(none)", column.target.type.printed + counted)
            first = ["", ""]
    console = _console()
    console.print(table)
    for note in plan.notes:
        typer.echo(line(f"note: {note}"))
    seconds = max(1, round(plan.rows / ROWS_A_SECOND))
    console.print(f"{len(plan.tables)} tables, {plan.rows:,} rows, {plan.bytes / 1e6:,.1f} MB, about {seconds} s")


def print_rejects(rejects: tuple[Reject, ...], *, err: bool) -> None:
    """Print the first rejects, and how many more there are."""
    for reject in rejects[:SHOWN_REJECTS]:
        column = f".{reject.column}" if reject.column else ""
        value = f": {reject.value}" if reject.value else ""
        typer.echo(line(f"  {reject.table}{column} {reject.key}: {reject.reason}{value}", mixed=True), err=err)
    if len(rejects) > SHOWN_REJECTS:
        typer.echo(f"  … and {len(rejects) - SHOWN_REJECTS:,} more", err=err)


def print_aside(result: TransferResult, directory: Path) -> None:
    """Say where the rejects are, and what to do with them."""
    rows = sum(table.rejects for table in result.tables)
    typer.echo(
        f'{rows:,} rejects are in "{directory}"; when they are corrected: gatepost transfer --from-rejects {directory}'
    )


def print_mismatches(mismatches: tuple[Mismatch, ...]) -> None:
    """Print what differs between the two sides."""
    for mismatch in mismatches:
        column = f".{mismatch.column}" if mismatch.column else ""
        typer.echo(line(f"  {mismatch.table}{column}: {mismatch.what}"))


def print_result(result: TransferResult, checked: str) -> None:
    """Print the closing table."""
    table = _table("table", "rows", "seconds", "rows/s", "rejects")
    for column in table.columns[1:]:
        column.justify = "right"
    for done in result.tables:
        speed = f"{done.rows / done.seconds:,.0f}" if done.seconds > 0 else ""
        _add(table, done.name, f"{done.rows:,}", f"{done.seconds:.2f}", speed, f"{done.rejects:,}")
    console = _console()
    console.print(table)
    typer.echo(line(f"{result.rows:,} rows in {result.seconds:.1f} s, {checked}", mixed=True))


@contextmanager
def progress_bars(rows: dict[str, int], *, shown: bool) -> Iterator[Progress | None]:
    """Show a bar for each table while it is moved, on a terminal; the first two seconds are silent."""
    import sys
    import time

    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks = {name: bars.add_task(line(name), total=total, visible=False, speed="") for name, total in rows.items()}
    began: dict[str, float] = {}
    started = time.monotonic()

    def advance(name: str, done: int, total: int) -> None:
        now = time.monotonic()
        first = began.setdefault(name, now)
        speed = f"{done / (now - first):,.0f} rows/s" if now > first else ""
        bars.update(tasks[name], completed=done, total=total, visible=now - started > 2, speed=speed)

    with bars:
        yield advance


def summary(
    target: str, schema: str, result: TransferResult, *, written: bool, tables: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the summary for machines."""
    shown = [_table_result(table) for table in result.tables] if tables is None else tables
    findings = [_reject(schema, reject, written) for reject in result.rejects]
    findings += [_mismatch(schema, mismatch) for mismatch in result.mismatches]
    return {
        "version": 1,
        "command": "transfer",
        "target": target,
        "findings": findings,
        "not_checked": [],
        "tables": shown,
        "summary": {"written": written, "rows": sum(t["rows"] for t in shown), "findings": len(findings)},
    }


def plan_tables(plan: Plan) -> list[dict[str, Any]]:
    """Return the tables of a plan for machines."""
    return [
        {
            "name": t.name,
            "rows": t.source.rows,
            "columns": [
                {"source": c.source, "declared": c.declared, "target": c.target.name, "type": c.target.type.printed}
                for c in t.columns
            ],
        }
        for t in plan.tables
    ]


def _table_result(table: TableResult) -> dict[str, Any]:
    return {"name": table.name, "rows": table.rows, "seconds": round(table.seconds, 3), "rejects": table.rejects}


def _reject(schema: str, reject: Reject, written: bool) -> dict[str, Any]:
    column = f".{reject.column}" if reject.column else ""
    return {
        "rule": "transfer-reject",
        "severity": "error",
        "object": f"{schema}.{reject.table}",
        "message": f"{reject.table}{column} {reject.key}: {reject.reason}",
        "fix": "correct the row and load it with --from-rejects" if written else "correct the row in the source",
        "key": f"transfer-reject:{reject.table}:{reject.key}:{reject.column}",
        "witness": reject.value,
    }


def _mismatch(schema: str, mismatch: Mismatch) -> dict[str, Any]:
    column = f".{mismatch.column}" if mismatch.column else ""
    return {
        "rule": "transfer-mismatch",
        "severity": "error",
        "object": f"{schema}.{mismatch.table}",
        "message": f"{mismatch.table}{column}: {mismatch.what}",
        "fix": "transfer again with --replace, or find out who changed the rows",
        "key": f"transfer-mismatch:{mismatch.table}:{mismatch.column}",
    }


def _table(*headings: str) -> Any:  # noqa: ANN401 - Rich is imported where it is used
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    return table


def _add(table: Any, *cells: str) -> None:  # noqa: ANN401 - as above
    """Add a row in which nothing is read as markup."""
    from rich.text import Text

    table.add_row(*(Text(line(cell)) for cell in cells))


def _console() -> Any:  # noqa: ANN401 - as above
    """Return a console that folds lines on a terminal only: elsewhere a fold could start a line with a command."""
    import sys

    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
