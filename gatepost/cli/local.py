"""`gatepost local`: start, stop and use the embedded server."""

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
        help="Directory of the server (default: one per project, in the cache directory).",
    ),
]
_Profile = Annotated[
    Profile | None,
    typer.Option(help="Default privileges in public: those of the platform since 2026 (new) or before (old)."),
]
_Database = Annotated[str, typer.Option(help="The database.")]
_User = Annotated[str, typer.Option(help="The role to log in as; supabase_admin is the superuser.")]

_OUTDATED = "note: another version of Gatepost created this server; gatepost local reset recreates it without its data"

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
            help="Also listen on this port of 127.0.0.1, with a password, until the server is stopped.",
        ),
    ] = None,
) -> None:
    """Start the server and print its URL. The server is created if it does not exist.

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
    remove: Annotated[bool, typer.Option("--remove", help="Also remove the server and its data.")] = False,
) -> None:
    """Stop the server and keep its data.

    Example: gatepost local stop
    """
    server = _server(directory)
    if remove:
        server.remove()
    else:
        server.stop()


@local.command()
def status(directory: _Directory = None) -> None:
    """Show whether the server is running (exit 1 if not).

    Example: gatepost local status
    """
    server = _server(directory)
    found = server.status()
    state = f"running (process {found.pid})" if found.running else "stopped" if found.version else "not created yet"
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
    """Open psql on the server. Further arguments are passed to psql.

    Example: gatepost local psql -c "select auth.uid()"
    """
    program = _psql()
    address, password = _without_password(_server(directory).url(database, user))
    command = [program, address, *arguments.args]
    environment = os.environ | password  # a list of processes would show an argument
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
    """Delete everything in the server, start it again, and print its URL.

    Example: gatepost local reset --profile new
    """
    print_address(_server(directory).reset(profile).url())


@local.command()
def bootstrap(
    url: Annotated[
        str,
        typer.Option(
            help="URL of the database, with an account that may create roles and schemas.", show_default=False
        ),
    ],
) -> None:
    """Prepare a plain PostgreSQL, such as RDS: create the API roles, the auth schema and the rest if missing.

    Existing objects are never changed. Example: gatepost local bootstrap --url "$ADMIN_URL"
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
