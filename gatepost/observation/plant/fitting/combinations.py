"""Combine the values that decide a policy's result into rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from gatepost.analysis.compared_values import comparisons_in, literals_in, pieces_in
from gatepost.observation.plant.canaries import is_word
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.survey import Survey, checks
from gatepost.schema import Table

MANY = 12
"""The most rows of one table in one row set."""
KEPT = "(a canary)"
"""Stands for the row's own canary in the place of a deciding value."""

_NUMBERS = re.compile(r"ANY\(ARRAY\[")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
Values = dict[str, str | None]


def overlay(names: Iterable[str], values: Iterable[str | None]) -> Values:
    """Return the values of some columns, without those that keep the row's own canary."""
    return {name: value for name, value in zip(names, values, strict=True) if value != KEPT}


def combinations(edges: Mapping[str, Sequence[str | None]]) -> list[tuple[str | None, ...]]:
    """Return every combination of the deciding values or, if they are too many, each value once with the first ones.

    Of many combinations, those that differ most come first: a persona tries only some of them.
    """
    size = 1
    for values in edges.values():
        size *= len(values)
    if size <= MANY:
        return list(itertools.product(*edges.values()))
    first = tuple(values[0] for values in edges.values())
    found = [first, tuple(values[1] for values in edges.values())]
    for place, values in enumerate(edges.values()):
        found += [(*first[:place], value, *first[place + 1 :]) for value in values[1:]]
    every = itertools.product(*edges.values()) if size <= 3 * MANY else ()
    return list(dict.fromkeys([*found[: 2 * MANY], *every]))


def free(survey: Survey, table: Table, name: str) -> bool:
    """Return whether rows may share a value of a column: no unique key has it, or another of the key's columns differs.

    Such a column holds a canary in every row. One that refers to something, or that decides a result too, may repeat.
    """

    def differs(other: str) -> bool:
        key, column = (*table.key, other), table.column(other)
        known = (survey.identities, survey.keys, survey.clues.claims, survey.teams.values, survey.clues.read)
        if column is None or other == name or any(key in one for one in known):
            return False
        base = survey.base_type(column.type)
        return (base == "uuid" or is_word(base)) and base not in survey.enums and other not in values_in_checks(table)

    return all(any(map(differs, columns)) for columns in unique_keys(table) if name in columns)


def values_in_checks(table: Table) -> dict[str, tuple[str, ...]]:
    """Return the values that a CHECK constraint lists for a column."""
    found: dict[str, tuple[str, ...]] = {}
    for constraint in checks(table):
        if len(constraint.columns) == 1:
            for left, right in comparisons_in(pieces_in(constraint.definition)):
                among = [value for value in literals_in(right) if "%" not in value]  # LIKE is one of them
                names = [piece.name for piece in left if piece.name]
                shown = "".join(piece.text for piece in right)
                among = among or (_NUMBER.findall(shown) if _NUMBERS.match(shown) else [])
                if among and names[:1] == [constraint.columns[0]]:  # a cast may stand behind it, no function before
                    found[constraint.columns[0]] = tuple(among)
    return found
