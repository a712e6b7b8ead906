"""`gatepost users`: create the app's own users in Supabase Auth, with their existing ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli._users_text import columns_text, counted, grouped, made_so, summary
from gatepost.display import line
from gatepost.errors import SettingsError, TransferError

if TYPE_CHECKING:
    from gatepost.transfer.users import Difference, Problem, Pushed, There, UsersOptions, UsersPlan

FINDINGS = 1
SHOWN = 20

Source = Annotated[Path, typer.Argument(help="The SQLite file; it is only read.", metavar="SQLITE")]
Url = Annotated[str | None, typer.Option("--url", help="Write with SQL to this database, if its role may.")]
Table = Annotated[str, typer.Option(help="The table of users.")]
Column = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="PART=NAME",
        help="The column that holds id, email, phone, password, name, created_at, active, blocked, verified or metadata"
        " (repeatable).",
    ),
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore-column", metavar="NAME", help="Leave this column out (repeatable).")
]
Inactive = Annotated[
    str | None,
    typer.Option(
        metavar="ban|skip", help="Ban accounts that may not sign in, or skip them. Required if there are any."
    ),
]
WithoutPassword = Annotated[
    bool, typer.Option("--without-password", help="Create users without a password if Auth does not accept their hash.")
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="Make UUIDs of numbers, as this file of gatepost transfer does."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Overwrite existing users that differ from the source.")]


def register(app: typer.Typer) -> None:
    """Add `gatepost users ...`."""
    users = typer.Typer(
        help="Create the app's own users in Supabase Auth, with their existing ids.", no_args_is_help=True
    )
    users.command(
        "plan",
        help="Show how each column is used, which users Auth accepts, and what is wrong with the others."
        " Nothing is sent. Exits 1 if there is a problem, or an existing user differs that a push would not change.",
        epilog="Example: gatepost users plan app.db --table user --column active=enabled --inactive ban",
    )(_plan)
    users.command(
        "push",
        help="Create the users and compare existing ones, by the admin API (SUPABASE_URL, SUPABASE_SECRET_KEY) or, with"
        " --url, by SQL. Exits 1 if an existing user differs and was not changed.",
        epilog="Example: gatepost users push app.db --url $DATABASE_URL",
    )(_push)
    app.add_typer(users, name="users")


def _plan(
    source: Source,
    url: Url = None,
    table: Table = "users",
    column: Column = None,
    ignore_column: Ignore = None,
    inactive: Inactive = None,
    without_password: WithoutPassword = False,
    overwrite: Overwrite = False,
    mapping: MappingFile = None,
) -> None:
    from gatepost.transfer.users import plan_users

    options = _options(table, column, ignore_column, inactive, without_password, overwrite)
    plan = plan_users(source, _with_ids(options, mapping))
    there = _compared(url, plan) if url is not None else None
    problems = (*plan.problems, *(there.taken if there else ()))
    typer.echo(columns_text(plan))
    _print_problems(plan, problems)
    if there:
        _print_differences(there.differences)
    typer.echo(summary(plan, there))
    if problems or plan.questions or (there and there.differences):
        raise typer.Exit(FINDINGS)


def _push(
    source: Source,
    url: Url = None,
    table: Table = "users",
    column: Column = None,
    ignore_column: Ignore = None,
    inactive: Inactive = None,
    without_password: WithoutPassword = False,
    overwrite: Overwrite = False,
    mapping: MappingFile = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the problems to this new file, and create the other users."),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Requests per second by the admin API.")] = 10.0,
    done: Annotated[
        Path | None, typer.Option(help="Keep the ids of finished users in this file, to continue later.")
    ] = None,
) -> None:
    from gatepost.transfer.users import plan_users

    options = _options(table, column, ignore_column, inactive, without_password, overwrite)
    plan = plan_users(source, _with_ids(options, mapping))
    aside = rejects is not None and not plan.questions
    if rejects is not None and plan.problems and aside:
        _put_aside(plan, rejects)
    elif plan.problems or plan.questions:
        _print_problems(plan, plan.problems)
        number = len(plan.problems) + len(plan.questions)
        raise TransferError(
            f'{counted(number, "problem")} must be fixed before the users of "{source}" can be created; nothing was'
            " sent",
            "fix the source, or say with --column, --ignore-column, --inactive or --without-password what to do"
            + (", or create the others with --rejects FILE" * (not plan.questions))
            + "; check with: gatepost users plan",
        )
    pushed = _by_sql(url, plan) if url is not None else _by_api(plan, rate, done)
    _print_differences(pushed.differences)
    repaired = f", {pushed.repaired:,} of them repaired" if pushed.repaired else ""
    done_now = f"{counted(pushed.created, 'user')} created, {pushed.present:,} already existed{repaired}"
    typer.echo(f"{done_now}; as the source has them: {made_so(plan)}")
    if pushed.differences or plan.problems:
        raise typer.Exit(FINDINGS)


def _options(
    table: str,
    column: list[str] | None,
    ignore: list[str] | None,
    inactive: str | None,
    without_password: bool,
    overwrite: bool,
) -> UsersOptions:
    from gatepost.transfer.users import UsersOptions

    pairs = []
    for pair in column or []:
        part, equals, name = pair.partition("=")
        if not equals or not name:
            raise SettingsError(
                f'"--column {pair}" names no column', "--column PART=NAME, as in --column active=enabled"
            )
        pairs.append((part, name))
    if inactive not in (None, "ban", "skip"):
        raise SettingsError(f'"--inactive {inactive}" is neither ban nor skip', "--inactive ban")
    return UsersOptions(
        table,
        tuple(pairs),
        tuple(ignore or ()),
        "ban" if inactive == "ban" else "skip" if inactive == "skip" else None,
        without_password,
        overwrite,
    )


def _put_aside(plan: UsersPlan, file: Path) -> None:
    """Write the problems of users to a file, a line each; a value that is a secret is not in them."""
    import json
    from dataclasses import asdict

    try:
        with file.open("x", encoding="utf-8") as lines:
            file.chmod(0o600)
            lines.writelines(json.dumps(asdict(problem), ensure_ascii=False) + "\n" for problem in plan.problems)
    except OSError as error:
        raise TransferError(f'"{file}" cannot be written: {error.strerror}', "name a new file") from error
    users = counted(len({problem.user for problem in plan.problems}), "user")
    typer.echo(line(f'{users} left out; the problems are in "{file}": fix the source and push again', mixed=True))


def _with_ids(options: UsersOptions, mapping: Path | None) -> UsersOptions:
    """Return options with the new ids of the table of users, where a mapping makes them."""
    from dataclasses import replace

    from gatepost.cli._transfer_mapping import read_mapping
    from gatepost.transfer.planning.new_ids import new_ids

    decided = read_mapping(mapping)
    if decided is None:
        return options
    if not decided.namespace:
        raise TransferError(f'"{mapping}" makes no new ids', "leave --mapping out, or write it again")
    return replace(options, new_ids=new_ids(decided, options.table))


def _by_sql(url: str, plan: UsersPlan) -> Pushed:
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.target import target_url
    from gatepost.transfer.users import push_by_sql

    with closing(connect(target_url(url))) as connection:
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


def _compared(url: str, plan: UsersPlan) -> There:
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.target import target_url
    from gatepost.transfer.users import compare_users

    with closing(connect(target_url(url), read_only=True)) as connection:
        return compare_users(connection, plan)


def _print_problems(plan: UsersPlan, problems: tuple[Problem, ...]) -> None:
    for question in plan.questions:
        typer.echo(f'  column "{line(question.column)}" {line(question.reason)}\n    {line(question.fix)}', err=True)
    for problem in problems[:SHOWN]:
        what = f"{line(problem.column)} {line(problem.value)} {line(problem.reason)}"
        typer.echo(f"  user {line(problem.user)}: {what}", err=True)
    if len(problems) > SHOWN:
        typer.echo(f"  … and {len(problems) - SHOWN:,} more; in all:", err=True)
        for one in grouped(problems):
            typer.echo(f"  {one}", err=True)


def _print_differences(differences: tuple[Difference, ...]) -> None:
    for one in differences[:SHOWN]:
        typer.echo(f"  user {one.user} {line(one.what)}", err=True)
    if len(differences) > SHOWN:
        typer.echo(f"  … and {len(differences) - SHOWN:,} more", err=True)
    if differences:
        typer.echo("  not changed; --overwrite takes the values of the source", err=True)
