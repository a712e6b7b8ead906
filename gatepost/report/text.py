"""Text for a person at a terminal: grouped by object, the worst first, with its fix."""

from __future__ import annotations

from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.text import Text

from gatepost.display import line, statement
from gatepost.finding import Finding, NotChecked, Result, Severity

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
        _line(console, (line(name), "bold"))
        for finding in findings:
            _print(console, finding)
    for same in repeated.values():
        _line(console, (line(f"{len(same)} objects, {same[0].object} the first of them"), "bold"))
        _print(console, same[0])
    for skipped in result.not_checked:
        _line(console, ("not checked", "magenta"), (f"  {line(unseen(skipped))}", ""))
    state = "green" if result.ok else "bold red" if result.count("error") else "yellow"
    about = line(verdict(result)).removesuffix(conclusion(result))
    _line(console, (about, ""), (conclusion(result), state))
    return out.getvalue().rstrip("\n")


def _repeated(result: Result) -> dict[str, list[Finding]]:
    """Return the information that is the same for many objects, by rule: it is told once, and counted."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.severity == "info":
            by_rule.setdefault(finding.rule, []).append(finding)
    return {rule: findings for rule, findings in by_rule.items() if len(findings) > MANY}


def _print(console: Console, finding: Finding) -> None:
    severity = (f"  {finding.severity:<7}", _COLOURS[finding.severity])
    _line(console, severity, (f"  {line(finding.rule)}  {line(finding.message)}", ""))
    if finding.witness:
        _line(console, (f"           seen: {line(finding.witness)}", ""))
    for one in statement(finding.fix).split("\n") if finding.fix else ():
        _line(console, (f"           {one}", "dim"))


def _line(console: Console, *parts: tuple[str, str]) -> None:
    """Print one line; what stands in a `Text` is never read as markup or as the name of an emoji."""
    console.print(Text.assemble(*parts))


def unseen(skipped: NotChecked) -> str:
    """Return what was not checked and why, whose limit that is, and what stands for it all the same."""
    whose = " (a limit of Gatepost)" if skipped.ours else ""
    covered = f"; covered by {skipped.covered_by}" if skipped.covered_by else ""
    return f"{skipped.what}: {skipped.why}{whose}{covered}"


def verdict(result: Result) -> str:
    """Return the one line that sums a result up, and names what it is about."""
    target = f" of {result.target}" if result.target else ""
    return f"{result.command}{target}: {conclusion(result)}"


def conclusion(result: Result) -> str:
    """Return what was found, in figures, and how much was looked at."""
    nouns = {"tables": "table", "policies": "policy"}
    looked_at = ", ".join(
        f"{result.summary[many]} {one if result.summary[many] == 1 else many}"
        for many, one in nouns.items()
        if many in result.summary
    )
    counted = [
        f"{result.count(severity)} {severity}{'' if result.count(severity) == 1 or severity == 'info' else 's'}"
        for severity in _COLOURS
        if result.count(severity)
    ]
    if result.not_checked:
        counted.append(f"{len(result.not_checked)} not checked")
    if result.summary.get("declared") is False:
        instead = "whose a row is was inferred" if result.command == "observe" else "only the rules were checked"
        looked_at += f"; nothing was declared here, so {instead}"
    return f"{', '.join(counted) or 'clean'}" + (f" ({looked_at})" if looked_at else "")
