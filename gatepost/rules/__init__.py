"""The rules: one file each, found by discovery.

A module here with a function that carries `@rule(...)` is a rule. Its name is the file name in kebab case. Its
docstring says what it reports and why that is bad, and holds an example and what to use instead.
"""

from gatepost.analysis.context import Context
from gatepost.rules._pages import pages, published
from gatepost.rules._registry import DecidedBy, Rule, all_rules, named_rule, rule

__all__ = ["Context", "DecidedBy", "Rule", "all_rules", "named_rule", "pages", "published", "rule"]
