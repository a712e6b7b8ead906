"""How `gatepost transfer` says what it will do and what it did: text for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from gatepost.display import line

if TYPE_CHECKING:
    from pathlib import Path

    from gatepost.transfer import Misfit, Mismatch, Progress, Reject, TableResult, TransferResult

SHOWN_REJECTS = 20
CHANGED = {
    "round": "rounded",
    "utf8": "taken from a BLOB as text",
    "empty-as-null": "empty in the source, NULL in the target",
    "as-stored": "taken as PostgreSQL stores it",
}
"""What was done to values that were not moved exactly, by what was allowed."""


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
    page = table("table", "rows", "seconds", "rows/s", "rejects")
    for heading in page.columns[1:]:
        heading.justify = "right"
    for done in result.tables:
        speed = f"{done.rows / done.seconds:,.0f}" if done.seconds > 0 else ""
        add(page, done.name, f"{done.rows:,}", f"{done.seconds:.2f}", speed, f"{done.rejects:,}")
    console().print(page)
    for done in result.tables:
        for column, way, values in done.changed:
            typer.echo(
                line(f"  {done.name}.{column}: {values:,} value{'s' * (values != 1)} {CHANGED[way]}", mixed=True)
            )
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
    target: str, tables: list[dict[str, Any]], findings: list[dict[str, Any]], *, written: bool
) -> dict[str, Any]:
    """Return the summary for machines."""
    return {
        "version": 1,
        "command": "transfer",
        "target": target,
        "findings": findings,
        "not_checked": [],
        "tables": tables,
        "summary": {"written": written, "rows": sum(t["rows"] for t in tables), "findings": len(findings)},
    }


def result_findings(schema: str, result: TransferResult, *, written: bool) -> list[dict[str, Any]]:
    """Return the rejects and mismatches of a result for machines."""
    found = [_reject(schema, reject, written) for reject in result.rejects]
    return found + [_mismatch(schema, mismatch) for mismatch in result.mismatches]


def result_tables(result: TransferResult) -> list[dict[str, Any]]:
    """Return the tables of a result for machines."""
    return [_table_result(table) for table in result.tables]


def misfit(schema: str, one: Misfit) -> dict[str, Any]:
    """Return a kind of value that will not fit for machines."""
    column = f".{one.column}" if one.column else ""
    return {
        "rule": "transfer-misfit",
        "severity": "error",
        "object": f"{schema}.{one.table}",
        "message": f"{one.table}{column}: {one.values} {one.reason}",
        "fix": one.options[0] if one.options else "correct the rows in the source",
        "key": f"transfer-misfit:{one.table}:{one.column}:{one.reason}",
        "witness": f"{one.key}: {one.value}",
    }


def _table_result(table: TableResult) -> dict[str, Any]:
    said = {"name": table.name, "rows": table.rows, "seconds": round(table.seconds, 3), "rejects": table.rejects}
    if table.changed:
        said["changed"] = [{"column": column, "way": way, "values": values} for column, way, values in table.changed]
    return said


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


def table(*headings: str) -> Any:  # noqa: ANN401 - Rich is imported where it is used
    """Return an empty table."""
    from rich.table import Table

    page = Table(box=None, pad_edge=False)
    for heading in headings:
        page.add_column(heading)
    return page


def add(page: Any, *cells: str) -> None:  # noqa: ANN401 - as above
    """Add a row in which nothing is read as markup."""
    from rich.text import Text

    page.add_row(*(Text(line(cell)) for cell in cells))


def console() -> Any:  # noqa: ANN401 - as above
    """Return a console that folds lines on a terminal only: elsewhere a fold could start a line with a command."""
    import sys

    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
