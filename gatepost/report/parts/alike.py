"""Group what reads the same but for its names, so that a terminal shows it once and names the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from gatepost.finding import Finding, NotChecked

T = TypeVar("T")
FEW = 3
"""Up to so many that are alike are shown each by itself."""
_NAMED = re.compile(r'"[^"]*"')


def findings_alike(findings: Iterable[Finding]) -> list[tuple[Finding, list[Finding]]]:
    """Return findings with the others that are alike; those of a few are returned each by itself.

    Args:
        findings: Those that are shown, in their order.
    """
    return _grouped(findings, lambda one: (one.rule, one.severity, one.verdict, _without(one.message, one.object)))


def skipped_alike(skipped: Iterable[NotChecked]) -> list[tuple[NotChecked, list[NotChecked]]]:
    """Return the same of what was not checked.

    Args:
        skipped: What was not checked.
    """
    return _grouped(skipped, lambda one: (_without(one.why, one.what), one.ours, one.covered_by))


def _grouped(ones: Iterable[T], shape: Callable[[T], object]) -> list[tuple[T, list[T]]]:
    groups: dict[object, list[T]] = {}
    for one in ones:
        groups.setdefault(shape(one), []).append(one)
    found: list[tuple[T, list[T]]] = []
    for same in groups.values():
        found += [(one, []) for one in same] if len(same) <= FEW else [(same[0], same[1:])]
    return found


def _without(text: str, name: str) -> str:
    """Return a text without the names in it: those in quotes, its object, and what that belongs to."""
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        text = text.replace(".".join(parts[:end]), "")
    return _NAMED.sub("", text)


def named(names: Sequence[str], most: int = 8) -> str:
    """Return some names, and how many there are beside them."""
    shown, left = names[:most], len(names) - most
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")
