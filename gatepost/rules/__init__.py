"""The rules: one file each, found by discovery.

A module here with a function that carries `@rule(...)` is a rule, named as its file in kebab-case words. Its
docstring says what it does, why that is bad, and holds an example and what to use instead.
"""

from gatepost.analysis.context import Context
from gatepost.rules._registry import Rule, all_rules, named_rule, rule

__all__ = ["Context", "Rule", "all_rules", "named_rule", "rule"]
