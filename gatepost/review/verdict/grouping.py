"""Join what was seen for each caller into one change for each role, object and command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gatepost.review.plant.possibilities import BY_SOLVER
from gatepost.review.verdict.access_change import AccessChange


def grouped(changes: Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    """Return one change for all callers of a role to whom the same happens.

    What is shown is that of the plainest caller: the first.
    """
    groups: dict[tuple[str, str, str, str], list[AccessChange]] = {}
    for one in changes:
        groups.setdefault((one.verdict, one.role, one.object, one.command), []).append(one)
    return tuple(sorted((_joined(several) for several in groups.values()), key=lambda one: one.order))


def _joined(several: list[AccessChange]) -> AccessChange:
    first = min(several, key=lambda one: (one.columns != (), len(one.statement) > 400))
    names = dict.fromkeys(name for one in several for name in one.callers)
    callers = tuple(name for name in names if not name.startswith(BY_SOLVER)) or tuple(names)
    return replace(first, callers=callers)
