"""Render a result as text for a terminal: grouped by object, the worst first, each finding with its fix."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from gatepost.display import line, statement
from gatepost.finding import Finding, NotChecked, Result, Severity

_COLOURS: dict[Severity, str] = {"error": "1;31", "warning": "33", "info": "36"}
_BOLD, _DIM, _GREEN, _MAGENTA = "1", "2", "32", "35"
"""Colours by the parameters of SGR (ECMA-48, 8.3.117)."""

MANY = 3
"""Information that is the same for more objects than this is shown once."""

Paint = Callable[[str, str], str]


def render(result: Result, colour: bool = False) -> str:
    """Return the result as text.

    Args:
        result: The result of a command.
        colour: Whether to mark severities in colour, for a terminal.
    """

    def paint(style: str, shown: str) -> str:
        return f"\x1b[{style}m{shown}\x1b[0m" if colour else shown

    lines: list[str] = []
    repeated = _repeated(result)
    shown = [finding for finding in result.findings if finding.rule not in repeated or finding.severity != "info"]
    for name, findings in groupby(shown, key=lambda finding: finding.object):
        lines.append(paint(_BOLD, line(name)))
        for finding in findings:
            lines += _finding(paint, finding)
    for same in repeated.values():
        lines.append(paint(_BOLD, line(f"{len(same)} objects, starting with {same[0].object}")))
        lines += _finding(paint, same[0])
    lines += [f"{paint(_MAGENTA, 'not checked')}  {line(unseen(skipped))}" for skipped in result.not_checked]
    state = _GREEN if result.ok else _COLOURS["error" if result.count("error") else "warning"]
    summary = conclusion(result)
    lines.append(line(verdict(result)).removesuffix(summary) + paint(state, summary))
    return "\n".join(lines)


def _repeated(result: Result) -> dict[str, list[Finding]]:
    """Return by rule the information that is the same for many objects. It is shown once, with a count."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.severity == "info":
            by_rule.setdefault(finding.rule, []).append(finding)
    return {rule: findings for rule, findings in by_rule.items() if len(findings) > MANY}


def _finding(paint: Paint, finding: Finding) -> list[str]:
    severity = paint(_COLOURS[finding.severity], f"{finding.severity:<7}")
    lines = [f"  {severity}  {line(finding.rule)}  {line(finding.message)}"]
    if finding.witness:
        lines.append(f"           reproduce: {line(finding.witness)}")
    if finding.fix:
        lines += [f"           {paint(_DIM, one)}" for one in statement(finding.fix).split("\n")]
    return lines


def unseen(skipped: NotChecked) -> str:
    """Return what was not checked and why, whether that is a limit of Gatepost, and what covers it."""
    whose = " (a limit of Gatepost)" if skipped.ours else ""
    covered = f"; covered by {skipped.covered_by}" if skipped.covered_by else ""
    return f"{skipped.what}: {skipped.why}{whose}{covered}"


def verdict(result: Result) -> str:
    """Return the line that summarises a result and names its target."""
    target = f" of {result.target}" if result.target else ""
    return f"{result.command}{target}: {conclusion(result)}"


def conclusion(result: Result) -> str:
    """Return the figures of a result: what was found, and how much was checked."""
    nouns = {"tables": "table", "policies": "policy"}
    checked = ", ".join(
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
        instead = "row owners inferred" if result.command == "observe" else "rules only, drift not checked"
        checked += f"; no policies declared in this folder: {instead}"
    return f"{', '.join(counted) or 'clean'}" + (f" ({checked})" if checked else "")
