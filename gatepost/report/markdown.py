"""Render a result as Markdown for a pull request comment: the verdict, then a line per finding with its fix folded."""

from __future__ import annotations

from gatepost.display import code, fenced, markdown
from gatepost.finding import Finding, Result
from gatepost.report.parts.callers import become, brief
from gatepost.report.parts.lines import ROLLED_BACK
from gatepost.report.parts.order import by_object, by_rule
from gatepost.report.text import MANY, accepted, conclusion, standing, unseen
from gatepost.rules import published

_SIGNS = {"error": "🔴", "warning": "🟡", "info": "🔵"}
_NOT_CHECKED = "⚪"


def render(result: Result) -> str:
    """Return the result as Markdown."""
    target = f" of {code(result.target)}" if result.target else ""
    lines = [f"**gatepost {result.command}**{target} · {markdown(conclusion(result))}", ""]
    if tables := standing(result):
        lines += [markdown(tables), ""]
    lines += [ROLLED_BACK, ""] if any(finding.witness for finding in result.findings) else []
    if callers := become(result):
        lines += ["<details><summary>the callers, as SQL</summary>", ""]
        lines += [*(f"- as {markdown(name)}: {code(text)}" for name, text in callers), "", "</details>", ""]
    result = brief(result)
    found = by_rule(finding for finding in result.findings if finding.severity == "info")
    repeated = {rule: same for rule, same in found.items() if len(same) > MANY}
    shown = [one for one in result.findings if one.severity != "info" or one.rule not in repeated]
    for name, findings in by_object(shown):
        lines += [f"#### {code(name)}", ""]
        for finding in findings:
            lines += _finding(finding)
        lines.append("")
    for same in repeated.values():
        lines += [f"#### {len(same)} objects, starting with {code(same[0].object)}", "", *_finding(same[0])]
        lines += ["  <details><summary>all of them</summary>", "", *(f"  - {code(one.object)}" for one in same)]
        lines += ["", "  </details>", ""]
    if result.not_checked:
        lines += ["#### Not checked", ""]
        lines += [f"- {_NOT_CHECKED} {markdown(unseen(skipped))}" for skipped in result.not_checked]
        lines.append("")
    if known := accepted(result):
        lines += ["#### Accepted", "", *(f"- {markdown(one)}" for one in known)]
    return "\n".join(lines).rstrip("\n")


def _finding(finding: Finding) -> list[str]:
    judged = f" *{finding.verdict}*" if finding.verdict is not None and finding.severity != "info" else ""
    lines = [f"- {_SIGNS[finding.severity]} {_named(finding.rule)}{judged} {markdown(finding.message)}"]
    if finding.reason:
        lines.append(f"  Not known: {markdown(finding.reason)}")
    if finding.witness:
        lines.append(f"  Seen: {code(finding.witness)}")
    lines += [f"  - {_named(one.rule)} {markdown(one.message)}" for one in finding.consequences]
    if finding.decide:
        lines += ["", f"  To decide: {markdown(finding.decide.removeprefix('decide '))}"]
    if finding.fix:
        fix = [f"  {line}".rstrip() for line in fenced(finding.fix)]
        lines += ["  <details><summary>fix</summary>", "", *fix, "", "  </details>"]
    return lines


def _named(rule: str) -> str:
    """Return a rule's name, as a link where its page is published."""
    address = published(rule)
    return f"[{code(rule)}]({address})" if address else code(rule)
