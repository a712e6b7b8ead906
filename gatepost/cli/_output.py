"""Write a report to the terminal or to a file; the options that all reporting commands share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatepost.finding import Result

Format = Annotated[
    str, typer.Option("--format", help="Output format: text, json, sarif, github, markdown or html.", show_default=True)
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to this file.")]
Local = Annotated[bool, typer.Option("--local", help="Use the database of the embedded server.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if anything was not checked, for whatever reason.")]
URL_HELP = 'URL of the database (default: DATABASE_URL, or database = "local" in [tool.gatepost]).'


def emit(result: Result, format_name: str, output: Path | None) -> None:
    """Print a result, or write it to a file; colour only on a terminal.

    Raises:
        SettingsError: there is no such format, or the file cannot be written.
    """
    import sys

    from gatepost.report import render

    if output is None and format_name == "text":
        import shutil

        from gatepost.report.review.text import render as render_review
        from gatepost.report.text import render as render_text

        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        rendered = render_review if result.command == "review" else render_text
        typer.echo(rendered(result, colour=terminal, width=width))
        return
    put(render(result, format_name), output)


def put(report: str, output: Path | None) -> None:
    """Print a report, or write it to a file. If writing fails, the file is not changed.

    Raises:
        SettingsError: the file cannot be written.
    """
    if output is None:
        typer.echo(report)
        return
    from gatepost.cli._masking import masked
    from gatepost.errors import SettingsError

    try:
        _replace(output, masked(report + "\n").encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise SettingsError(f'"{output}" cannot be written: {error.strerror}', "--output FILE") from None


def show_files(files: Mapping[str, str]) -> None:
    """Print the files that a dry run does not write, by name."""
    from gatepost.display import block

    for name, text in sorted(files.items()):
        typer.echo(block(f"--- {name}\n{text}"))
    typer.echo("nothing was written (--dry-run)")


def print_address(url: str) -> None:
    """Print an address of the embedded server with its password, for another program to use."""
    import sys

    from gatepost.cli._streams import Guarded

    if isinstance(sys.stdout, Guarded):
        sys.stdout.write_unmasked(f"{url}\n")
    else:
        typer.echo(url)


def _replace(output: Path, content: bytes) -> None:
    import os
    import secrets

    output = output.resolve()  # a link stays a link
    if output.exists() and not output.is_file():  # /dev/stdout, a pipe
        output.write_bytes(content)
        return
    part = output.with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if output.exists():
            part.chmod(output.stat().st_mode & 0o777)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress_line(doing: str) -> Iterator[None]:
    """Show on a terminal what is being done, and remove the line when it is done."""
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
