"""`gatepost rules`: list and explain the rules of `gatepost verify`."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost rules`."""
    app.command(epilog="Example: gatepost rules row-security-off")(rules)


def rules(
    name: Annotated[str | None, typer.Argument(help="Explain this rule (default: list all rules).")] = None,
) -> None:
    """List the rules, or explain one of them."""
    from gatepost.rules import all_rules, named_rule

    if name is not None:
        found = named_rule(name)
        typer.echo(f"{found.name} ({found.severity})\n\n{found.documentation}")
        return
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        typer.echo(f"{rule.name:{width}}  {rule.severity:7}  {rule.title}")
