"""`gatepost adopt`: an existing database as a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatepost.database.url import DatabaseUrl
    from gatepost.observation.clone.schema import Kept
    from gatepost.sources import Opened

_STAMP = (
    "alembic stamp 0001    # the database has what the first revision makes",
    "alembic upgrade head  # closes Alembic's own table to the API",
    "alembic check",
    "gatepost verify",
)
_NEXT = ("Then:", *(f"  {command}" for command in _STAMP))
_NEXT_OF_FILES = (
    "Then, on the embedded server, which is empty, starts by itself, and is named by `gatepost local url`:",
    "  alembic upgrade head",
    "  alembic check",
    "  gatepost check",
    "",
    "And on each database that was made by these files, with its address in DATABASE_URL:",
    *(f"  {command}" for command in _STAMP),
)
"""What to do next with a project that was made of files: no database has them by that."""


def register(app: typer.Typer) -> None:
    """Add `gatepost adopt`."""
    app.command(
        "adopt",
        help="Write a project for a database that is there: models/, policies/ as they are, and a first revision that"
        " is stamped and changes nothing. The database is only read. Before anything is written, the project makes a"
        " database of its own, which must equal yours.\n\nExit codes: 0 = written; 1 = written without what"
        " the migrations could not make; 2 = could not run, and nothing was written.",
        epilog="Example: gatepost adopt supabase/migrations --dry-run",
    )(_adopt)


def _adopt(
    target: Annotated[
        str | None,
        typer.Argument(help="A database's URL, a folder of SQL migrations, a .sql file, a snapshot, or a SQLite file."),
    ] = None,
    into: Annotated[Path, typer.Option(help="The project's folder.", file_okay=False)] = Path(),
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE", help="Declare this table (schema.table) alone; repeatable. Others are left alone."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the files and write nothing.")] = False,
) -> None:
    import tempfile

    from gatepost.adopt.generator import refuse_without_sqlacodegen
    from gatepost.adopt.plan import plan, summary
    from gatepost.cli._adopted import keep, proved, proved_beside, refuse_existing, staged
    from gatepost.cli._adopted_sqlite import adopt_sqlite, is_sqlite
    from gatepost.cli._output import show_files
    from gatepost.cli._sources import looked_at, print_what_is_missing
    from gatepost.display import line
    from gatepost.observation.clone.schema import kept
    from gatepost.sources import Options

    root = into.resolve()
    if target is not None and is_sqlite(target):
        adopt_sqlite(Path(target), root, dry_run=dry_run)
        return
    refuse_existing(root)
    refuse_without_sqlacodegen()
    with (
        looked_at(target, False, Options()) as database,
        tempfile.TemporaryDirectory(prefix="gatepost-adopt-") as folder,
    ):
        of_files = database.disposable
        source = kept(database.url, buckets=True)
        comments = _comments(database)
        with _copy(database, source, comments) as copy:
            adoption = plan(source, copy, comments, tuple(only or ()))
            stage = staged(root, Path(folder), adoption, part=bool(only))
            if only:
                proved_beside(stage, copy)
        left = proved(stage, source, comments) if not only else []
        for one in summary(adoption):
            typer.echo(line(one))
        for one in left:
            typer.echo(line(f"not carried over: {one}"))
        if dry_run:
            show_files(adoption.files)
        else:
            for name in keep(stage, root):
                typer.echo(f"wrote   {line(name)}")
            typer.echo("\n" + "\n".join(_NEXT_OF_FILES if of_files else _NEXT))
    if print_what_is_missing(database):
        raise typer.Exit(1)


@contextmanager
def _copy(database: Opened, source: Kept, comments: list[str]) -> Iterator[DatabaseUrl]:
    """Name a database of the same schema that may be written to: a live one is only read."""
    from gatepost.database.connect import connect
    from gatepost.observation.clone.schema import clone_of

    if database.disposable:
        yield database.url
        return
    with clone_of(source, database.url.masked) as clone:
        with (
            closing(connect(clone.url, application_name="gatepost adopt")) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("; ".join([*comments, "SELECT"]))
            connection.commit()
        yield clone.url


def _comments(database: Opened) -> list[str]:
    from gatepost.adopt.plan import comments_of
    from gatepost.database.connect import connect

    with closing(connect(database.url, application_name="gatepost adopt", read_only=True)) as connection:
        return list(comments_of(connection))
