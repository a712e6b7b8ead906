"""What `gatepost transfer` prints, and the little that it has to find out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.errors import TransferError

if TYPE_CHECKING:
    from gatepost.transfer import Plan, Progress, Result
    from gatepost.transfer.values import Epoch

ROWS_A_SECOND = 150_000
"""A careful figure for the estimate: measured twice as high on two cores, and a hosted target is further away."""


def epoch(word: str) -> Epoch | None:
    """Return the unit that `--epoch` names.

    Raises:
        TransferError: it is neither of the two.
    """
    if not word:
        return None
    if word == "seconds":
        return "seconds"
    if word == "milliseconds":
        return "milliseconds"
    raise TransferError(f'"{word}" is not what --epoch counts', "--epoch seconds, or --epoch milliseconds")


def head_revision() -> str:
    """Return the newest revision of the project in this directory, or the empty string outside of a project."""
    if not Path("alembic.ini").is_file():
        return ""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    return ",".join(sorted(ScriptDirectory.from_config(Config("alembic.ini")).get_heads()))


def print_plan(plan: Plan) -> None:
    """Print what a run will do."""
    from rich.console import Console
    from rich.table import Table

    table = Table("table", "rows", "column", "source", "target", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for planned in plan.tables:
        first = [planned.name, f"{planned.source.rows:,}"]
        for column in planned.columns:
            renamed = (
                column.target.name if column.source == column.target.name else f"{column.source} → {column.target.name}"
            )
            table.add_row(*first, renamed, column.declared or "(none)", column.target.type.printed)
            first = ["", ""]
    console = Console(highlight=False)
    console.print(table)
    for note in plan.notes:
        console.print(f"note: {note}", markup=False)
    seconds = plan.rows / ROWS_A_SECOND
    console.print(
        f"{len(plan.tables)} tables, {plan.rows:,} rows, {plan.bytes / 1e6:,.1f} MB, about {max(1, round(seconds))} s"
    )


def print_result(result: Result) -> None:
    """Print the closing table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("table", "rows", "seconds", "rows/s", "rejects", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for done in result.tables:
        speed = f"{done.rows / done.seconds:,.0f}" if done.seconds > 0 else ""
        table.add_row(done.name, f"{done.rows:,}", f"{done.seconds:.2f}", speed, str(done.rejects))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{result.rows:,} rows in {result.seconds:.1f} s, counted on both sides")


@contextmanager
def progress_bars(plan: Plan, *, shown: bool) -> Iterator[Progress | None]:
    """Show a bar for each table while it is moved, on a terminal; the first two seconds are silent."""
    import sys
    import time

    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks = {t.name: bars.add_task(t.name, total=t.source.rows, visible=False, speed="") for t in plan.tables}
    began: dict[str, float] = {}
    started = time.monotonic()

    def advance(name: str, done: int, rows: int) -> None:
        now = time.monotonic()
        first = began.setdefault(name, now)
        speed = f"{done / (now - first):,.0f} rows/s" if now > first else ""
        bars.update(tasks[name], completed=done, total=rows, visible=now - started > 2, speed=speed)

    with bars:
        yield advance
