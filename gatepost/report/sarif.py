"""SARIF 2.1.0, for code scanning.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from importlib.metadata import version
from urllib.parse import quote

from gatepost.display import json_text
from gatepost.finding import Finding, Result
from gatepost.report.text import accepted, unseen
from gatepost.rules import all_rules, published

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(result: Result) -> str:
    """Return the result as a SARIF log with one run."""
    names = sorted({finding.rule for finding in result.findings})
    run: dict[str, object] = {
        "tool": {
            "driver": {"name": "gatepost", "version": version("gatepost"), "rules": [_rule(name) for name in names]}
        },
        "automationDetails": {"id": f"gatepost/{result.command}/"},
        "results": [_result(finding, names.index(finding.rule)) for finding in result.findings],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    *(_notification("warning", f"not checked: {unseen(skipped)}") for skipped in result.not_checked),
                    *(_notification("note", f"accepted: {one}") for one in accepted(result)),
                ],
            }
        ],
        "properties": {"target": result.target, "summary": dict(result.summary)},
    }
    return json_text({"version": "2.1.0", "runs": [run]})


def _rule(name: str) -> dict[str, object]:
    values: dict[str, object] = {"id": name, "name": "".join(word.capitalize() for word in name.split("-"))}
    known = next((rule for rule in all_rules() if rule.name == name), None)
    if known is None:
        return values
    page = {"helpUri": address} if (address := published(name)) else {}
    text = {"text": known.documentation, "markdown": known.documentation}
    return values | page | {"shortDescription": {"text": known.title}, "help": text}


def _result(finding: Finding, rule_index: int) -> dict[str, object]:
    text = (
        finding.message
        if finding.witness is None
        else f"{finding.message} (reproduce, in a transaction that is rolled back: {finding.witness})"
    )
    judged = {"verdict": finding.verdict, "reason": finding.reason or None, "decide": finding.decide or None}
    consequences = [{"rule": one.rule, "message": one.message, "key": one.key} for one in finding.consequences]
    more: dict[str, object] = {name: value for name, value in judged.items() if value is not None}
    if consequences:
        more["consequences"] = consequences
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(text)},
        "locations": [_location(finding)],
        "partialFingerprints": {"key/v1": finding.key},
        "properties": {"fix": finding.fix, **more},
    }


def _notification(level: str, text: str) -> dict[str, object]:
    return {"level": level, "message": {"text": _message(text)}}


def _location(finding: Finding) -> dict[str, object]:
    """Return where a finding is: a database object has a name, and a region only where a file is known to make it."""
    found: dict[str, object] = {"logicalLocations": [{"fullyQualifiedName": finding.object, "kind": "object"}]}
    file, _, number = finding.place.rpartition(":")
    if file and number.isdigit():
        found["physicalLocation"] = {
            "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": max(1, int(number))},
        }
    return found


def _message(text: str) -> str:
    """Return text in which a viewer finds no link (section 3.11.6: a bracket that starts none is escaped)."""
    return re.sub(r"\[(?=[^\]]*\]\()", r"\\[", text)
