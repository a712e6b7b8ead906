"""Where a report goes and in which form: the options that every reporting command has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatepost.finding import Result

Format = Annotated[str, typer.Option("--format", help="How to tell it: text, json, …", show_default=True)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to this file.")]


def emit(result: Result, format_name: str, output: Path | None) -> None:
    """Print a result, or write it to a file; colour only on a terminal.

    Raises:
        SettingsError: there is no such format, or the file cannot be written.
    """
    import sys

    from gatepost.errors import SettingsError
    from gatepost.report import render

    if output is None and format_name == "text":
        from gatepost.report.text import render as render_text

        typer.echo(render_text(result, colour=sys.stdout.isatty()))
        return
    told = render(result, format_name)
    if output is None:
        typer.echo(told)
        return
    try:
        output.write_text(told + "\n")
    except OSError as error:
        raise SettingsError(f'"{output}" cannot be written: {error.strerror}', "--output FILE") from None


@contextmanager
def told_meanwhile(doing: str) -> Iterator[None]:
    """Say on a terminal what is being done, and take it away when it is done; nothing is said elsewhere."""
    import shutil
    import sys

    from gatepost.display import line as one_line

    if not sys.stderr.isatty():
        yield
        return
    line = one_line(f"{doing} …")[: shutil.get_terminal_size().columns - 1]
    typer.echo(line, nl=False, err=True)
    try:
        yield
    finally:
        typer.echo("\r" + " " * len(line) + "\r", nl=False, err=True)
