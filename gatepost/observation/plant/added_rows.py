"""Rows beside the row sets: for values that policies compare a unique column with, and for other members of a tenant.

`id < 1000` needs a row that has such an id. Of the ranks owner, editor and viewer, an editor is neither ann nor her
teammate, and neither of them has left.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.observation.plant.canaries import PAST
from gatepost.observation.plant.fitting.member_states import MemberState, member_states
from gatepost.observation.plant.row import Row, one_for_each
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import FILES, USERS, unique_keys
from gatepost.observation.plant.users import ANN, FORMER, STRANGERS, TEAMMATE
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
    alone = one_for_each(row_sets.survey, table)
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
            values |= row_sets.in_force(table, TEAMMATE) | {**highest, ranks.column.name: value}
            found.append(Row(table, number + len(found), NOBODY, values))
    return found


@dataclass(frozen=True)
class FormerMember:
    """A user whose membership in ann's tenant is over, or has not begun: what a column holds, and the table."""

    user: str
    table: Table
    column: str
    value: str | None
    over: bool


def former_members(row_sets: RowSets) -> list[FormerMember]:
    """Return whom to plant beside the members of ann's tenant, one for each state of each table of memberships.

    Args:
        row_sets: Makes the rows.
    """
    teams = row_sets.survey.teams
    found: list[FormerMember] = []
    for table in row_sets.survey.tables if TEAMMATE in row_sets.users else ():
        for state in _states(row_sets, table) if table.key in teams.memberships else ():
            for value in (*state.over, *state.pending)[: len(FORMER) - len(found)]:
                found.append(FormerMember(FORMER[len(found)], table, state.column, value, value in state.over))
    return found


def _states(row_sets: RowSets, table: Table) -> list[MemberState]:
    """Return the columns that decide whether a membership is in force: those that a policy reads, if it reads any."""
    survey = row_sets.survey
    states = list(member_states(survey, table, row_sets.demanded(table)))
    states = [one for one in states if (*table.key, one.column) in survey.clues.read] or states
    return [one for one in states if not (one.noted and any(two.over and not two.noted for two in states))]


def former_rows(row_sets: RowSets, table: Table, number: int) -> list[Row]:
    """Return the memberships in ann's tenant that are not in force, with the highest rank.

    Args:
        row_sets: Makes the rows.
        table: The table.
        number: The first number that no row has.
    """
    found: list[Row] = []
    noted = {one.column: PAST for one in member_states(row_sets.survey, table, row_sets.demanded(table)) if one.noted}
    for one in former_members(row_sets) if table.key in row_sets.survey.teams.memberships else ():
        if one.table.key == table.key:
            values = row_sets.make(table, TEAMMATE, number + len(found), user=one.user)
            values |= {**row_sets.kinds(table)[0], **row_sets.in_force(table, ANN), **row_sets.rank(table, ANN)}
            values |= {**(noted if one.over else {}), one.column: one.value}
            found.append(Row(table, number + len(found), NOBODY, values))
    return found
