"""What the solver answers: ruled out, a candidate, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Plain = str | int | float | bool | None


@dataclass(frozen=True)
class RuledOut:
    """No caller, row and content of other tables make it so: a proof."""


@dataclass(frozen=True)
class Candidate:
    """Values that make it so, as far as the conditions were followed. PostgreSQL has to confirm them.

    Args:
        session: The session's values by what reads them: `auth.uid()`, `claim app_metadata.role`.
        row: The row's values by column, where the condition reads them.
        others: Rows that must be in other tables, each with the table's name.
        assumed: What was assumed of something that could not be followed or computed.
    """

    session: tuple[tuple[str, Plain], ...] = ()
    row: tuple[tuple[str, Plain], ...] = ()
    others: tuple[tuple[str, tuple[tuple[str, Plain], ...]], ...] = ()
    assumed: tuple[str, ...] = ()

    def __str__(self) -> str:
        pieces = [f"{name} = {_shown(value)}" for name, value in self.session]
        if self.row:
            pieces.append("a row with " + ", ".join(f"{name} = {_shown(value)}" for name, value in self.row))
        for table, values in self.others:
            known = ", ".join(f"{name} = {_shown(value)}" for name, value in values)
            pieces.append(f'a row in "{table}"' + (f" with {known}" if known else ""))
        return "; ".join(pieces) or "any caller and any row"


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


def _shown(value: Plain) -> str:
    return "NULL" if value is None else repr(value) if isinstance(value, str) else str(value).lower()
