"""What the conditions of policies mean: parsed from PostgreSQL's own printing, followed into functions, and weighed."""

from gatepost.access.conditions.analysis import PLATFORM_TABLES, Analysis, PolicyFacts
from gatepost.access.conditions.parse import NotUnderstood, parse

__all__ = ["PLATFORM_TABLES", "Analysis", "NotUnderstood", "PolicyFacts", "parse"]
