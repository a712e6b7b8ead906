"""One way in which a condition can hold, as text that PostgreSQL can evaluate, and how ways are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from gatepost.analysis.ways.pieces import Pieces, text_of
from gatepost.schema import Function, View

MANY = 16
"""More ways than these are left together."""

Changed = Function | View


@dataclass(frozen=True)
class WrittenWay:
    """One way in which a condition can hold.

    Args:
        text: The condition, where the functions and views are as in `changed`.
        shown: What it comes to, for people.
        changed: The functions and views of which only one way is left.
        assigned: The variables of the body that it is part of, with what is assigned to them in this way.
    """

    text: str
    shown: str = ""
    changed: tuple[Changed, ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()

    @property
    def described(self) -> str:
        """The way for people."""
        return self.shown or self.text

    def inside(self, before: str, after: str) -> WrittenWay:
        """Return the way with text around it; people are shown what it comes to as long as that says more."""
        shown = self.shown if self.changed or self.assigned else ""
        return replace(self, text=f"{before}{self.text}{after}", shown=shown)


Ways = tuple[WrittenWay, ...]


def combined(ways: Sequence[Ways], parts: Sequence[Pieces]) -> Iterator[Ways]:
    """Yield each choice of one way a part. What has too many stays together, so that no way is left out."""
    size = 1
    kept: list[Ways] = []
    for alternatives, part in zip(ways, parts, strict=True):
        if size * len(alternatives) > MANY:
            kept.append((WrittenWay(text_of(part)),))
        else:
            kept.append(alternatives)
            size *= len(alternatives)
    return product(*kept)


def merged(ways: Iterable[WrittenWay]) -> WrittenWay:
    """Return a way without text that has the changes of several. What two of them change is as in the first."""
    changed: dict[object, Changed] = {}
    assigned: dict[str, str] = {}
    for way in ways:
        for one in way.changed:
            changed.setdefault((type(one), one.key), one)
        for name, text in way.assigned:
            assigned.setdefault(name, text)
    return WrittenWay("", "", tuple(changed.values()), tuple(assigned.items()))


def joined(ways: Ways) -> WrittenWay:
    """Return the way that is all of several at once."""
    made = merged(ways)
    if len(ways) == 1:
        return ways[0]
    text, shown = (
        " AND ".join(f"({one})" for one in all_) for all_ in ([w.text for w in ways], [w.described for w in ways])
    )
    return replace(made, text=text, shown=shown if shown != text else "")


def chosen_inside(ways: Ways) -> str:
    """Return what people are shown of a SELECT of which something inside was chosen."""
    return " AND ".join(way.shown for way in ways if way.shown and (way.changed or way.assigned))


def around(before: str, ways: Ways, after: str) -> Ways:
    """Return ways with text around each of them."""
    return tuple(way.inside(before, after) for way in ways)
