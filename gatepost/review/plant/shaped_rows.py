"""Rows whose values have a shape on which conditions turn: texts around an id, ranges of time, keys as names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from gatepost.observation.plant.canaries import is_word
from gatepost.observation.plant.fitting.combinations import Values
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import FILES, USERS, Survey
from gatepost.observation.plant.users import ANN, BOB
from gatepost.personas import NOBODY
from gatepost.schema import Column, Table

_OWN_PATTERN = re.compile(r"\b(\w+)\s+!?~~\*?\s[^~]*?\buid\b")
_SHAPED = re.compile(
    r"~|\b(?:lower|upper|initcap|foldername|split_part|string_to_array|strpos|starts_with)\b", re.IGNORECASE
)
_RANGES = ("daterange", "tsrange", "tstzrange")


@dataclass(frozen=True)
class ShapedRows:
    """Makes such rows.

    Args:
        survey: Both sides as one database.
        row_sets: The rows of every user.
        instants: The instants that conditions tell apart.
        first: Returns a row of somebody with the first of the deciding values in each column.
    """

    survey: Survey
    row_sets: RowSets
    instants: tuple[str, ...]
    first: Callable[[Table, str], Values]

    def kept(self, table: Table) -> frozenset[str]:
        """Return the columns whose values are the shape."""
        ranges = {c.name for c in table.columns if self.survey.base_type(c.type) in _RANGES}
        return self.patterned(table) | ranges | ({"name"} if table.key == FILES[1] else set())

    def ranges(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield rows whose ranges of time lie on either side of every threshold, and across it."""
        moments = sorted(self.instants)
        bounds = [*pairwise(moments), (moments[0], moments[-1])]
        for column in table.columns:
            if self.survey.base_type(column.type) in _RANGES and (*table.key, column.name) in self.survey.clues.read:
                for start, end in bounds:
                    values = {**self.first(table, NOBODY), column.name: f"[{start},{end})"}
                    yield from ((world, values) for world in (NOBODY, BOB))

    def longer(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield rows whose texts hold more than the id or claim that they are compared with, or in other case."""
        texts = [text for one in table.policies for text in (one.using, one.check) if text and _SHAPED.search(text)]
        for column in table.columns if texts else ():
            if not is_word(self.survey.base_type(column.type)):
                continue
            if found := self._compared(table, column):
                for value in (f"cnry{found}cnry", f"{found}cnry", f"cnry/{found}/cnry.png", found.swapcase()):
                    yield NOBODY, {**self.first(table, NOBODY), column.name: value}

    def patterned(self, table: Table) -> frozenset[str]:
        """Return the columns that a condition compares with a pattern made of the caller's id."""
        texts = [text for one in table.policies for text in (one.using, one.check) if text]
        return frozenset(name for text in texts for name in _OWN_PATTERN.findall(text))

    def named_after_themselves(self, table: Table, number: int) -> list[Row]:
        """Return a row whose text is its own key: a name in a sub-select may be that of another table than intended."""
        keys = [index.columns for index in table.indexes if index.primary and len(index.columns) == 1]
        key = keys[0][0] if keys else None
        if key is None or table.key not in self.survey.read_elsewhere or table.key in (USERS, *FILES):
            return []
        values = self.row_sets.make(table, ANN, number)
        unique = {name for columns in unique_keys(table) for name in columns}
        words = [c.name for c in table.columns if is_word(self.survey.base_type(c.type)) and c.name not in unique]
        known = (self.survey.identities, self.survey.keys, self.survey.clues.claims)
        bound = {c.name for c in table.columns if any((*table.key, c.name) in one for one in known)}
        free = [name for name in words if name in values and name not in bound]
        return [Row(table, number, ANN, {**values, **dict.fromkeys(free, values.get(key))})] if free else []

    def _compared(self, table: Table, column: Column) -> str | None:
        """Return what a text is compared with for ann: her id or a claim of hers."""
        key = (*table.key, column.name)
        in_path = table.key == FILES[1] and column.name == "name"
        if in_path or key in self.survey.identities or column.name in self.patterned(table):
            return self.row_sets.users[ANN]
        return self.row_sets.claim(key, ANN) if key in self.survey.clues.claims else None
