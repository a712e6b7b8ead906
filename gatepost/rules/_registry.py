"""Rules as values: the decorator that makes one, and the functions that find them."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import getdoc
from typing import Literal

from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import Access, opens_to_all
from gatepost.analysis.solver import Answer, RuledOut
from gatepost.analysis.solver.access_question import can
from gatepost.errors import SettingsError
from gatepost.finding import Candidate, Finding, Severity, Verdict
from gatepost.suppression import refuse_renamed

DecidedBy = Literal["catalog", "trial", "witness", "style"]
"""What decides whether a rule is right about a database.

`catalog`: switches, grants, attributes and definitions, which the catalog holds: what is found is proved.
`trial`: what a condition comes to. Where strangers try and get no more than their own rows, the rule was wrong.
`witness`: what a condition or a function comes to for values that a trial may not hold. A trial that succeeds confirms
it; only one in which nobody gets past the first statement refutes it.
`style`: cost or clarity; who can access which rows does not depend on it.
"""


@dataclass(frozen=True)
class Found:
    """One problem that a rule finds. The rule adds its name, and its severity where none is given here.

    Args:
        object: What it is about: `schema.table`, `schema.table.policy`, `schema.function(args)`.
        message: The consequence, in one sentence, in the user's own names.
        fix: The SQL or the command that fixes it.
        detail: Distinguishes two findings of one rule on one object. Part of the key.
        severity: How bad it is, where it differs from the rule's own severity.
        proved: Whether what the catalog holds shows it, though the rule as a whole needs a trial.
        access: By which policy and command who gets there. Where the condition is true for them with every row that
            somebody owns, that is a proof; where no row of somebody else passes, there is nothing to report.
    """

    object: str
    message: str
    fix: str = ""
    detail: str = ""
    severity: Severity | None = None
    access: Access | None = None
    proved: bool = False


Check = Callable[[Context], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """A named check; `severity` is the worst that it finds, `decided_by` what decides whether it is right."""

    name: str
    severity: Severity
    look: Check
    decided_by: DecidedBy

    def check(self, context: Context) -> Iterator[Finding]:
        """Yield what the rule finds, under its name."""
        for one in self.look(context):
            severity = one.severity or self.severity
            verdict = self._verdict(context, one)
            answer = _answer(context, one.access) if verdict == "suspected" and one.access is not None else None
            if isinstance(answer, RuledOut):
                continue
            candidate = answer if isinstance(answer, Candidate) else None
            yield Finding(
                self.name,
                severity,
                one.object,
                one.message,
                one.fix,
                one.detail,
                verdict=verdict,
                candidate=candidate,
            )

    def _verdict(self, context: Context, found: Found) -> Verdict:
        """Return whether what was found is proved: by the catalog, or by a condition that is true."""
        if self.decided_by in ("catalog", "style") or found.proved:
            return "proved"
        return "proved" if found.access is not None and opens_to_all(context, found.access) else "suspected"

    @property
    def title(self) -> str:
        """The first line of its documentation."""
        return (getdoc(self.look) or "").partition("\n")[0]

    @property
    def documentation(self) -> str:
        """All of its documentation."""
        return getdoc(self.look) or ""


def _answer(context: Context, access: Access) -> Answer:
    """Return whether somebody can use a command with rows of others, by all policies of the table together."""
    return can(
        context.analysis,
        access.role,
        access.command,
        access.policy.table,
        access.beyond,
        missing_claims=access.missing_claims,
    )


def rule(severity: Severity, decided_by: DecidedBy) -> Callable[[Check], Rule]:
    """Make a rule of a function; its name, with hyphens, is the rule's name and with underscores its file's.

    Args:
        severity: The worst that the rule finds.
        decided_by: What decides whether it is right about a database.
    """

    def make(check: Check) -> Rule:
        return Rule(check.__name__.replace("_", "-"), severity, check, decided_by)

    return make


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by name."""
    package = import_module("gatepost.rules")
    modules = (import_module(f"gatepost.rules.{found.name}") for found in pkgutil.iter_modules(package.__path__))
    rules = {value.name: value for module in modules for value in vars(module).values() if isinstance(value, Rule)}
    return tuple(rules[name] for name in sorted(rules))


def named_rule(name: str) -> Rule:
    """Return one rule.

    Raises:
        SettingsError: there is no such rule.
    """
    found = next((one for one in all_rules() if one.name == name), None)
    if found is None:
        refuse_renamed([name], "the command")
        near = difflib.get_close_matches(name, [one.name for one in all_rules()], 1)
        hint = f'Did you mean "{near[0]}"? gatepost rules {near[0]}' if near else "gatepost rules"
        raise SettingsError(f'"{name}" is not a rule', hint)
    return found
