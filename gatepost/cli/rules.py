"""`gatepost rules`: list and explain the rules of `gatepost verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost rules`."""
    app.command(epilog="Example: gatepost rules row-security-off")(rules)


def rules(
    name: Annotated[str | None, typer.Argument(help="Explain this rule (default: list all rules).")] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Write a page for each rule, as Markdown.")
    ] = None,
) -> None:
    """List the rules, explain one of them, or write a page for each."""
    from gatepost.rules import all_rules, named_rule, pages

    if write is not None:
        found_pages = pages([named_rule(name)] if name is not None else None)
        write.mkdir(parents=True, exist_ok=True)
        for file, text in found_pages.items():
            (write / file).write_text(text, encoding="utf-8")
        typer.echo(f"{len(found_pages)} pages are in {write}", err=True)
        return
    if name is not None:
        found = named_rule(name)
        typer.echo(f"{found.name} ({found.severity})\n\n{found.documentation}")
        return
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        typer.echo(f"{rule.name:{width}}  {rule.severity:7}  {rule.title}")
