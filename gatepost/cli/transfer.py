"""`gatepost transfer`: a SQLite database into PostgreSQL, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Names = list[str] | None


def register(app: typer.Typer) -> None:
    """Add `gatepost transfer`."""
    app.command(
        "transfer",
        help="Move a SQLite database into PostgreSQL: every row exactly, or nothing at all.",
        epilog="Example: gatepost transfer app.db $DATABASE_URL --dry-run",
    )(_transfer)


def _transfer(
    source: Annotated[
        str,
        typer.Argument(
            help="The SQLite file, only read; or a directory of --to.", metavar="SOURCE", show_default=False
        ),
    ] = "",
    url: Annotated[str, typer.Argument(help="The target; left out, DATABASE_URL (also from .env).")] = "",
    schema: Annotated[str, typer.Option(help="The target's schema.")] = "public",
    models: Annotated[str, typer.Option(help="Move the tables of this package's SQLModel metadata only.")] = "",
    timezone: Annotated[str, typer.Option(help="The zone of times without an offset.")] = "UTC",
    epoch: Annotated[str, typer.Option(help="What numbers in time columns count: seconds or milliseconds.")] = "",
    ignore_table: Annotated[Names, typer.Option(help="A table that is on one side only.")] = None,
    ignore_column: Annotated[Names, typer.Option(help="TABLE.COLUMN that is on one side only.")] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to the rows that are there.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the rows that are there.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Cast in so many processes.")] = 1,
    resumable: Annotated[bool, typer.Option("--resumable", help="Commit by table; a second run goes on.")] = False,
    backup: Annotated[Path | None, typer.Option(help="Copy the SQLite database to this file first.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Put rows that cannot be moved here, move the rest.")] = None,
    from_rejects: Annotated[Path | None, typer.Option(help="Add mended rejects; takes URL only.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write to this directory, not to a database; needs --models.")] = None,
    check_only: Annotated[bool, typer.Option("--check-only", help="Compare with an earlier transfer.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    from gatepost import transfer
    from gatepost.cli import _transfer as words

    if from_rejects is not None:
        source, url = "", source or url
    options = transfer.Options(
        schema=schema,
        timezone=timezone,
        epoch=words.epoch(epoch),
        tables=words.model_tables(models),
        ignore_tables=tuple(ignore_table or ()),
        ignore_columns=tuple(ignore_column or ()),
        expected_revision=words.head_revision(),
        mode=words.mode(append=append, replace=replace),
        rejects=rejects,
        backup=backup,
        parallel=parallel,
        resumable=resumable,
    )
    if to is not None:
        job = words.Job(options, None, quiet=quiet, as_json=as_json)
        if code := words.write(job, words.given(source), to, models):
            raise typer.Exit(code)
        return
    job = words.Job(options, words.target(url), quiet=quiet, as_json=as_json)
    if from_rejects is not None:
        code = words.add_rejects(job, from_rejects)
    elif check_only:
        code = words.compare(job, words.given(source))
    else:
        code = words.move(job, words.given(source), dry_run=dry_run)
    if code:
        raise typer.Exit(code)
