"""GitHub Actions annotations: one workflow command per finding.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from gatepost.display import line, statement, workflow, workflow_property
from gatepost.finding import Finding, Result
from gatepost.report.text import accepted, unseen, verdict

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(result: Result) -> str:
    """Return the result as workflow commands, with a line that summarises it."""
    lines = [_command(_COMMANDS[f.severity], f.rule, _message(f), f.place) for f in result.findings]
    lines += [_command("warning", "not checked", line(unseen(skipped))) for skipped in result.not_checked]
    lines += [_command("notice", "accepted", line(one)) for one in accepted(result)]
    return "\n".join([*lines, line(verdict(result))])


def _message(finding: Finding) -> str:
    judged = f" ({finding.verdict})" if finding.verdict is not None else ""
    lines = [
        line(f"{finding.object}: {finding.message}{judged}"),
        line(f"reproduce, in a transaction that is rolled back: {finding.witness}") if finding.witness else "",
        line(f"not known: {finding.reason}") if finding.reason else "",
        *(line(f"and {one.rule}: {one.message}") for one in finding.consequences),
        line(finding.decide),
        statement(finding.fix),
    ]
    return "\n".join(filter(None, lines))


def _command(kind: str, title: str, shown: str, place: str = "") -> str:
    file, _, number = place.rpartition(":")
    where = f"file={workflow_property(line(file))},line={number}," if number.isdigit() and file else ""
    return f"::{kind} {where}title={workflow_property(line(title))}::{workflow(shown)}"
