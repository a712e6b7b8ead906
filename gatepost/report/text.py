"""Text for a person at a terminal: grouped by object, the worst first, with what mends it."""

from __future__ import annotations

from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.markup import escape

from gatepost.finding import Finding, Result, Severity

_COLOURS: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "info": "cyan"}


MANY = 3
"""From more objects than this on, the same information is told once."""


def render(result: Result, colour: bool = False) -> str:
    """Return the result as text.

    Args:
        result: What a command found.
        colour: Whether to mark severities in colour, for a terminal.
    """
    out = StringIO()
    console = Console(
        file=out, force_terminal=colour, no_color=not colour, width=10_000, highlight=False, soft_wrap=True
    )
    repeated = _repeated(result)
    shown = [finding for finding in result.findings if finding.rule not in repeated or finding.severity != "info"]
    for name, findings in groupby(shown, key=lambda finding: finding.object):
        console.print(f"[bold]{escape(name)}[/]")
        for finding in findings:
            _print(console, finding)
    for same in repeated.values():
        console.print(f"[bold]{len(same)} objects, {escape(same[0].object)} the first of them[/]")
        _print(console, same[0])
    for skipped in result.not_checked:
        console.print(f"[magenta]not checked[/]  {escape(skipped.what)}: {escape(skipped.why)}")
    state = "green" if result.ok else "bold red" if result.count("error") else "yellow"
    told, _, looked_at = verdict(result).partition(" (")
    console.print(f"[{state}]{escape(told)}[/]" + (f" ({escape(looked_at)}" if looked_at else ""))
    return out.getvalue().rstrip("\n")


def _repeated(result: Result) -> dict[str, list[Finding]]:
    """Return the information that is the same for many objects, by rule: it is told once, and counted."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.severity == "info":
            by_rule.setdefault(finding.rule, []).append(finding)
    return {rule: findings for rule, findings in by_rule.items() if len(findings) > MANY}


def _print(console: Console, finding: Finding) -> None:
    console.print(
        f"  [{_COLOURS[finding.severity]}]{finding.severity:<7}[/]  {finding.rule}  {escape(finding.message)}"
    )
    if finding.witness:
        console.print(f"           seen: {escape(finding.witness)}")
    for line in finding.fix.splitlines():
        console.print(f"           [dim]{escape(line)}[/]")


def verdict(result: Result) -> str:
    """Return the one line that sums a result up."""
    nouns = {"tables": "table", "policies": "policy"}
    looked_at = ", ".join(
        f"{result.summary[many]} {one if result.summary[many] == 1 else many}"
        for many, one in nouns.items()
        if many in result.summary
    )
    told = [
        f"{result.count(severity)} {severity}{'' if result.count(severity) == 1 or severity == 'info' else 's'}"
        for severity in _COLOURS
        if result.count(severity)
    ]
    if result.not_checked:
        told.append(f"{len(result.not_checked)} not checked")
    if result.summary.get("declared") is False:
        instead = "whose a row is was inferred" if result.command == "observe" else "only the rules were asked"
        looked_at += f"; nothing was declared here, so {instead}"
    return f"{result.command}: {', '.join(told) or 'clean'}" + (f" ({looked_at})" if looked_at else "")
