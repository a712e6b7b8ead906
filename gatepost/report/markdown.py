"""Markdown for a comment on a pull request: the verdict first, a line a finding, what mends it folded away."""

from __future__ import annotations

from itertools import groupby

from gatepost.finding import Finding, Result
from gatepost.report.text import verdict

_SIGNS = {"error": "🔴", "warning": "🟡", "info": "🔵"}


def render(result: Result) -> str:
    """Return the result as Markdown."""
    lines = [f"**gatepost {result.command}** · {_text(verdict(result).partition(': ')[2])}", ""]
    for name, findings in groupby(result.findings, key=lambda finding: finding.object):
        lines += [f"#### {_code(name)}", ""]
        for finding in findings:
            lines += _finding(finding)
        lines.append("")
    if result.not_checked:
        lines += ["#### Not checked", ""]
        lines += [f"- {_text(skipped.what)}: {_text(skipped.why)}" for skipped in result.not_checked]
    return "\n".join(lines).rstrip("\n")


def _finding(finding: Finding) -> list[str]:
    lines = [f"- {_SIGNS[finding.severity]} {_code(finding.rule)} {_text(finding.message)}"]
    if finding.witness:
        lines.append(f"  Seen: {_code(finding.witness)}")
    if finding.fix:
        lines += ["  <details><summary>what mends it</summary>", "", *_block(finding.fix), "", "  </details>"]
    return lines


def _block(text: str) -> list[str]:
    """Return a fenced block whose fence is longer than any run of backticks inside it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return [f"  {line}".rstrip() for line in (f"{fence}sql", *text.splitlines(), fence)]


def _code(text: str) -> str:
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _text(text: str) -> str:
    """Return text that Markdown and HTML show as it is, names of policies included."""
    for character in "\\`*_[]<>|#@":
        text = text.replace(character, f"&#{ord(character)};")
    return " ".join(text.split())
