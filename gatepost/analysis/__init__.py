"""Understand conditions of policies, functions and views: parse, follow into functions, evaluate with three values."""

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.policies import PLATFORM_TABLES, Analysis, PolicyFacts

__all__ = ["PLATFORM_TABLES", "Analysis", "NotUnderstood", "PolicyFacts", "parse"]
