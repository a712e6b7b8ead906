"""`gatepost transfer`: a SQLite database into PostgreSQL, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost transfer`."""
    app.command(
        "transfer",
        help="Move a SQLite database into PostgreSQL: every row exactly, or nothing at all.",
        epilog="Example: gatepost transfer app.db $DATABASE_URL --dry-run",
    )(_transfer)


def _transfer(
    source: Annotated[Path, typer.Argument(help="The SQLite file; it is only read.", metavar="SQLITE")],
    url: Annotated[str, typer.Argument(help="The target, at the newest revision.", envvar="DATABASE_URL")],
    schema: Annotated[str, typer.Option(help="The target's schema.")] = "public",
    timezone: Annotated[str, typer.Option(help="The zone of times without an offset.")] = "UTC",
    epoch: Annotated[str, typer.Option(help="What numbers in time columns count: seconds or milliseconds.")] = "",
    ignore_table: Annotated[list[str] | None, typer.Option(help="A table that is on one side only.")] = None,
    ignore_column: Annotated[list[str] | None, typer.Option(help="TABLE.COLUMN that is on one side only.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    from contextlib import closing

    from gatepost import transfer
    from gatepost.cli import _transfer as text
    from gatepost.database.connect import connect

    options = transfer.Options(
        schema=schema,
        timezone=timezone,
        epoch=text.epoch(epoch),
        ignore_tables=tuple(ignore_table or ()),
        ignore_columns=tuple(ignore_column or ()),
        expected_revision=text.head_revision(),
    )
    with closing(connect(url, refuse_transaction_pooler=True)) as connection:
        plan = transfer.plan(source, connection, options=options)
        if not quiet:
            text.print_plan(plan)
        if dry_run:
            return
        with text.progress_bars(plan, shown=not quiet) as progress:
            result = transfer.run(plan, connection, progress=progress)
    if not quiet:
        text.print_result(result)
