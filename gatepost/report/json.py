"""Render a result as JSON, the contract with programs. New fields may appear; a changed meaning needs a new version."""

from __future__ import annotations

from gatepost.display import json_text
from gatepost.finding import REPORT_VERSION, Candidate, Finding, NotChecked, Result


def render(result: Result) -> str:
    """Return the result as one JSON object, its keys in a fixed order."""
    return json_text(as_values(result))


def as_values(result: Result) -> dict[str, object]:
    """Return the result as plain values."""
    return {
        "version": REPORT_VERSION,
        "command": result.command,
        "target": result.target,
        "findings": [_finding(finding) for finding in result.findings],
        "not_checked": [_not_checked(one) for one in result.not_checked],
        "summary": dict(result.summary),
        **result.sections,
    }


def _finding(finding: Finding) -> dict[str, object]:
    values: dict[str, object] = {
        "rule": finding.rule,
        "severity": finding.severity,
        "object": finding.object,
        "message": finding.message,
        "fix": finding.fix,
        "key": finding.key,
    }
    more: dict[str, object] = {
        "witness": finding.witness,
        "verdict": finding.verdict,
        "reason": finding.reason or None,
        "candidate": _candidate(finding.candidate) if finding.candidate is not None else None,
        "fix_trial": finding.fix_trial,
        "decide": finding.decide or None,
        "place": finding.place or None,
        "consequences": [_finding(one) for one in finding.consequences] or None,
    }
    return values | {name: value for name, value in more.items() if value is not None}


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        "session": dict(candidate.session),
        "row": dict(candidate.row),
        "others": [{"table": table, "row": dict(row)} for table, row in candidate.others],
        "assumed": list(candidate.assumed),
    }


def _not_checked(one: NotChecked) -> dict[str, object]:
    values: dict[str, object] = {"what": one.what, "why": one.why, "ours": one.ours}
    return values | {"covered_by": one.covered_by} if one.covered_by else values
