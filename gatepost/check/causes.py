"""Join what the rules find and what was observed: one finding a cause, with what it leads to under it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gatepost.check.cells import Cells, is_open
from gatepost.check.subjects import Subject, Subjects, in_force
from gatepost.finding import SEVERITIES, Finding, Severity, Verdict
from gatepost.rules import DecidedBy
from gatepost.schema import Policy, Table

_COMPARED = frozenset({"access-beyond-declaration", "access-short-of-declaration"})
_END_IN_ERRORS = frozenset(
    {"policy-needs-privilege", "policy-reads-unreadable-table", "policy-recursion", "sub-select-of-many-rows"}
)
"""The rules about statements that PostgreSQL refuses to carry out: they explain that, and nothing else."""
_RECURSION = re.compile(r'infinite recursion detected in policy for relation "(.+)"$|: stack depth limit exceeded$')
_SOMEWHERE = "*"
_WRITES_THROUGH_VIEWS = frozenset({"writable-definer-view", "door-writes"})
"""Rules about writing through a view: a view that is read on purpose may still be written by mistake."""
_DECIDERS: tuple[DecidedBy, ...] = ("catalog", "trial", "witness", "style")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """A finding of one cause; `decided_by` is that of its rule, and None where it was observed."""

    finding: Finding
    subject: Subject
    decided_by: DecidedBy | None


@dataclass(frozen=True)
class Joined:
    """What is left when the findings of rules and of the observation are joined.

    Args:
        findings: One for each cause.
        refuted: The suspicions that were tried and refused.
    """

    findings: tuple[Finding, ...]
    refuted: tuple[Finding, ...]


def join(
    suspected: Iterable[Finding],
    cells: Cells,
    subjects: Subjects,
    decided_by: Mapping[str, DecidedBy],
    always_true: frozenset[Policy],
) -> Joined:
    """Join the findings of the rules with what was observed.

    Args:
        suspected: What the rules find.
        cells: What was observed.
        subjects: What findings are about.
        decided_by: What decides about each rule.
        always_true: The policies whose condition PostgreSQL reduces to true.
    """
    groups: dict[Key, list[Member]] = {}
    for finding in suspected:
        member = Member(finding, subjects.of(finding), decided_by.get(finding.rule, "witness"))
        groups.setdefault(_key(member), []).append(member)
    causes = tuple(groups)
    for finding in cells.observed.findings:
        member = Member(finding, subjects.of(finding), None)
        groups.setdefault(_cause_of(member, causes, groups), []).append(member)
    findings: list[Finding] = []
    refuted: list[Finding] = []
    for members in groups.values():
        judged = _judged(members, cells, always_true)
        findings += [judged] if judged is not None else []
        refuted += [member.finding for member in members] if judged is None else []
    return Joined(tuple(sorted(findings, key=lambda one: one.harm)), tuple(sorted(refuted, key=lambda one: one.key)))


def _key(member: Member) -> Key:
    """Return what names the cause of a rule's finding; what is no more than information stands for itself."""
    finding, subject = member.finding, member.subject
    if member.decided_by == "style" or not _may_be_cause(member):
        return ("alone", finding.key)
    if subject.table is not None and is_open(subject.table):
        return ("table", str(subject.table))
    if subject.policy is not None:
        return ("policy", str(subject.policy))
    return ("alone", finding.key) if subject.table is not None else _object_key(member)


def _object_key(member: Member) -> Key:
    written = member.finding.rule in _WRITES_THROUGH_VIEWS and member.subject.is_view
    return ("object", member.subject.name, *(["written"] if written else []))


def _may_be_cause(member: Member) -> bool:
    severity = member.finding.severity
    if member.finding.rule in _END_IN_ERRORS:
        return severity != "info"
    return severity == "error" or (severity == "warning" and member.decided_by in ("trial", "witness"))


def _cause_of(member: Member, causes: Iterable[Key], groups: Mapping[Key, list[Member]]) -> Key:
    """Return the cause that an observed finding belongs to, or one of its own."""
    subject = member.subject
    if subject.table is None:
        return _object_key(member)
    if is_open(subject.table):
        return ("table", str(subject.table))
    for key in causes:
        if any(_explains(one, member) for one in groups[key]):
            return key
    policies = in_force(subject.table, subject.commands)
    return ("observed", str(subject.table), *(policy.name for policy in policies))


