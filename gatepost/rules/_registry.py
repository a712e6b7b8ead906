"""How a rule is made and found."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import getdoc

from gatepost.analysis.context import Context
from gatepost.errors import SettingsError
from gatepost.finding import Finding, Severity
from gatepost.suppression import refuse_renamed

Check = Callable[[Context], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A named check; `severity` is the worst that it finds."""

    name: str
    severity: Severity
    check: Check

    @property
    def title(self) -> str:
        """The first line of its documentation."""
        return (getdoc(self.check) or "").partition("\n")[0]

    @property
    def documentation(self) -> str:
        """All of its documentation."""
        return getdoc(self.check) or ""


def rule(severity: Severity) -> Callable[[Check], Rule]:
    """Make a rule of a function; its name, with hyphens, is the rule's name and with underscores its file's.

    Args:
        severity: The worst that the rule finds.
    """

    def make(check: Check) -> Rule:
        return Rule(check.__name__.replace("_", "-"), severity, check)

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
        raise SettingsError(f'"{name}" is not a rule', f"gatepost rules {near[0]}" if near else "gatepost rules")
    return found
