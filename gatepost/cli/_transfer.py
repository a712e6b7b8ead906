"""What `gatepost transfer` does with its options, and how it says what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gatepost.errors import SettingsError, TransferError

if TYPE_CHECKING:
    from gatepost.database.url import DatabaseUrl
    from gatepost.transfer import Options, Plan, Progress, Reject, Result
    from gatepost.transfer.values import Epoch, Mode

ROWS_A_SECOND = 100_000
"""A careful figure for the estimate: measured at more than that on two cores, and a hosted target is further away."""

SHOWN_REJECTS = 20

FINDINGS = 1


@dataclass(frozen=True, slots=True)
class Job:
    """One call of the command."""

    options: Options
    url: DatabaseUrl
    quiet: bool
    as_json: bool

    @property
    def talks(self) -> bool:
        """Whether there is text for people."""
        return not self.quiet and not self.as_json


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


def mode(*, append: bool, replace: bool) -> Mode:
    """Return what may be in the target.

    Raises:
        TransferError: both were asked for.
    """
    if append and replace:
        raise TransferError('"--append" and "--replace" exclude each other', "choose one of the two")
    return "append" if append else "replace" if replace else "empty"


def given(source: str) -> Path:
    """Return the source.

    Raises:
        TransferError: none was named.
    """
    if not source:
        raise TransferError("no SQLite file was named", "gatepost transfer app.db $DATABASE_URL")
    return Path(source)


def target(url: str) -> DatabaseUrl:
    """Return the target's address.

    Raises:
        SettingsError: there is none, or it is wrong.
    """
    from gatepost.database.url import parse_url

    if not url:
        raise SettingsError("no target was named", "gatepost transfer app.db $DATABASE_URL")
    return parse_url(url)


def model_tables(package: str) -> tuple[str, ...]:
    """Return the names of the tables in the metadata of a package: its `metadata`, or SQLModel's own.

    Raises:
        TransferError: the package cannot be imported, or declares no tables.
    """
    if not package:
        return ()
    import importlib
    import sys

    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise TransferError(
            f'"{package}" cannot be imported: {error}', "name a package as Python imports it"
        ) from error
    metadata = getattr(module, "metadata", None) or getattr(getattr(module, "Base", None), "metadata", None)
    if metadata is None:
        from sqlmodel import SQLModel

        metadata = SQLModel.metadata
    names = tuple(sorted(table.name for table in metadata.tables.values()))
    if not names:
        raise TransferError(f'"{package}" declares no tables', "name the package that holds the SQLModel classes")
    return names


def head_revision() -> str:
    """Return the newest revision of the project in this directory, or the empty string outside of a project."""
    if not Path("alembic.ini").is_file():
        return ""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    return ",".join(sorted(ScriptDirectory.from_config(Config("alembic.ini")).get_heads()))


def move(job: Job, source: Path, *, dry_run: bool) -> int:
    """Plan, print, run, print; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.url, refuse_transaction_pooler=True)) as connection:
        plan = transfer.plan(source, connection, options=job.options)
        if job.talks:
            print_plan(plan)
        if dry_run:
            if job.as_json:
                typer.echo(json.dumps(_plan_summary(job, plan), indent=2))
            return 0
        with progress_bars({t.name: t.source.rows for t in plan.tables}, shown=job.talks) as progress:
            result = _refusable(job, lambda: transfer.run(plan, connection, progress=progress))
    return _told(job, result)


def add_rejects(job: Job, directory: Path) -> int:
    """Add mended rejects; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.url, refuse_transaction_pooler=True)) as connection:
        result = _refusable(job, lambda: transfer.run_rejects(directory, connection, options=job.options))
    return _told(job, result)


def compare(job: Job, source: Path) -> int:
    """Compare with an earlier transfer; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.url)) as connection:
        result = transfer.check(source, connection, options=job.options)
    return _told(job, result)


