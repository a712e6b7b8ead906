"""Run rules on a database so that what one of them fails on affects neither the others nor the rest of its own."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.finding import Finding, NotChecked
from gatepost.rules._registry import Rule
from gatepost.schema import Function, Policy, Table

_MOST_FAILURES = 50
"""How often a rule may fail before nothing more is tried."""


def check(rules: Iterable[Rule], context: Context) -> tuple[list[Finding], list[NotChecked]]:
    """Return the findings of the rules, and the rules that failed.

    Args:
        rules: The rules.
        context: The database that they check.
    """
    findings: list[Finding] = []
    failed: list[NotChecked] = []
    for rule in rules:
        found, wrong = _checked(rule, context)
        findings += found
        failed += wrong
    return findings, failed


def _checked(rule: Rule, context: Context) -> tuple[list[Finding], list[NotChecked]]:
    """Return the findings of one rule, and what it fails on: that is left out, and the rule looks at the rest again."""
    failed: list[NotChecked] = []
    while True:
        found: list[Finding] = []
        try:
            found += rule.check(context)
        except Exception as error:  # noqa: BLE001  a bug in one rule must not hide what the others find
            subject = _subject(error.__traceback__)
            again = bool(subject) and subject not in context.left_out and len(failed) < _MOST_FAILURES
            failed.append(_failed(rule, error, _where(subject, again)))
            if again:
                context = context.without(subject)
                continue
        return found, failed


def _where(subject: str, again: bool) -> str:
    return subject if again else f"{subject} and everything after it" if subject else "the database"


def _failed(rule: Rule, error: Exception, where: str) -> NotChecked:
    reason = f"{type(error).__name__}: {error}".removesuffix(": ").partition("\n")[0]
    return NotChecked(where, f'the rule "{rule.name}" failed, which is a bug in Gatepost: {reason}', ours=True)


def _subject(trace: TracebackType | None) -> str:
    """Return the object that a failed rule was checking: the last one that a variable on the way to the error held."""
    found = ""
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            subject = value.policy if isinstance(value, PolicyFacts) else value
            if isinstance(subject, Policy | Table | Function):
                found = str(subject)
        trace = trace.tb_next
    return found
