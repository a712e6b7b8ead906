"""What the conditions of policies mean: parsed from PostgreSQL's own printing, followed into functions, and weighed."""

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.policies import PLATFORM_TABLES, Analysis, PolicyFacts

__all__ = ["PLATFORM_TABLES", "Analysis", "NotUnderstood", "PolicyFacts", "parse"]
