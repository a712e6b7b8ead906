"""Render a result as text for a terminal: grouped by object, the worst first, each finding with its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gatepost.display import line, statement
from gatepost.finding import Finding, NotChecked, Result, Severity
from gatepost.report.access.text import grid
from gatepost.report.parts.alike import findings_alike, named, skipped_alike
from gatepost.report.parts.callers import become, brief
from gatepost.report.parts.lines import ROLLED_BACK, sentence
from gatepost.report.parts.order import by_object, by_rule, states, worst

_COLOURS: dict[Severity, str] = {"error": "1;31", "warning": "33", "info": "36"}
_BOLD, _DIM, _GREEN, _MAGENTA = "1", "2", "32", "35"
"""Colours by the parameters of SGR (ECMA-48, 8.3.117)."""

MANY = 3
"""Information that is the same for more objects than this is shown once."""

_INDENT = " " * 11

Paint = Callable[[str, str], str]


def render(result: Result, colour: bool = False, width: int | None = None) -> str:
    """Return the result as text: how the tables stand, the access matrix, what was found, and the verdict.

    Args:
        result: The result of a command.
        colour: Whether to mark severities in colour, for a terminal.
        width: Of the terminal; None where the output is none.
    """

    def paint(style: str, shown: str) -> str:
        return f"\x1b[{style}m{shown}\x1b[0m" if colour else shown

    lines = _overview(result, colour, width)
    result = brief(result)
    repeated = _repeated(result)
    shown = [finding for finding in result.findings if finding.rule not in repeated or finding.severity != "info"]
    others = _others(shown, width)
    for name, findings in by_object(one for one in shown if one.key in others):
        lines.append(paint(_BOLD, line(name)))
        for finding in findings:
            lines += _finding(paint, finding, width)
            if more := others[finding.key]:
                lines += sentence(f"{_INDENT}and {len(more)} alike: {line(named(more))}", _INDENT + "    ", width)
    for same in repeated.values():
        lines.append(paint(_BOLD, line(f"{len(same)} objects, starting with {same[0].object}")))
        lines += _finding(paint, same[0], width)
    for skipped in _skipped(result, width):
        first, *rest = sentence(f"not checked  {line(unseen(skipped))}", " " * 13, width)
        lines += [first.replace("not checked", paint(_MAGENTA, "not checked"), 1), *rest]
    for one in accepted(result):
        lines += sentence(f"accepted  {line(one)}", _INDENT, width)
    if any(finding.fix_trial == "not tried" and finding.severity != "info" for finding in result.findings):
        lines.append("--fixes tries the fixes that were not tried.")
    state = _GREEN if result.ok else _COLOURS["error" if result.count("error") else "warning"]
    summary = conclusion(result)
    target = line(verdict(result)).removesuffix(summary)
    if width is not None and len(target + summary) > width:  # the figures in lines of their own
        lines += sentence(target.rstrip(), "  ", width)
        lines += [paint(state, one) for one in sentence(f"  {summary}", "  ", width)]
    else:
        lines.append(target + paint(state, summary))
    return "\n".join(lines)


def _overview(result: Result, colour: bool, width: int | None) -> list[str]:
    """Return the first lines: how the tables stand, the worst of them, and the access matrix."""
    found = states(result)
    lines = [standing(result)] if found is not None else []
    if objects := worst(result):
        lines += sentence(line(f"worst: {', '.join(objects)}"), " " * 7, width)
    if found is not None:
        shown = grid(result.sections["matrix"], colour=colour, width=width, fine=found.fine)
        lines += shown.rstrip("\n").split("\n")
        lines += [ROLLED_BACK] if any(finding.witness for finding in result.findings) else []
        lines += [*(f"as {line(name)}: {line(text)}" for name, text in become(result)), ""]
    return lines


def standing(result: Result) -> str:
    """Return how many tables are fine, open and not checked, and how many suspicions were refuted."""
    found = states(result)
    if found is None:
        return ""
    counted = ((found.fine, "fine"), (found.open, "open"), (found.not_checked, "not checked"))
    tables = sum(len(names) for names, _ in counted)
    shown = ", ".join(f"{len(names)} {word}" for names, word in counted if names)
    text = f"{tables} table{'' if tables == 1 else 's'}" + (f": {shown}" if shown else "")
    if many := result.summary.get("refuted"):
        text += f"; {many} suspicion{'' if many == 1 else 's'} tried on a clone and refused"
    return text


def _others(findings: Iterable[Finding], width: int | None) -> dict[str, list[str]]:
    """Return which findings are shown, by their keys, each with the objects of those that a terminal need not show."""
    if width is None:
        return {one.key: [] for one in findings}
    found = findings_alike(sorted(findings, key=lambda one: one.harm))
    return {one.key: [other.object for other in more] for one, more in found}


def _skipped(result: Result, width: int | None) -> Iterable[NotChecked]:
    """Return what was not checked; what a terminal is shown stands once for all that are alike."""
    if width is None:
        return result.not_checked
    found = skipped_alike(result.not_checked)
    return (
        replace(one, what=named([one.what, *(other.what for other in more)], 4)) if more else one for one, more in found
    )


def _repeated(result: Result) -> dict[str, list[Finding]]:
    """Return the information that is the same for many objects, by rule: it is shown once, and counted."""
    found = by_rule(finding for finding in result.findings if finding.severity == "info")
    return {rule: findings for rule, findings in found.items() if len(findings) > MANY}


def _finding(paint: Paint, finding: Finding, width: int | None) -> list[str]:
    judged = f" ({finding.verdict})" if finding.verdict is not None and finding.severity != "info" else ""
    plain = f"  {finding.severity:<7}  {line(finding.rule)}{judged}  {line(finding.message)}"
    first, *rest = sentence(plain, _INDENT, width)
    lines = [first.replace(f"{finding.severity:<7}", paint(_COLOURS[finding.severity], f"{finding.severity:<7}"), 1)]
    lines += rest
    possible = str(finding.candidate) if finding.candidate is not None and finding.verdict == "suspected" else ""
    for label, text in (("not known: ", finding.reason), ("would pass: ", possible), ("decide: ", finding.decide)):
        if text:
            lines += sentence(f"{_INDENT}{label}{line(text.removeprefix('decide '))}", _INDENT + "  ", width)
    if finding.witness:
        lines.append(f"{_INDENT}reproduce: {line(finding.witness)}")
    if finding.fix_trial == "passed":
        lines.append(f"{_INDENT}fix, tried on the clone:")
    if finding.fix:
        lines += [f"{_INDENT}{paint(_DIM, one)}" for one in statement(finding.fix).split("\n")]
    for one in finding.consequences[:MANY]:
        lines += sentence(f"{_INDENT}and {line(one.rule)}: {line(one.message)}", _INDENT + "    ", width)
    if (more := len(finding.consequences) - MANY) > 0:
        lines.append(f"{_INDENT}and {more} more of the same cause")
    return lines


def unseen(skipped: NotChecked) -> str:
    """Return what was not checked and why, whether that is a limit of Gatepost, and what covers it."""
    whose = " (a limit of Gatepost)" if skipped.ours else ""
    covered = f"; covered by {skipped.covered_by}" if skipped.covered_by else ""
    return f"{skipped.what}: {skipped.why}{whose}{covered}"


def accepted(result: Result) -> list[str]:
    """Return what was found and the project accepts, each with its severity and the project's reason."""
    found: object = result.sections.get("accepted", ())
    known = found if isinstance(found, list) else []
    return [f"{one['key']} ({one['severity']}): {one['reason']}" for one in known]


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
        instead = "row owners inferred" if "matrix" in result.sections else "rules only, drift not checked"
        checked += f"; no policies declared in this folder: {instead}"
    hidden = [("suppressed", "accepted in pyproject.toml"), ("in_baseline", "in the baseline")]
    known = [f"{result.summary[name]} {where}" for name, where in hidden if result.summary.get(name)]
    return ", ".join([*(counted or ["clean"]), *known]) + (f" ({checked})" if checked else "")
