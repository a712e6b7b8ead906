"""Rows for the values that policies compare a unique column with: `id < 1000` needs a row that has such an id."""

from __future__ import annotations

from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import STRANGERS, RowSets
from gatepost.observation.plant.survey import FILES, USERS, unique_keys
from gatepost.schema import Table

_MOST = 8


def limit_rows(row_sets: RowSets, table: Table, number: int) -> list[Row]:
    """Return a row of a stranger's for each value, which may not fit: no other row has to refer to it.

    Args:
        row_sets: Makes the rows.
        table: The table.
        number: The first number that no row has.
    """
    survey = row_sets.survey
    if table.key in (USERS, *FILES) or table.key in survey.statuses:
        return []
    known = (survey.identities, survey.keys, survey.clues.claims)
    alone = row_sets.one_for_each(table)
    found: list[Row] = []
    for name in dict.fromkeys(name for key in unique_keys(table) for name in key):
        key = (*table.key, name)
        values = () if any(key in one for one in known) else survey.clues.literals.get(key, ())
        for value in values[: _MOST - len(found)]:
            user = STRANGERS[-1 - len(found)] if alone else None
            made = row_sets.make(table, row_sets.names[0], number + len(found), user=user)
            found.append(Row(table, number + len(found), row_sets.names[0], {**made, name: value}))
    return found
