"""Render a result as Markdown for a pull request comment: the verdict, then a line per finding with its fix folded."""

from __future__ import annotations

from itertools import groupby

from gatepost.display import code, fenced, markdown
from gatepost.finding import Finding, Result
from gatepost.report.text import conclusion, unseen

_SIGNS = {"error": "🔴", "warning": "🟡", "info": "🔵"}
_NOT_CHECKED = "⚪"


def render(result: Result) -> str:
    """Return the result as Markdown."""
    target = f" of {code(result.target)}" if result.target else ""
    lines = [f"**gatepost {result.command}**{target} · {markdown(conclusion(result))}", ""]
    for name, findings in groupby(result.findings, key=lambda finding: finding.object):
        lines += [f"#### {code(name)}", ""]
        for finding in findings:
            lines += _finding(finding)
        lines.append("")
    if result.not_checked:
        lines += ["#### Not checked", ""]
        lines += [f"- {_NOT_CHECKED} {markdown(unseen(skipped))}" for skipped in result.not_checked]
    return "\n".join(lines).rstrip("\n")


def _finding(finding: Finding) -> list[str]:
    lines = [f"- {_SIGNS[finding.severity]} {code(finding.rule)} {markdown(finding.message)}"]
    if finding.witness:
        lines.append(f"  Reproduce: {code(finding.witness)}")
    if finding.fix:
        fix = [f"  {line}".rstrip() for line in fenced(finding.fix)]
        lines += ["  <details><summary>fix</summary>", "", *fix, "", "  </details>"]
    return lines
