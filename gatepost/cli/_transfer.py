"""What `gatepost transfer` does with its options."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatepost.cli import _transfer_text as text
from gatepost.errors import SettingsError, TransferError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from gatepost.database.url import DatabaseUrl
    from gatepost.transfer import Options, Plan, Result
    from gatepost.transfer.values import Epoch, Mode

FINDINGS = 1


@dataclass(frozen=True, slots=True)
class Job:
    """One call of the command."""

    options: Options
    url: DatabaseUrl | None
    quiet: bool
    as_json: bool

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
    """Return the target's address: what was typed, or `DATABASE_URL` from the environment or `.env`.

    Raises:
        SettingsError: there is none, or it is wrong.
    """
    from gatepost.database.settings import load_settings
    from gatepost.database.url import parse_url

    settings = load_settings()
    return settings.secured(parse_url(url)) if url else settings.url


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

    with closing(connect(job.target, refuse_transaction_pooler=True)) as connection:
        plan = transfer.plan(source, connection, options=job.options)
        if job.talks:
            text.print_plan(plan)
        if dry_run:
            if job.as_json:
                _print_json(job, transfer.Result((), 0.0), written=False, plan=plan)
            return 0
        with text.progress_bars({t.name: t.source.rows for t in plan.tables}, shown=job.talks) as progress:
            result = _refusable(job, lambda: transfer.run(plan, connection, progress=progress))
    return _told(job, result)


def write(job: Job, source: Path, directory: Path, package: str) -> int:
    """Write a directory for a target that cannot be reached from here; return the exit code.

    Raises:
        TransferError: no models were named.
    """
    from gatepost import transfer

    if not package:
        raise TransferError('"--to" needs the types of the target, which only the models tell', "--models models")
    result = _refusable(job, lambda: transfer.write(source, directory, model_metadata(package), options=job.options))
    return _told(job, result, f'written to "{directory}"')


def add_rejects(job: Job, directory: Path) -> int:
    """Add mended rejects; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.target, refuse_transaction_pooler=True)) as connection:
        result = _refusable(job, lambda: transfer.run_rejects(directory, connection, options=job.options))
    return _told(job, result)


def compare(job: Job, source: Path) -> int:
    """Compare with an earlier transfer; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.target)) as connection:
        result = transfer.check(source, connection, options=job.options)
    return _told(job, result)


def _refusable(job: Job, work: Callable[[], Result]) -> Result:
    """Do the work; rows that were refused are listed before the sentence that says so."""
    from gatepost.transfer import Result, RowsRefused

    try:
        return work()
    except RowsRefused as refused:
        if job.as_json:
            _print_json(job, Result((), 0.0, refused.rejects), written=False)
        elif len(refused.rejects) > 1:
            text.print_rejects(refused.rejects, err=True)
        raise


def _told(job: Job, result: Result, done: str = "equal on both sides") -> int:
    if job.as_json:
        _print_json(job, result, written=True)
    elif job.talks:
        wrong = len(result.mismatches)
        text.print_result(result, f"{wrong} differences between the two sides" if wrong else done)
        text.print_mismatches(result.mismatches)
        text.print_rejects(result.rejects, err=False)
    rejected = any(table.rejects for table in result.tables)
    return FINDINGS if rejected or result.mismatches else 0


def _print_json(job: Job, result: Result, *, written: bool, plan: Plan | None = None) -> None:
    target = job.url.masked if job.url else ""
    tables = text.plan_tables(plan) if plan else None
    said = text.summary(target, job.options.schema, result, written=written, tables=tables)
    typer.echo(json.dumps(said, indent=2))
