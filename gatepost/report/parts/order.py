"""The order in which a result is shown, and what its first lines say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gatepost.finding import Finding, Result, TableStates, table_states
from gatepost.report.parts.alike import findings_alike

FIRST = 5
"""How many objects are named at the top."""


def by_object(findings: Iterable[Finding]) -> list[tuple[str, tuple[Finding, ...]]]:
    """Return findings by object: the object of the worst finding first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.object, []).append(finding)
    ordered = sorted(groups.items(), key=lambda group: min(one.harm for one in group[1]))
    return [(name, tuple(sorted(found, key=lambda one: one.harm))) for name, found in ordered]


def by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return findings by rule, as they come."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def states(result: Result) -> TableStates | None:
    """Return which tables are fine, open or not checked; None of a command that tries nothing."""
    matrix: Any = result.sections.get("matrix")
    if not isinstance(matrix, dict):
        return None
    names = [table["table"] for table in matrix["tables"]]
    return table_states(names, result.findings, result.not_checked)


def worst(result: Result) -> list[str]:
    """Return the objects that matter most, at most five, where there are several; one of each kind before others."""
    errors = sorted((one for one in result.findings if one.severity == "error"), key=lambda one: one.harm)
    kinds = [one.object for one, _ in findings_alike(errors)]
    objects = list(dict.fromkeys([*kinds, *(name for name, _ in by_object(errors))]))
    return objects[:FIRST] if len(objects) > 1 else []
