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
    url: Annotated[str | None, typer.Argument(help="The target; left out, DATABASE_URL (also from .env).")] = None,
    schema: Annotated[str, typer.Option(help="The target's schema.")] = "public",
    models: Annotated[str, typer.Option(help="Move the tables of this package's SQLModel metadata only.")] = "",
    timezone: Annotated[str, typer.Option(help="The zone of times without an offset.")] = "UTC",
    epoch: Annotated[
        Names,
        typer.Option(
            help="What numbers in time columns count: seconds, milliseconds, or TABLE.COLUMN=seconds.", metavar="UNIT"
        ),
    ] = None,
    ignore_table: Annotated[Names, typer.Option(help="A table that is on one side only.")] = None,
    ignore_column: Annotated[Names, typer.Option(help="TABLE.COLUMN that is on one side only.")] = None,
    rename: Annotated[
        Names,
        typer.Option(help="A TABLE or TABLE.COLUMN of the source, and its NAME in the target.", metavar="OLD=NAME"),
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add to the rows that are there.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the rows that are there.")] = False,
    parallel: Annotated[int, typer.Option(min=0, max=32, help="Cast in so many processes; 0: as many as pay.")] = 0,
    resumable: Annotated[bool, typer.Option("--resumable", help="Commit by table; a second run goes on.")] = False,
    backup: Annotated[Path | None, typer.Option(help="Copy the SQLite database to this file first.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Put rows that cannot be moved here, move the rest.")] = None,
    from_rejects: Annotated[Path | None, typer.Option(help="Add mended rejects; takes URL only.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write to this directory, not to a database; needs --models.")] = None,
    compress: Annotated[str, typer.Option(help="How --to compresses: zstd or gzip.", metavar="ZSTD|GZIP")] = "",
    check_only: Annotated[bool, typer.Option("--check-only", help="Compare with an earlier transfer.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    from gatepost import transfer
    from gatepost.cli import _transfer as words
    from gatepost.cli import _transfer_options as ask

    if from_rejects is not None:
        source, url = "", source or url
    unit, units = ask.epochs(epoch or ())
    asked: dict[str, object] = {
        "URL": url, "--append": append, "--replace": replace, "--parallel": parallel > 0, "--resumable": resumable,
        "--backup": backup, "--rejects": rejects, "--from-rejects": from_rejects, "--to": to, "--compress": compress,
        "--check-only": check_only, "--dry-run": dry_run, "--models": models, "--ignore-table": ignore_table,
        "--ignore-column": ignore_column, "--rename": rename,
    }  # fmt: skip
    path = words.given(source) if from_rejects is None else from_rejects
    ask.refuse_together(asked, from_directory=from_rejects is None and path.is_dir())
    options = transfer.Options(
        schema=schema,
        timezone=timezone,
        epoch=unit,
        epochs=units,
        tables=words.model_tables(models),
        ignore_tables=tuple(ignore_table or ()),
        ignore_columns=tuple(ignore_column or ()),
        renames=ask.renames(rename or ()),
        expected_revision=words.head_revision() if to is None else "",  # a directory is at no revision
        mode=ask.mode(append=append, replace=replace),
        rejects=rejects,
        backup=backup,
        parallel=parallel,
        resumable=resumable,
    )
    told = words.Verbosity(quiet=quiet, as_json=as_json, dry_run=dry_run)
    job = words.Job(options, words.target(url) if to is None else None, told)
    if to is not None:
        code = words.write(job, path, to, models, ask.compression(compress))
    elif from_rejects is not None:
        code = words.add_rejects(job, path)
    elif check_only:
        code = words.compare(job, path)
    else:
        code = words.move(job, path)
    if code:
        raise typer.Exit(code)
