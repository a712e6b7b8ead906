"""Rows beside the row sets: for values that policies compare a unique column with, and for ranks in between.

`id < 1000` needs a row that has such an id. Of the ranks owner, editor and viewer, an editor is neither ann nor her
teammate.
"""

from __future__ import annotations

from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import FILES, USERS, unique_keys
from gatepost.observation.plant.users import ANN, STRANGERS, TEAMMATE
from gatepost.personas import NOBODY
from gatepost.schema import Table

_MOST = 8
BETWEEN = STRANGERS[-4:-2]
"""The users whose ranks in ann's tenant are neither the highest nor the lowest."""


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


def middle_rows(row_sets: RowSets, table: Table, number: int) -> list[Row]:
    """Return the memberships in ann's tenant with ranks between hers and her teammate's.

    Args:
        row_sets: Makes the rows.
        table: The table.
        number: The first number that no row has.
    """
    if TEAMMATE not in row_sets.users or table.key not in row_sets.survey.teams.memberships:
        return []
    found: list[Row] = []
    highest = row_sets.rank(table, ANN)
    for ranks in row_sets.ranks(table):
        for value in ranks.between[: len(BETWEEN) - len(found)]:
            values = row_sets.make(table, TEAMMATE, number + len(found), user=BETWEEN[len(found)])
            values |= {**highest, ranks.column.name: value}
            found.append(Row(table, number + len(found), NOBODY, values))
    return found
