"""What the solver answers: ruled out, a candidate, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatepost.finding import Candidate


@dataclass(frozen=True)
class RuledOut:
    """No caller, row and content of other tables make it so: a proof."""


@dataclass(frozen=True)
class NotKnown:
    """It could not be decided.

    Args:
        why: The reason, as one clause.
    """

    why: str


Answer = RuledOut | Candidate | NotKnown
Relation = Literal["equal", "left implies right", "right implies left", "apart", "not known"]


@dataclass(frozen=True)
class Comparison:
    """How the rows that two conditions let through differ.

    Args:
        gains: Whether a row can pass the right condition and not the left one.
        loses: Whether a row can pass the left condition and not the right one.
    """

    gains: Answer
    loses: Answer

    @property
    def relation(self) -> Relation:
        """What is proved, or `apart` where there is a candidate, each way; a proof in one direction comes first."""
        if isinstance(self.gains, RuledOut) and isinstance(self.loses, RuledOut):
            return "equal"
        if isinstance(self.loses, RuledOut):
            return "left implies right"
        if isinstance(self.gains, RuledOut):
            return "right implies left"
        apart = isinstance(self.gains, Candidate) or isinstance(self.loses, Candidate)
        return "apart" if apart else "not known"
