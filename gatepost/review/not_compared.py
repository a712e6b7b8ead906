"""What a side's database lacks: what both lack alike makes no difference, and what one lacks may make any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gatepost.analysis.compared_values import identifiers_in
from gatepost.finding import NotChecked
from gatepost.review.names import TableKey
from gatepost.review.scope import named_by
from gatepost.review.state import Side
from gatepost.schema import Schema
from gatepost.sql_script import first_words

_SAME = "the same on both sides"
_DECIDING = frozenset({"create", "alter", "drop", "grant", "revoke", "do"})
"""How a statement begins that may decide about access."""


@dataclass(frozen=True)
class Missing:
    """One thing that a side's database lacks.

    Args:
        entry: As reports show it.
        texts: The statements that were refused, where it is for them.
        shared: Whether the other side lacks it, too.
    """

    entry: NotChecked
    texts: tuple[str, ...]
    shared: bool

    def tables(self, before: Schema, after: Schema) -> frozenset[TableKey]:
        """Return the tables whose access may depend on it: all, where no statement names what it is about."""
        names = frozenset(name for text in self.texts for name in identifiers_in(text))
        found = named_by(names, before, after)
        if found or self.shared:
            return found
        return frozenset(table.key for live in (before, after) for table in live.tables)


def missing(base: Side, head: Side) -> tuple[Missing, ...]:
    """Return what either side lacks.

    Args:
        base: The state before.
        head: The state after.
    """
    sides = (base, head)
    known = [{_key(one, side) for one in side.missing} for side in sides]
    found = {
        _key(one, side): Missing(one, side.refused.get(one.what, ()), _key(one, side) in known[0] & known[1])
        for side in sides
        for one in side.missing
    }
    return tuple(found.values())


def doubtful(lacking: Iterable[Missing], before: Schema, after: Schema) -> frozenset[TableKey]:
    """Return the tables of which nothing is proved, because a statement that one side refused may decide about them.

    Args:
        lacking: What either side lacks.
        before: The base in the words of the head.
        after: The head.
    """
    alone = (one for one in lacking if one.entry.fails and not one.shared)
    return frozenset[TableKey]().union(*(one.tables(before, after) for one in alone))


def as_not_checked(
    lacking: Iterable[Missing], changed: frozenset[TableKey], before: Schema, after: Schema
) -> Iterator[NotChecked]:  # fmt: skip
    """Yield what was not compared, covered where both sides lack it alike and no change reaches what it is about.

    Args:
        lacking: What either side lacks.
        changed: The tables whose access may differ.
        before: The base in the words of the head.
        after: The head.
    """
    for one in lacking:
        decides = any(set(first_words(text, 1)) & _DECIDING for text in one.texts)
        if one.shared and not (decides and one.tables(before, after) & changed):
            yield replace(one.entry, ours=True, covered_by=one.entry.covered_by or _SAME)
        else:
            yield one.entry


def as_shared(after: Iterable[NotChecked], before: Iterable[NotChecked]) -> Iterator[NotChecked]:
    """Yield what the head alone lacks as it is, and what both sides lack as covered.

    Args:
        after: What the head lacks.
        before: What the base lacks.
    """
    known = set(before)
    for one in after:
        yield replace(one, ours=True, covered_by=_SAME) if one in known else one


def _key(one: NotChecked, side: Side) -> tuple[str, ...]:
    """Return what is missing without the line on which it stands: on another line it is the same statement."""
    texts = side.refused.get(one.what)
    if texts is None:
        return (one.what, one.why)
    return (*(" ".join(text.split()) for text in texts), one.why.partition(";")[0])
