"""What `gatepost transfer` does with its options."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatepost.cli import _transfer_page as page
from gatepost.cli import _transfer_text as text
from gatepost.cli._exit_codes import INTERRUPTED
from gatepost.display import json_text
from gatepost.errors import SettingsError, TransferError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from gatepost.database.url import DatabaseUrl
    from gatepost.transfer import Options, Plan, Progress, TransferResult
    from gatepost.transfer.archive.compression import Compression

FINDINGS = 1
_HEADS = """
from alembic.config import Config
from alembic.script import ScriptDirectory
print(*sorted(ScriptDirectory.from_config(Config("alembic.ini")).get_heads()), sep=",")
"""


@dataclass(frozen=True, slots=True)
class Verbosity:
    """How much is printed, and whether anything is done at all."""

    quiet: bool = False
    as_json: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One call of the command."""

    options: Options
    url: DatabaseUrl | None
    verbosity: Verbosity

    @property
    def target(self) -> DatabaseUrl:
        """The target's address.

        Raises:
            SettingsError: there is none.
        """
        if self.url is None:
            raise SettingsError("no target was named", "set DATABASE_URL in the environment or in .env")
        return self.url

    @property
    def talks(self) -> bool:
        """Whether there is text for people."""
        return not self.verbosity.quiet and not self.verbosity.as_json


def given(source: str) -> Path:
    """Return the source; SQLAlchemy's way to name a SQLite file is one, too.

    Raises:
        TransferError: none was named, or the target was named in its place.
    """
    if not source:
        raise TransferError("no SQLite file was named", "gatepost transfer app.db $DATABASE_URL")
    path = source.removeprefix("sqlite:///")
    if "://" in path:
        # The address is not repeated: it may hold a password.
        raise TransferError("the source is a SQLite file, not an address", "gatepost transfer app.db $DATABASE_URL")
    return Path(path)


def model_metadata(package: str) -> MetaData:
    """Return the metadata of a package: its `metadata`, that of its `Base`, or SQLModel's own.

    Raises:
        TransferError: the package cannot be imported, or declares no tables.
    """
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
    found: MetaData | None = getattr(module, "metadata", None) or getattr(
        getattr(module, "Base", None), "metadata", None
    )
    if found is None:
        from sqlmodel import SQLModel

        found = SQLModel.metadata
    if not found.tables:
        raise TransferError(f'"{package}" declares no tables', "name the package that holds the SQLModel classes")
    return found


def model_tables(package: str) -> tuple[str, ...]:
    """Return the names of the tables in the metadata of a package, or none if no package is named."""
    return tuple(sorted(table.name for table in model_metadata(package).tables.values())) if package else ()


def head_revision() -> str:
    """Return the newest revision of the project in this directory, or the empty string outside of a project.

    Alembic runs in a process of its own, since the rows to come have a use for its 30 MB.

    Raises:
        TransferError: Alembic cannot read the project's revisions.
    """
    if not Path("alembic.ini").is_file():
        return ""
    command = [sys.executable, "-c", _HEADS]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    if found.returncode:
        why = found.stderr.strip().rpartition("\n")[2] or "it said nothing"
        raise TransferError(f"Alembic cannot read the revisions of this project: {why}", "alembic heads")
    return found.stdout.strip()


def move(job: Job, source: Path) -> int:
    """Plan, print, run, print; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with ExitStack() as stack:
        dry = job.verbosity.dry_run
        workers = None if dry else stack.enter_context(transfer.processes(source, job.options))
        connection = stack.enter_context(closing(connect(job.target, refuse_transaction_pooler=True)))
        try:
            plan = transfer.plan(source, connection, options=job.options, check=dry)
        except transfer.SidesDiffer as differ:
            if differ.plan is not None and job.talks:
                page.print_plan(differ.plan)
            raise
        return _planned(job, plan, lambda progress: transfer.run(plan, connection, progress=progress, workers=workers))


def write(job: Job, source: Path, directory: Path, package: str, compression: Compression | None) -> int:
    """Write a directory for a target that cannot be reached from here; return the exit code.

    Raises:
        TransferError: no models were named.
    """
    from gatepost import transfer

    if not package:
        raise TransferError('"--to" needs the types of the target, which only the models have', "--models models")
    metadata, options = model_metadata(package), job.options
    plan = transfer.plan_write(source, metadata, options=options)

    def work(progress: Progress | None) -> TransferResult:
        return transfer.write(source, directory, metadata, options=options, compression=compression, progress=progress)

    return _planned(job, plan, work, f'written to "{directory}"')


def add_rejects(job: Job, directory: Path) -> int:
    """Add corrected rejects; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.target, refuse_transaction_pooler=True)) as connection:
        plan = transfer.plan_rejects(directory, connection, options=job.options)
        return _planned(
            job,
            plan,
            lambda progress: transfer.run_rejects(directory, connection, options=job.options, progress=progress),
        )


def compare(job: Job, source: Path) -> int:
    """Compare with an earlier transfer; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.target)) as connection:
        result = transfer.check(source, connection, options=job.options)
    return _report(job, result)


def _planned(
    job: Job, plan: Plan, work: Callable[[Progress | None], TransferResult], done: str = "equal on both sides"
) -> int:
    """Print a plan, and do it unless only the plan was wanted; return the exit code."""
    from gatepost.transfer import TransferResult

    if job.talks:
        page.print_plan(plan)
    if job.verbosity.dry_run:
        if job.verbosity.as_json:
            _print_json(job, TransferResult((), 0.0), written=False, plan=plan)
        return 0
    with text.progress_bars({t.name: t.source.rows for t in plan.tables}, shown=job.talks) as progress:
        result = _refusable(job, lambda: work(progress))
    return _report(job, result, done)


def _refusable(job: Job, work: Callable[[], TransferResult]) -> TransferResult:
    """Do the work; rows that were refused are listed before the sentence that says so."""
    from gatepost.transfer import RowsRefused, TransferResult

    try:
        return work()
    except RowsRefused as refused:
        if job.verbosity.as_json:
            _print_json(job, TransferResult((), 0.0, refused.rejects), written=False)
        elif len(refused.rejects) > 1:
            text.print_rejects(refused.rejects, err=True)
        raise
    except KeyboardInterrupt:
        done = (
            "the tables that are done stay, and the same command goes on"
            if job.options.resumable
            else "nothing was written"
        )
        typer.echo(f"interrupted: {done}", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _report(job: Job, result: TransferResult, done: str = "equal on both sides") -> int:
    if job.verbosity.as_json:
        _print_json(job, result, written=True)
    elif job.talks:
        wrong = len(result.mismatches)
        text.print_result(result, f"{wrong} differences between the two sides" if wrong else done)
        if job.options.rejects and result.rejects:
            text.print_aside(result, job.options.rejects)
        text.print_mismatches(result.mismatches)
        text.print_rejects(result.rejects, err=False)
    rejected = any(table.rejects for table in result.tables)
    return FINDINGS if rejected or result.mismatches else 0


def _print_json(job: Job, result: TransferResult, *, written: bool, plan: Plan | None = None) -> None:
    target = job.url.masked if job.url else ""
    tables = page.plan_tables(plan) if plan else text.result_tables(result)
    findings = text.result_findings(job.options.schema, result, written=written)
    typer.echo(json_text(text.summary(target, tables, findings, written=written)))
