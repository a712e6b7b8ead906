"""A row that is planted or tried, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.survey import Survey
from gatepost.observation.plant.users import ANN, TEAMMATE
from gatepost.schema import Table


@dataclass(frozen=True)
class Row:
    """A row that was planted, or that a persona tries to insert."""

    table: Table
    number: int
    world: str
    values: Mapping[str, str | None]
    base: bool = False

    @property
    def key(self) -> tuple[tuple[str, str], int]:
        """The text that distinguishes it from every other row."""
        return (self.table.key, self.number)

    def is_of(self, row_set: str) -> bool:
        """Return whether it is in a row set, or of a teammate in the tenant of this row set's user."""
        return self.world == row_set or (self.world, row_set) == (TEAMMATE, ANN)


def distinct(table: Table, rows: list[Row]) -> list[Row]:
    """Return the rows without those that a unique index would refuse.

    Args:
        table: The table.
        rows: Its rows, those that matter first.
    """
    seen: set[tuple[object, ...]] = set()
    kept = []
    for row in rows:
        marks = [
            (key, tuple(row.values.get(name) for name in key))
            for key in unique_keys(table)
            if all(row.values.get(name) is not None for name in key)
        ]
        if not any(mark in seen for mark in marks):
            seen.update(marks)
            kept.append(row)
    return kept


def one_for_each(survey: Survey, table: Table) -> bool:
    """Return whether a table holds one row for each user or parent, so that a set has no room for more."""
    names = {column.name for column in table.columns}
    bound = {name for name in names if (*table.key, name) in survey.identities or (*table.key, name) in survey.keys}
    return any(key and set(key) <= bound for key in unique_keys(table))
