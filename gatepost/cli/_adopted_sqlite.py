"""`gatepost adopt app.db`: models for the tables of a SQLite file, from which `gatepost init` goes on."""

from __future__ import annotations

from pathlib import Path

import typer

_MAGIC = b"SQLite format 3\x00"


def is_sqlite(target: str | None) -> bool:
    """Return whether a target is a SQLite file: by what is in it, or by its name, so that an error is about one."""
    if target is None or "://" in target:
        return False
    path = Path(target)
    if path.suffix in (".db", ".sqlite", ".sqlite3"):
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def adopt_sqlite(path: Path, root: Path, *, dry_run: bool) -> None:
    """Write `models/` for a SQLite file.

    Args:
        path: The file.
        root: The project's folder.
        dry_run: Show the files and write nothing.

    Raises:
        SettingsError: there are models already.
        TransferError: the file cannot be read.
    """
    from gatepost.cli._output import show_files
    from gatepost.display import line
    from gatepost.errors import SettingsError
    from gatepost.transfer.as_models import written_models

    for there in (root / "models", root / "models.py"):
        if there.exists():
            raise SettingsError(
                f'"{there}" is there already, and would be overwritten', f"gatepost adopt {path} --into another-folder"
            )
    written = written_models(path)
    typer.echo(f"{written.tables} tables")
    for one in written.lost:
        typer.echo(line(f"not carried over: {one}"))
    if dry_run:
        show_files({f"models/{name}": text for name, text in written.files.items()})
        return
    (root / "models").mkdir(parents=True)
    for name, text in written.files.items():
        (root / "models" / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote   models/{name}")
    typer.echo("\nRead models/tables.py, where a comment says what the values decided. Then:")
    typer.echo("  gatepost init --models models    # policies/ and Alembic, and the commands that make the tables")
    typer.echo(line(f'  gatepost transfer {path} "$(gatepost local url)" --dry-run    # or another database\'s URL'))
    typer.echo(line(f'  gatepost transfer {path} "$(gatepost local url)"'))
