"""Answers that are kept for an object itself, and not for whatever equals it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class ByIdentity(Generic[Answer]):
    """Keeps answers by an object and what else they depend on.

    A term, a table or a list of grants is hashed through all that it holds, which takes longer than most answers. Two
    that are equal are answered twice; each is kept with its answer, so that no later object takes its identity on.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[Hashable, ...], tuple[object, Answer]] = {}

    def get(self, thing: object, *more: Hashable) -> Answer | None:
        """Return the answer that was kept, or None."""
        found = self._kept.get((id(thing), *more))
        return None if found is None else found[1]

    def keep(self, answer: Answer, thing: object, *more: Hashable) -> Answer:
        """Keep an answer, and return it."""
        self._kept[(id(thing), *more)] = (thing, answer)
        return answer
