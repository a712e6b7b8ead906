"""Run rules on a database so that a failing rule does not affect the others."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from gatepost.analysis import PolicyFacts
from gatepost.analysis.context import Context
from gatepost.finding import Finding, NotChecked
from gatepost.rules._registry import Rule
from gatepost.schema import Function, Policy, Table


def check(rules: Iterable[Rule], context: Context) -> tuple[list[Finding], list[NotChecked]]:
    """Return the findings of the rules, and the rules that failed.

    Args:
        rules: The rules.
        context: The database that they check.
    """
    findings: list[Finding] = []
    failed: list[NotChecked] = []
    for rule in rules:
        try:
            findings += rule.check(context)
        except Exception as error:  # noqa: BLE001  a bug in one rule must not hide what the others find
            failed.append(_failed(rule, error))
    return findings, failed


def _failed(rule: Rule, error: Exception) -> NotChecked:
    reason = f"{type(error).__name__}: {error}".removesuffix(": ").partition("\n")[0]
    at = _subject(error.__traceback__)
    where = f"{at} and everything after it" if at else "the database"
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
