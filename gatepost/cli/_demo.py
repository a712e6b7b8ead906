"""The steps of `gatepost demo`, each printed with its duration, and the access table at the end."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from gatepost import local, sql, transfer
from gatepost.cli._transfer import head_revision
from gatepost.database.connect import connect
from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.display import line
from gatepost.errors import MigrationError, SettingsError
from gatepost.observation.overview import Reach, reach
from gatepost.personas import ANON, SERVICE, signed_in
from gatepost.project import Project, find_project
from gatepost.reflect import read
from gatepost.report.text import render
from gatepost.schema import Table
from gatepost.verification import verify

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

DATABASE = "gatepost_demo"
_LEGEND = """s select, i insert, u update, d delete: what a role may do, with all rows, with some by a condition,
with its user's own, or with those whose parent it reads; one user: how many rows one of them sees
"""


def run(scale: float) -> int:
    """Run the demonstration and return the exit code."""
    project = find_project()
    if project is None or project.sample is None:
        raise SettingsError(
            "the demo needs a project with a sample, and this folder has none",
            "run gatepost demo inside a clone of Gatepost, or set sample in [tool.gatepost] of pyproject.toml",
        )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    declaration = project.declaration()
    if declaration is None:
        raise SettingsError(
            "the demo needs declared policies, and this folder has no policies package", "mkdir policies"
        )
    with _step(console, "embedded PostgreSQL"):
        url = _fresh_database()
    with _step(console, "alembic upgrade head"):
        _upgrade(project, url)
    with tempfile.TemporaryDirectory() as folder, closing(connect(url, application_name="gatepost demo")) as connection:
        legacy = Path(folder) / "legacy.db"
        with _step(console, "legacy SQLite database, made for the demo"):
            _write_sample(project, legacy, scale)
        with _step(console, "gatepost transfer"):
            plan = transfer.plan(legacy, connection, options=transfer.Options(expected_revision=head_revision()))
            moved = {table.name: table.rows for table in transfer.run(plan, connection).tables}
        with _step(console, "gatepost verify"):
            result = verify(connection, declaration=declaration, target=DATABASE)
        console.print(_matrix(connection, declaration, moved))
    console.print(_LEGEND)
    console.out(render(result, colour=sys.stdout.isatty()), highlight=False)
    console.print(f"Look around: gatepost local psql --database {DATABASE}")
    console.print("The server runs until: gatepost local stop")
    return int(result.fails())


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    began = time.monotonic()
    with console.status(what):
        yield
    console.print(f"[green]✓[/] {what} [dim]({time.monotonic() - began:.1f} s)[/]")


def _fresh_database() -> str:
    server = local.start()
    server.drop(DATABASE)
    return server.clone(DATABASE)


def _upgrade(project: Project, url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(project.alembic_ini)
    config.attributes |= {"url": url, "configure_logger": False}
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise MigrationError(f"the migrations cannot be run: {error}", "alembic upgrade head") from None


def _write_sample(project: Project, path: Path, scale: float) -> None:
    assert project.sample is not None  # noqa: S101  checked in `run`
    module, _, name = project.sample.partition(":")
    getattr(import_module(module), name)(path, scale)


def _matrix(connection: Connection, declaration: Declaration, moved: dict[str, int]) -> Grid:
    grid = Grid(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1))
    for heading in ("table", "rows", "row security", "anon", "authenticated", "one user", "service_role"):
        grid.add_column(heading, justify="right" if heading in ("rows", "one user") else "left", no_wrap=True)
    with connection.cursor() as cursor:
        live = read(cursor)
        tables = [table for table in (live.table(*declared.key) for declared in declaration) if table is not None]
        user = signed_in(_somebody(cursor, declaration))
        anon, one_user, service = (
            {found.table: found for found in reach(cursor, live, tables, persona)} for persona in (ANON, user, SERVICE)
        )
    connection.rollback()
    for table in tables:
        grid.add_row(
            escape(line(table.name)),
            f"{moved.get(table.name, 0):,}",
            _row_security(table),
            _commands(anon[table.key]),
            _commands(one_user[table.key], declaration.table(*table.key)),
            _count(one_user[table.key]),
            _commands(service[table.key]),
        )
    return grid


def _somebody(cursor: Cursor, declaration: Declaration) -> str:
    """Return the id of the user who owns the most rows of the first table with an owner."""
    owned = [
        rule.column
        for table in declaration
        for one in table.rules
        for rule in one.leaves
        if rule.meaning == "owner" and rule.column
    ]
    nobody = "00000000-0000-0000-0000-000000000000"
    if not owned:
        return nobody
    schema, table, column = (sql.identifier(part) for part in owned[0])
    cursor.execute(
        f"SELECT {column} FROM {schema}.{table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    row = cursor.fetchone()
    return str(row[0]) if row else nobody


def _row_security(table: Table) -> str:
    state = table.row_security
    return "forced" if state.enabled and state.forced else "on" if state.enabled else "[bold red]off[/]"


def _commands(found: Reach, declared: ProtectedTable | None = None) -> str:
    """Return whose rows can be accessed, and s, i, u, d for the commands."""
    if not found.commands:
        return "[dim]nothing[/]"
    rules = [leaf for rule in declared.rules for leaf in rule.leaves] if declared is not None else []
    meanings = {rule.meaning for rule in rules}
    whose = "own" if "owner" in meanings else "parent's" if "through" in meanings else "all"
    if whose == "all" and any(rule.where is not None for rule in rules):
        whose = "some"
    return f"{whose} {''.join(command[0] for command in found.commands)}"


def _count(found: Reach) -> str:
    return "[dim]refused[/]" if found.rows is None else f"{found.rows:,}"
