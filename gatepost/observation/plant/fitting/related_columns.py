"""Find the columns of a table whose values depend on each other, and the order in which to combine values for them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from gatepost.analysis.compared_values import identifiers_in
from gatepost.observation.plant.survey import checks
from gatepost.schema import Table

T = TypeVar("T")


def related(table: Table, columns: Iterable[str], computed: Mapping[str, str]) -> frozenset[str]:
    """Return the columns that share a constraint with some columns, or that are computed from them.

    Args:
        table: The table.
        columns: The names to begin with.
        computed: How generated columns are computed, by name.
    """
    names = {column.name for column in table.columns}
    groups = [frozenset(constraint.columns) for constraint in checks(table)]
    groups += [frozenset({name} | (identifiers_in(text) & names)) for name, text in computed.items()]
    found = frozenset(columns)
    while more := [group for group in groups if group & found and not group <= found]:
        found = found.union(*more)
    return found


def by_least_change(
    offered: Sequence[Sequence[T]], most: int, dear: Sequence[Collection[int]] = ()
) -> list[tuple[T, ...]]:
    """Return combinations of one value from each list, those with the first values first.

    Args:
        offered: The lists.
        most: About how many to return: the longest lists are cut.
        dear: Places of lists whose first values are only given up if nothing else helps, the dearest first.
    """
    sizes = [len(values) for values in offered]
    while len(sizes) and _product(sizes) > most and max(sizes) > 1:
        sizes[sizes.index(max(sizes))] -= 1

    def change(place: tuple[int, ...]) -> tuple[int, ...]:
        return *(sum(place[at] > 0 for at in group) for group in dear), sum(place)

    places = sorted(itertools.product(*map(range, sizes)), key=change)
    return [tuple(values[at] for values, at in zip(offered, one, strict=True)) for one in places[:most]]


def _product(sizes: Iterable[int]) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result
