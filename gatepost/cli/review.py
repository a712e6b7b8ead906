"""`gatepost review`: who gains and who loses access to which rows from one state to another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gatepost.cli._output import Format, Output, emit
from gatepost.cli._sources import AsCli, Grants, Seed, options

if TYPE_CHECKING:
    from gatepost.finding import Result
    from gatepost.sources import Options as SourceOptions
    from gatepost.sources import Source

_SIDE = "a git revision, a URL, a folder of SQL migrations, a .sql file, alembic.ini, a snapshot, or - for input"


def register(app: typer.Typer) -> None:
    """Add `gatepost review`."""
    app.command(epilog="Example: gatepost review main --format markdown --output review.md")(review)


def review(
    base: Annotated[str, typer.Argument(help=f"The state before: {_SIDE}.")],
    head: Annotated[
        str, typer.Argument(help="The state after, likewise; without it, the files of the current folder.")
    ] = ".",
    format: Format = "text",
    output: Output = None,
    also: Annotated[
        list[str] | None,
        typer.Option(help="Write another report, as FORMAT=FILE: github=annotations.txt (repeatable)."),
    ] = None,
    fail_on: Annotated[
        Literal["gains", "breaks", "loses"],
        typer.Option(help="What makes the exit code 1: gains alone, errors that are new too, or losses too."),
    ] = "gains",
    description: Annotated[
        Path | None,
        typer.Option(help='A file with the description of the pull request; "Access: anon gains select on t" counts.'),
    ] = None,
    trailers: Annotated[
        bool,
        typer.Option(help='Whether "Access: …" in a description or in commits counts; not for those of strangers.'),
    ] = True,
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Production, which is only read: hazards then say how many rows are locked, if many."
        ),
    ] = None,
    grants: Grants = None,
    as_cli: AsCli = False,
    seed: Seed = False,
) -> None:
    """Compare two states of a database: who can now read, add, change or delete which rows, and who no longer can.

    Each state is made a database on a server of its own; the same rows are planted in both, and every caller tries
    every command whose result can differ. What is equal is not tried. Of a git revision, the state is that of the
    commit at which the head left it. A side's Python (Alembic) runs as you, with an empty environment and an empty
    HOME; where a folder holds SQL migrations, SQL alone is loaded.

    [tool.gatepost.review] says what nobody may ever gain (never) and what is fine (accept, with a reason and a day).

    Exits 0 when nobody gains, 1 when somebody does, or may, and nobody accepted it, 2 when the review could not run.
    """
    from gatepost.review.api import fails

    others = [_report(one) for one in also or ()]
    said = _said(base, description) if trailers else ""
    result = _reviewed(
        base, head, options(grants, seed=seed, as_cli=as_cli, stop_at_refused=False), said, trailers=trailers,
        sizes=_sizes(sizes),
    )  # fmt: skip
    for one in others:
        emit(result, *one)
    emit(result, format, output)
    raise typer.Exit(int(fails(result, fail_on)))


def _settings_of(base: Source) -> Mapping[str, object]:
    """Return `[tool.gatepost.review]` of a git revision: a pull request cannot take back what it says never."""
    import tomllib

    from gatepost.sources.git_revisions import file_of

    text = file_of(base.revision, "pyproject.toml") if base.revision is not None else ""
    try:
        found = tomllib.loads(text).get("tool", {}).get("gatepost", {}).get("review", {})
    except (tomllib.TOMLDecodeError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _sizes(url: str | None) -> Mapping[str, float]:
    """Return about how many rows the tables of a database hold, as its statistics say it."""
    if url is None:
        return {}
    from gatepost.database.reading import open_for_reading
    from gatepost.reflect import read_all
    from gatepost.target import target_url

    with open_for_reading(target_url(url), application_name="gatepost review") as reading:
        return {str(table): table.rows for table in read_all(reading).tables}


def _reviewed(
    base: str, head: str, sources: SourceOptions, said: str, *, trailers: bool, sizes: Mapping[str, float]
) -> Result:  # fmt: skip
    from rich.console import Console

    from gatepost.observation.attempt.configured_personas import configured
    from gatepost.project import find_project
    from gatepost.review.api import Options, review
    from gatepost.review.terms import read_terms

    project = find_project()
    old, new = _sides(base, head)
    with Console(stderr=True).status("making both sides") as status:
        return review(
            old,
            new,
            Options(
                sources,
                configured(project.personas) if project is not None else (),
                project.name_hints if project is not None else None,
                read_terms(project.review if project is not None else {}, said, _settings_of(old), trusted=trailers),
                project.policies if project is not None else None,
                progress=status.update,
                sizes=sizes,
            ),
        )


def _sides(base: str, head: str) -> tuple[Source, Source]:
    """Return both sides; a revision on the left is the commit at which the right one left it."""
    from dataclasses import replace

    from gatepost.errors import SettingsError
    from gatepost.sources import parse_source
    from gatepost.sources.git_revisions import merge_base

    if base == head == "-":
        raise SettingsError("standard input can be one side only", "gatepost review main -")
    old, new = parse_source(base), parse_source(head)
    if old.revision is not None and not new.is_database and new.kind != "snapshot":
        other = new.revision.commit if new.revision is not None else "HEAD"
        old = replace(old, revision=merge_base(old.revision, other))
    return old, new


def _report(text: str) -> tuple[str, Path]:
    """Return the format and the file of another report.

    Raises:
        SettingsError: it names none.
    """
    from gatepost.errors import SettingsError
    from gatepost.report import formats

    name, _, file = text.partition("=")
    if name not in formats() or not file:
        raise SettingsError(f'"{text}" is no format and file', "--also github=annotations.txt")
    return name, Path(file)


def _said(base: str, description: Path | None) -> str:
    """Return the description, and the messages of the commits since the base where that is a revision."""
    from gatepost.errors import SettingsError
    from gatepost.sources import parse_source
    from gatepost.sources.git_revisions import messages_since

    text = ""
    if description is not None:
        try:
            text = description.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f'"{description}" cannot be read: {error}') from None
    source = parse_source(base)
    return f"{text}\n{messages_since(source.revision)}" if source.revision is not None else text
