"""`gatepost users`: the app's own users into Supabase Auth, with the ids that they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.display import line
from gatepost.errors import SettingsError, TransferError

if TYPE_CHECKING:
    from gatepost.transfer.users import Problem, Pushed, UsersPlan

FINDINGS = 1
SHOWN = 20

Source = Annotated[Path, typer.Argument(help="The SQLite file; it is only read.", metavar="SQLITE")]
Url = Annotated[str | None, typer.Option("--url", help="Write by SQL to this database, where that is allowed.")]
Table = Annotated[str, typer.Option(help="The table of users.")]


def register(app: typer.Typer) -> None:
    """Add `gatepost users ...`."""
    users = typer.Typer(
        help="Bring the app's own users into Supabase Auth, each with the same id.", no_args_is_help=True
    )
    users.command(
        "plan",
        help="Say which users Auth would take, and what stands against the others. Nothing is sent.",
        epilog="Example: gatepost users plan app.db",
    )(_plan)
    users.command(
        "push",
        help="Create the users: by the admin API (SUPABASE_URL, SUPABASE_SECRET_KEY), or by SQL with --url.",
        epilog="Example: gatepost users push app.db --url $DATABASE_URL",
    )(_push)
    app.add_typer(users, name="users")


def _plan(source: Source, url: Url = None, table: Table = "users") -> None:
    from gatepost.transfer.users import plan_users

    plan = plan_users(source, table)
    present, taken = _present(url, plan) if url is not None else (0, ())
    problems = (*plan.problems, *taken)
    _print_problems(problems)
    there = f"{present:,} are there already" if url is not None else "who is there already only --url can tell"
    typer.echo(
        f"{len(plan.users) - len(taken):,} users can be pushed, {plan.without_password:,} of them without a password; "
        f"{there}; {len(problems):,} problems"
    )
    if problems:
        raise typer.Exit(FINDINGS)


def _push(
    source: Source,
    url: Url = None,
    table: Table = "users",
    rate: Annotated[float, typer.Option(min=0.1, help="Requests a second by the admin API.")] = 10.0,
    done: Annotated[Path | None, typer.Option(help="Keep the ids that are done here, to go on later.")] = None,
) -> None:
    from gatepost.transfer.users import plan_users

    plan = plan_users(source, table)
    if plan.problems:
        _print_problems(plan.problems)
        raise TransferError(
            f'{len(plan.problems):,} problems stand against the users of "{source}"; nothing was sent',
            "mend them in the source, and look again: gatepost users plan",
        )
    pushed = _by_sql(url, plan) if url is not None else _by_api(plan, rate, done)
    typer.echo(f"{pushed.created:,} users created, {pushed.present:,} were there already")


def _by_sql(url: str, plan: UsersPlan) -> Pushed:
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.transfer.users import push_by_sql

    with closing(connect(url)) as connection:
        return push_by_sql(connection, plan)


def _by_api(plan: UsersPlan, rate: float, done: Path | None) -> Pushed:
    import os

    from gatepost.transfer.users import push_by_api

    address, key = os.environ.get("SUPABASE_URL", ""), os.environ.get("SUPABASE_SECRET_KEY", "")
    if not address or not key:
        missing = "SUPABASE_SECRET_KEY" if address else "SUPABASE_URL"
        raise SettingsError(f'"{missing}" is not set', "set it in the environment, or name a database with --url")
    with _progress(len(plan.users), rate) as progress:
        return push_by_api(address, key, plan, rate=rate, done=done, progress=progress)


@contextmanager
def _progress(users: int, rate: float) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal, where it would take more than two seconds."""
    import sys

    if users / rate <= 2 or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("users"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("users", total=users)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _present(url: str, plan: UsersPlan) -> tuple[int, tuple[Problem, ...]]:
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.transfer.users import refuse_taken

    with closing(connect(url, read_only=True)) as connection:
        present, problems = refuse_taken(connection, plan)
    return len(present), problems


def _print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems[:SHOWN]:
        typer.echo(line(f"  user {problem.user}: {problem.column} {problem.value} {problem.reason}"), err=True)
    if len(problems) > SHOWN:
        typer.echo(f"  … and {len(problems) - SHOWN:,} more", err=True)
