"""What somebody gains from the head to the base is what they lose from the base to the head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gatepost.review.verdict.access_change import AccessChange, Verdict

_OTHER: dict[Verdict, Verdict] = {"gains": "loses", "may gain": "may lose"}


def mirrored(backwards: Iterable[AccessChange]) -> Iterator[AccessChange]:
    """Yield the losses.

    Args:
        backwards: What is gained from the head to the base.
    """
    for one in backwards:
        if one.verdict in _OTHER:
            yield replace(one, verdict=_OTHER[one.verdict], before=one.after, after=one.before)