def _explains(cause: Member, seen: Member) -> bool:
    """Return whether what a rule finds is why something was seen."""
    if cause.finding.rule == "policy-recursion" and cause.subject.table is not None:
        return _turns_round_at(seen.finding) in (cause.subject.table.name, _SOMEWHERE)
    if cause.decided_by is None or not _may_be_cause(cause) or cause.subject.table != seen.subject.table:
        return False
    if cause.subject.policy is None:
        return cause.finding.rule == "drift" and seen.finding.rule in _COMPARED
    if (cause.finding.rule in _END_IN_ERRORS) != (seen.finding.rule == "policy-error"):
        return False
    return bool(cause.subject.commands & seen.subject.commands)


def _turns_round_at(seen: Finding) -> str:
    """Return the table whose policies PostgreSQL found to read themselves: what reads that table ends in an error.

    Where they do so by a function that is not inlined, the stack overflows and no table is named.
    """
    found = _RECURSION.search(seen.message) if seen.rule == "policy-error" else None
    return (found.group(1) or _SOMEWHERE) if found else ""


def _judged(members: list[Member], cells: Cells, always_true: frozenset[Policy]) -> Finding | None:
    """Return the finding of one cause with its verdict, or None where everybody was refused."""
    rules = sorted((one for one in members if one.decided_by is not None), key=_rank)
    seen = sorted((one.finding for one in members if one.decided_by is None), key=_severity)
    if not rules:
        return _finding(seen[0], seen[1:], "witnessed", seen[0].severity, seen[0].witness)
    first = rules[0]
    rest = [one.finding for one in rules[1:]] + seen
    proved = first.decided_by == "catalog" or any(_is_proved(one, always_true) for one in rules)
    if seen:
        worst = min(_severity(first.finding), _severity(seen[0]))
        verdict: Verdict = "proved" if proved else "witnessed"
        return _finding(first.finding, rest, verdict, SEVERITIES[worst], seen[0].witness)
    if first.decided_by == "style":
        return _finding(first.finding, rest, "proved", "info")
    if proved and first.decided_by != "catalog" and (said := cells.ends_in_errors(first.subject)):
        return replace(_finding(first.finding, rest, "suspected", "warning"), reason=f"today every trial fails: {said}")
    if proved:
        return _finding(first.finding, rest, "proved", first.finding.severity)
    if first.finding.severity == "info":
        return _finding(first.finding, rest, "suspected", "info")
    trials = [cells.tried(one.subject, one.decided_by or "witness") for one in rules]
    witness = next((trial.witness for trial in trials if trial.witness), None)
    if witness is not None:
        return _finding(first.finding, rest, "witnessed", first.finding.severity, witness)
    shown = next((one for one in rules if one.finding.verdict == "proved"), None)
    if shown is not None:  # a trial in which nobody got there does not refute what the rule proved
        others = [one.finding for one in rules if one is not shown]
        return _finding(shown.finding, others, "proved", shown.finding.severity)
    if all(trial.refuted for trial in trials):
        return None
    kept = [index for index, trial in enumerate(trials) if not trial.refuted]
    first, rest = rules[kept[0]], [rules[index].finding for index in kept[1:]]
    return replace(_finding(first.finding, rest, "suspected", "warning"), reason=trials[kept[0]].reason)


def _is_proved(one: Member, always_true: frozenset[Policy]) -> bool:
    """Return whether PostgreSQL reduces the condition to true, so that no trial is needed."""
    return (
        one.decided_by == "trial"
        and one.finding.rule != "policy-recursion"
        and one.subject.policy in always_true
        and not _restricted(one.subject.table, one.subject.policy)
    )


def _restricted(table: Table | None, policy: Policy | None) -> bool:
    """Return whether a restrictive policy may take away what a permissive one gives."""
    commands = {"all", policy.command} if policy is not None else set()
    return table is not None and any(
        not one.permissive and (one.command in commands or "all" in (one.command, policy and policy.command))
        for one in table.policies
    )


def _rank(member: Member) -> tuple[int, int, str]:
    row_security = 0 if member.finding.rule == "row-security-off" else 1
    decider = _DECIDERS.index(member.decided_by or "witness")
    return (SEVERITIES.index(member.finding.severity), row_security + decider, member.finding.key)


def _severity(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _finding(
    first: Finding, rest: Iterable[Finding], verdict: Verdict, severity: Severity, witness: str | None = None
) -> Finding:
    return replace(
        first,
        verdict=verdict,
        severity=severity,
        witness=first.witness or witness,
        consequences=tuple(sorted(rest, key=lambda one: (_severity(one), one.key))),
    )
