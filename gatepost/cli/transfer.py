"""`gatepost transfer`: a SQLite database into PostgreSQL, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._fields import from_fields

if TYPE_CHECKING:
    from gatepost.transfer import Options

Names = list[str] | None


@dataclass(frozen=True)
class Request:
    """What the command line says."""

    source: Annotated[
        str,
        typer.Argument(
            help="The SQLite file, only read; or a directory of --to.", metavar="SOURCE", show_default=False
        ),
    ] = ""
    url: Annotated[
        str | None,
        typer.Argument(help='The target (default: DATABASE_URL, also from .env, or database = "local").'),
    ] = None
    schema: Annotated[str, typer.Option(help="The target's schema.")] = "public"
    models: Annotated[str, typer.Option(help="Move the tables of this package's SQLModel metadata only.")] = ""
    timezone: Annotated[str, typer.Option(help="The zone of times without an offset.")] = "UTC"
    epoch: Annotated[
        Names,
        typer.Option(
            help="What numbers in time columns count: seconds, milliseconds, microseconds, nanoseconds, or"
            " TABLE.COLUMN=seconds.",
            metavar="UNIT",
        ),
    ] = None
    round_times: Annotated[
        bool, typer.Option("--round-times", help="Round times to the microseconds that are kept, and count them.")
    ] = False
    cast: Annotated[
        Names,
        typer.Option(
            help="Allow more than exact casts, counted: round, utf8 (text in a BLOB), empty-as-null, as-stored, or a"
            " unit.",
            metavar="TABLE.COLUMN=WAY",
        ),
    ] = None
    compute: Annotated[
        Names,
        typer.Option(
            help="Fill a column that only the target has by an expression of SQLite.",
            metavar="TABLE.COLUMN=EXPRESSION",
        ),
    ] = None
    mapping: Annotated[
        Path | None, typer.Option(help="What becomes of tables and columns, as this file decides.", metavar="FILE")
    ] = None
    write_mapping: Annotated[
        Path | None,
        typer.Option(help="Write what becomes of each table and column to this file, and stop.", metavar="FILE"),
    ] = None
    ignore_table: Annotated[Names, typer.Option(help="A table that is on one side only.")] = None
    ignore_column: Annotated[Names, typer.Option(help="TABLE.COLUMN that is on one side only.")] = None
    rename: Annotated[
        Names,
        typer.Option(help="A TABLE or TABLE.COLUMN of the source, and its NAME in the target.", metavar="OLD=NAME"),
    ] = None
    append: Annotated[bool, typer.Option("--append", help="Add to the rows that are there.")] = False
    replace: Annotated[bool, typer.Option("--replace", help="Remove the rows that are there.")] = False
    parallel: Annotated[int, typer.Option(min=0, max=32, help="Cast in so many processes; 0: as many as pay.")] = 0
    resumable: Annotated[bool, typer.Option("--resumable", help="Commit by table; a second run goes on.")] = False
    backup: Annotated[Path | None, typer.Option(help="Copy the SQLite database to this file first.")] = None
    rejects: Annotated[Path | None, typer.Option(help="Put rows that cannot be moved here, move the rest.")] = None
    from_rejects: Annotated[Path | None, typer.Option(help="Add corrected rejects; takes URL only.")] = None
    to: Annotated[Path | None, typer.Option(help="Write to this directory, not to a database; needs --models.")] = None
    compress: Annotated[str, typer.Option(help="How --to compresses: zstd or gzip.", metavar="ZSTD|GZIP")] = ""
    check_only: Annotated[bool, typer.Option("--check-only", help="Compare with an earlier transfer.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False
    scan: Annotated[
        bool, typer.Option("--scan", help="Print the plan, count every value that will not fit, and stop.")
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False


def register(app: typer.Typer) -> None:
    """Add `gatepost transfer`."""
    app.command(
        "transfer",
        help="Move a SQLite database into PostgreSQL: every row exactly, or nothing at all.",
        epilog="Example: gatepost transfer app.db $DATABASE_URL --dry-run",
    )(from_fields(Request, _transfer))


def _transfer(request: Request) -> None:
    from gatepost.cli import _transfer as steps
    from gatepost.cli import _transfer_mapping as steps_of_mapping
    from gatepost.cli import _transfer_options as read
    from gatepost.target import target_url

    if request.from_rejects is not None:
        request = replace(request, source="", url=request.source or request.url)
    path = steps.given(request.source) if request.from_rejects is None else request.from_rejects
    read.refuse_together(_given(request), from_directory=request.from_rejects is None and path.is_dir())
    if request.from_rejects is None and not path.is_dir():
        from gatepost.transfer.source.file_type import refuse_other_files

        refuse_other_files(path)  # before the target is looked for: a wrong path is the likelier mistake
    options = _options(request)
    verbosity = steps.Verbosity(quiet=request.quiet, as_json=request.as_json, dry_run=request.dry_run)
    job = steps.Job(options, target_url(request.url) if request.to is None else None, verbosity)
    if request.write_mapping is not None:
        code = steps_of_mapping.write_mapping(job, path, request.write_mapping, request.models if request.to else "")
    elif request.scan:
        code = steps_of_mapping.scan(job, path)
    elif request.to is not None:
        code = steps.write(job, path, request.to, request.models, read.compression(request.compress))
    elif request.from_rejects is not None:
        code = steps.add_rejects(job, path)
    elif request.check_only:
        code = steps.compare(job, path)
    else:
        code = steps.move(job, path)
    if code:
        raise typer.Exit(code)


def _given(request: Request) -> dict[str, object]:
    """Return what was given by the name of each option; of the two arguments, the target."""
    named = {f"--{field.name.replace('_', '-')}": getattr(request, field.name) for field in fields(request)}
    return {**named, "URL": request.url}


def _options(request: Request) -> Options:
    from gatepost.cli import _transfer as steps
    from gatepost.cli import _transfer_options as read
    from gatepost.cli._transfer_mapping import read_mapping
    from gatepost.transfer import Options

    unit, units = read.epochs(request.epoch or ())
    return Options(
        schema=request.schema,
        timezone=request.timezone,
        epoch=unit,
        casts=(*units, *read.casts(request.cast or ())),
        round_times=request.round_times,
        computed=read.computed(request.compute or ()),
        mapping=read_mapping(request.mapping),
        tables=steps.model_tables(request.models),
        ignore_tables=tuple(request.ignore_table or ()),
        ignore_columns=tuple(request.ignore_column or ()),
        renames=read.renames(request.rename or ()),
        expected_revision=steps.head_revision() if request.to is None else "",  # a directory is at no revision
        mode=read.mode(append=request.append, replace=request.replace),
        rejects=request.rejects,
        backup=request.backup,
        parallel=request.parallel,
        resumable=request.resumable,
    )
