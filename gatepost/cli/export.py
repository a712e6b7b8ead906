"""`gatepost export`: Alembic revisions as SQL migrations for the platform's command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost export`."""
    app.command(
        "export",
        help="Write the Alembic revisions as supabase/migrations/*.sql, one file a revision. A file that was exported"
        " before keeps its name, and files of others are left alone.\n\nExit codes: 0 = written, or nothing to do;"
        " 1 = --check found a file that is missing or differs; 2 = could not run.",
        epilog="Example: gatepost export --check",
    )(_export)


def _export(
    folder: Annotated[Path, typer.Argument(help="Where the files are written.")] = Path("supabase/migrations"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file is not up to date.")] = False,
) -> None:
    from gatepost.display import line
    from gatepost.errors import SettingsError
    from gatepost.export import Revision, migrations, stale
    from gatepost.migrate.offline import history
    from gatepost.project import find_project
    from gatepost.sources.undeployed import exported

    project = find_project()
    ini = project.alembic_ini if project is not None else Path("alembic.ini").resolve()
    if not ini.is_file():
        raise SettingsError(f'there is no "{ini}"', "gatepost init")
    revisions, script = history(ini)
    wanted = migrations([Revision(*one) for one in revisions], script, folder)
    differing = stale(wanted, folder)
    if check:
        for one in differing:
            typer.echo(line(one))
        if differing:
            typer.echo("run: gatepost export", err=True)
        raise typer.Exit(int(bool(differing)))
    folder.mkdir(parents=True, exist_ok=True)
    names = {one.name for one in wanted}
    for path, _ in exported(folder):
        if path.name not in names:
            path.unlink()
    for migration in wanted:
        (folder / migration.name).write_text(migration.text, encoding="utf-8")
    others = sum(1 for path in folder.glob("*.sql") if path.name not in names)
    typer.echo(
        f"{len(wanted)} revisions are in {line(str(folder))}" + (f", beside {others} other files" if others else "")
    )
