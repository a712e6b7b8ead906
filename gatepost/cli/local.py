"""`gatepost local`: the embedded server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gatepost.cli._output import print_address

if TYPE_CHECKING:
    from gatepost.local import LocalServer

Profile = Literal["new", "old"]

_Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        "-d",
        envvar="GATEPOST_LOCAL_DIR",
        help="Where the server lives; else in the cache directory, one for each project.",
    ),
]
_Profile = Annotated[
    Profile | None,
    typer.Option(help="Default privileges in public: as the platform gives them since 2026 (new) or gave them (old)."),
]
_Database = Annotated[str, typer.Option(help="The database.")]
_User = Annotated[str, typer.Option(help="The role to log in as; supabase_admin is the superuser.")]

_OUTDATED = "note: another version of Gatepost shaped this server; gatepost local reset makes it anew, without its data"

local = typer.Typer(
    help="Run an embedded PostgreSQL shaped like a hosted project.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add `gatepost local ...`."""
    app.add_typer(local, name="local")


def _server(directory: Path | None) -> LocalServer:
    from gatepost.local import server

    return server(directory)


@local.command()
def start(
    directory: _Directory = None,
    profile: _Profile = None,
    tcp: Annotated[
        int | None,
        typer.Option(
            "--tcp",
            metavar="PORT",
            min=1,
            max=65535,
            help="Listen on this port of 127.0.0.1 too, with a password, until it is stopped.",
        ),
    ] = None,
) -> None:
    """Start the server, making it where there is none; print its URL.

    Example: gatepost local start --profile old

    Example: supabase db push --db-url "$(gatepost local start --tcp 54322)"
    """
    server = _server(directory)
    print_address(server.start(profile).url() if tcp is None else server.listen(tcp, profile))
    if server.status().outdated:
        typer.secho(_OUTDATED, fg=typer.colors.YELLOW, err=True)


@local.command()
def stop(
    directory: _Directory = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the server and its data too.")] = False,
) -> None:
    """Stop the server; its data stays.

    Example: gatepost local stop
    """
    server = _server(directory)
    if remove:
        server.remove()
    else:
        server.stop()


@local.command()
def status(directory: _Directory = None) -> None:
    """Say whether the server runs; exits 1 where it does not.

    Example: gatepost local status
    """
    server = _server(directory)
    found = server.status()
    state = f"running (process {found.pid})" if found.running else "stopped" if found.version else "not made yet"
    typer.echo(f"{'server':<10} {state}")
    typer.echo(f"{'directory':<10} {found.directory}")
    if found.version:
        typer.echo(f"{'version':<10} PostgreSQL {found.version}")
        typer.echo(f"{'profile':<10} {found.profile}")
    if found.outdated:
        typer.secho(_OUTDATED, fg=typer.colors.YELLOW, err=True)
    if found.running:
        typer.echo(f"{'url':<10} {_masked(server.url())}")
    else:
        raise typer.Exit(1)


@local.command()
def url(directory: _Directory = None, database: _Database = "postgres", user: _User = "postgres") -> None:
    """Print the URL of the server.

    Example: export DATABASE_URL="$(gatepost local url)"
    """
    print_address(_server(directory).url(database, user))


@local.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(
    arguments: typer.Context,
    directory: _Directory = None,
    database: _Database = "postgres",
    user: _User = "postgres",
) -> None:
    """Open psql on the server; what follows is handed on to it.

    Example: gatepost local psql -c "select auth.uid()"
    """
    program = _psql()
    address, password = _without_password(_server(directory).url(database, user))
    command = [program, address, *arguments.args]
    environment = os.environ | password  # where no list of processes shows it
    if os.name == "nt":
        import subprocess

        raise typer.Exit(subprocess.run(command, check=False, env=environment).returncode)  # noqa: S603  # the user's
    os.execve(program, command, environment)  # noqa: S606  # it takes over the terminal and its signals


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    from dataclasses import replace

    from gatepost.database.url import Secret, parse_url

    parsed = parse_url(url)
    secret = {"PGPASSWORD": parsed.password.reveal()} if parsed.password else {}
    return replace(parsed, password=Secret("")).reveal(), secret


def _psql() -> str:
    import shutil

    from gatepost.errors import LocalServerError
    from gatepost.local.binaries import find

    program = find().tool("psql")
    found = str(program) if program.is_file() else shutil.which("psql")
    if found is None:
        raise LocalServerError(
            f'there is no psql in "{program.parent}" and none on PATH', "install the PostgreSQL client"
        )
    return found


@local.command()
def reset(directory: _Directory = None, profile: _Profile = None) -> None:
    """Throw everything in the server away and start it afresh; print its URL.

    Example: gatepost local reset --profile new
    """
    print_address(_server(directory).reset(profile).url())


@local.command()
def bootstrap(
    url: Annotated[
        str, typer.Option(help="The database, as an account that may create roles and schemas.", show_default=False)
    ],
) -> None:
    """Prepare a plain PostgreSQL (RDS and the like): API roles, auth and the rest, where they are missing.

    What is there already is never touched. Example: gatepost local bootstrap --url "$ADMIN_URL"
    """
    from contextlib import closing

    from gatepost.database.connect import connect
    from gatepost.display import line
    from gatepost.local import bootstrap as prepare

    with closing(connect(url, refuse_transaction_pooler=True)) as connection:
        done = prepare(connection)
    for thing in done.created:
        typer.echo(line(f"created  {thing}"))
    for thing in done.kept:
        typer.echo(line(f"kept     {thing}"))
    for note in done.notes:
        typer.secho(line(f"note: {note}"), fg=typer.colors.YELLOW, err=True)
    if not done.created:
        typer.echo("nothing was missing")


def _masked(url: str) -> str:
    from gatepost.database.url import parse_url

    return parse_url(url).masked
