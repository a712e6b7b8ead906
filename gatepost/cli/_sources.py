"""What a command looks at: the options that say how a folder of migrations is made a database, and the making."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from gatepost.finding import Result
    from gatepost.sources import Opened, Options

Target = Annotated[
    str | None,
    typer.Argument(
        help="A database's URL, a folder of SQL migrations, a .sql file, alembic.ini, or - for standard input; else"
        ' --local, DATABASE_URL, or database = "local" in [tool.gatepost].'
    ),
]
Grants = Annotated[
    Literal["open", "closed"] | None,
    typer.Option(help="Whether new tables are open to the API, whatever supabase/config.toml says."),
]
AsCli = Annotated[bool, typer.Option("--as-cli", help="Stop where the platform's CLI stops: at the first error.")]
StopAtRefused = Annotated[
    bool,
    typer.Option("--stop-at-refused", help="End with an error at the first statement that PostgreSQL refuses."),
]
Seed = Annotated[bool, typer.Option("--seed", help="Run the seed files after the migrations.")]

CopyRows = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TABLE",
        help="A lookup table (schema.table) on whose rows policies turn: its rows are copied into the clone. Of a"
        " folder, those that its SQL inserts are there.",
    ),
]


def options(
    grants: Literal["open", "closed"] | None, *, seed: bool, as_cli: bool, stop_at_refused: bool
) -> Options:  # fmt: skip
    """Return the options of a source."""
    from gatepost.sources import Options

    return Options(grants, "stop" if stop_at_refused else "as-cli" if as_cli else "go-on", seed)


@contextmanager
def looked_at(target: str | None, local: bool, chosen: Options) -> Iterator[Opened]:
    """Open what a command was pointed at, and print what is to be known beside its report on standard error."""
    from gatepost.cli._output import progress_line
    from gatepost.display import line
    from gatepost.sources import Opened, opened, parse_source
    from gatepost.target import target_url

    if target is None or local or not target.strip():
        url = target_url(target, local=local)
        yield Opened(url, url.masked)
        return
    source = parse_source(target)
    with ExitStack() as stack:
        with progress_line("running the migrations") if not source.is_database else nullcontext():
            database = stack.enter_context(opened(source, chosen))
        if database.disposable:
            typer.echo(line(database.label), err=True)
        for note in database.notes:
            typer.echo(f"note: {line(note)}", err=True)
        yield database


def print_what_is_missing(database: Opened) -> bool:
    """Print on standard error what of a source is not in its database, and return whether there is any."""
    from gatepost.display import line

    missing = [one for one in (*database.not_checked, *database.undeployed) if one.fails]
    for one in missing:
        typer.echo(f"missing: {line(one.what)}: {line(one.why)}", err=True)
    return bool(missing)


def tried_on_a_clone(database: Opened, run_there: Callable[..., Result], copied: tuple[str, ...] = ()) -> Result:
    """Clone a database, showing what is done meanwhile, and return what a trial in the clone finds."""
    from functools import partial

    from rich.console import Console

    from gatepost.observation.api import on_a_clone

    with Console(stderr=True).status("connecting") as status:
        return on_a_clone(
            database.url,
            partial(run_there, target=database.label),
            status.update,
            made=database.disposable,
            rows_of=copied,
            missing=(*database.not_checked, *database.undeployed),
        )
