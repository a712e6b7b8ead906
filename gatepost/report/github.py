"""GitHub Actions annotations: one workflow command a finding.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from gatepost.finding import Finding, Result
from gatepost.report.text import verdict

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(result: Result) -> str:
    """Return the result as workflow commands, and a line that sums it up."""
    lines = [_command(_COMMANDS[finding.severity], finding.rule, _message(finding)) for finding in result.findings]
    lines += [_command("warning", "not checked", f"{skipped.what}: {skipped.why}") for skipped in result.not_checked]
    return "\n".join([*lines, verdict(result)])


def _message(finding: Finding) -> str:
    seen = f"seen: {finding.witness}" if finding.witness else ""
    return "\n".join(filter(None, (f"{finding.object}: {finding.message}", seen, finding.fix)))


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