def print_plan(plan: Plan) -> None:
    """Print what a run will do."""
    from rich.table import Table

    table = Table("table", "rows", "column", "source", "target", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for planned in plan.tables:
        first = [planned.name, f"{planned.source.rows:,}"]
        for column in planned.columns:
            name = (
                column.target.name if column.source == column.target.name else f"{column.source} → {column.target.name}"
            )
            table.add_row(*first, name, column.declared or "(none)", column.target.type.printed)
            first = ["", ""]
    console = _console()
    console.print(table)
    for note in plan.notes:
        console.print(f"note: {note}", markup=False)
    seconds = max(1, round(plan.rows / ROWS_A_SECOND))
    console.print(f"{len(plan.tables)} tables, {plan.rows:,} rows, {plan.bytes / 1e6:,.1f} MB, about {seconds} s")


def print_rejects(rejects: tuple[Reject, ...], *, err: bool) -> None:
    """Print the first rejects, and how many more there are."""
    for reject in rejects[:SHOWN_REJECTS]:
        column = f".{reject.column}" if reject.column else ""
        value = f": {reject.value}" if reject.value else ""
        typer.echo(f"  {reject.table}{column} {reject.key}: {reject.reason}{value}", err=err)
    if len(rejects) > SHOWN_REJECTS:
        typer.echo(f"  … and {len(rejects) - SHOWN_REJECTS:,} more", err=err)


def print_result(result: Result, checked: str) -> None:
    """Print the closing table."""
    from rich.table import Table

    table = Table("table", "rows", "seconds", "rows/s", "rejects", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for done in result.tables:
        speed = f"{done.rows / done.seconds:,.0f}" if done.seconds > 0 else ""
        table.add_row(done.name, f"{done.rows:,}", f"{done.seconds:.2f}", speed, f"{done.rejects:,}")
    console = _console()
    console.print(table)
    console.print(f"{result.rows:,} rows in {result.seconds:.1f} s, {checked}")


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
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks = {name: bars.add_task(name, total=total, visible=False, speed="") for name, total in rows.items()}
    began: dict[str, float] = {}
    started = time.monotonic()

    def advance(name: str, done: int, total: int) -> None:
        now = time.monotonic()
        first = began.setdefault(name, now)
        speed = f"{done / (now - first):,.0f} rows/s" if now > first else ""
        bars.update(tasks[name], completed=done, total=total, visible=now - started > 2, speed=speed)

    with bars:
        yield advance


def _refusable(job: Job, work: Any) -> Result:  # noqa: ANN401 - a function that gives a Result
    """Do the work; rows that were refused are listed before the sentence that says so."""
    from gatepost.transfer import RowsRefused

    try:
        result: Result = work()
    except RowsRefused as refused:
        if job.as_json:
            summary = _summary(job, (), refused.rejects, (), written=False)
            typer.echo(json.dumps(summary, indent=2))
        elif len(refused.rejects) > 1:
            print_rejects(refused.rejects, err=True)
        raise
    return result


def _told(job: Job, result: Result) -> int:
    if job.as_json:
        tables = [
            {"name": t.name, "rows": t.rows, "seconds": round(t.seconds, 3), "rejects": t.rejects}
            for t in result.tables
        ]
        typer.echo(json.dumps(_summary(job, tables, result.rejects, result.mismatches, written=True), indent=2))
    elif job.talks:
        wrong = len(result.mismatches)
        print_result(result, f"{wrong} differences between the two sides" if wrong else "equal on both sides")
        for mismatch in result.mismatches:
            column = f".{mismatch.column}" if mismatch.column else ""
            typer.echo(f"  {mismatch.table}{column}: {mismatch.what}")
        print_rejects(result.rejects, err=False)
    rejected = any(table.rejects for table in result.tables)
    return FINDINGS if rejected or result.mismatches else 0


def _summary(job: Job, tables: Any, rejects: Any, mismatches: Any, *, written: bool) -> dict[str, Any]:  # noqa: ANN401
    findings = [
        {
            "rule": "transfer-reject",
            "severity": "error",
            "object": f"{job.options.schema}.{r.table}",
            "message": f"{r.table}{'.' + r.column if r.column else ''} {r.key}: {r.reason}",
            "fix": "mend the row and load it with --from-rejects" if written else "mend the row in the source",
            "key": f"transfer-reject:{r.table}:{r.key}:{r.column}",
            "witness": r.value,
        }
        for r in rejects
    ] + [
        {
            "rule": "transfer-mismatch",
            "severity": "error",
            "object": f"{job.options.schema}.{m.table}",
            "message": f"{m.table}{'.' + m.column if m.column else ''}: {m.what}",
            "fix": "transfer again with --replace, or find out who changed the rows",
            "key": f"transfer-mismatch:{m.table}:{m.column}",
        }
        for m in mismatches
    ]
    return {
        "version": 1,
        "command": "transfer",
        "target": job.url.masked,
        "findings": findings,
        "not_checked": [],
        "tables": list(tables),
        "summary": {"written": written, "rows": sum(t["rows"] for t in tables), "findings": len(findings)},
    }


def _plan_summary(job: Job, plan: Plan) -> dict[str, Any]:
    tables = [
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
    return _summary(job, tables, (), (), written=False)


def _console() -> Any:  # noqa: ANN401 - Rich is imported where it is used
    from rich.console import Console

    return Console(highlight=False)
