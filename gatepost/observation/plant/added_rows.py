"""Rows beside the row sets: for values that policies compare a unique column with, and for other members of a tenant.

`id < 1000` needs a row that has such an id. Of the ranks owner, editor and viewer, an editor is neither ann nor her
teammate, and neither of them has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gatepost.observation.plant.canaries import PAST
from gatepost.observation.plant.fitting.combinations import Values
from gatepost.observation.plant.fitting.member_states import MemberState, member_states
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.row import Row, one_for_each
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import FILES, USERS
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
    """A user whose row in a table says that something is over, or has not begun: by what one column holds.

    `what` says what the row is: a membership in ann's tenant, what `place` may do for ann as the other whom the row
    names, or the user's own account.
    """

    user: str
    table: Table
    column: str
    value: str | None
    over: bool
    what: Literal["membership", "pair", "account"]
    place: str

    def values(self, row_sets: RowSets, number: int) -> Values:
        """Return the row."""
        kinds, rank = row_sets.kinds(self.table)[0], row_sets.rank(self.table, ANN)
        states = list(member_states(row_sets.survey, self.table, row_sets.demanded(self.table)))
        if self.what == "membership":
            made = row_sets.make(self.table, TEAMMATE, number, user=self.user)
        else:
            made = row_sets.make(self.table, ANN, number, user=self.user if self.what == "account" else None)
        noted = {one.column: PAST for one in states if one.noted and self.over}
        held = {**made, **kinds, **{one.column: one.current for one in states}, **rank, **noted}
        return {**held, self.place: self.user, self.column: self.value}


def former_members(row_sets: RowSets) -> list[FormerMember]:
    """Return whom to plant beside those whose rows are in force, one for each state of each table.

    Args:
        row_sets: Makes the rows.
    """
    survey = row_sets.survey
    found: list[FormerMember] = []
    for table in survey.tables:
        users = [c.name for c in table.columns if (*table.key, c.name) in survey.identities and not c.generated]
        users = [name for name in users if not name.endswith("_by")]
        what = _what(row_sets, table, users)
        if what is None:
            continue
        for state in _states(row_sets, table, what):
            for place in users if what == "pair" else users[:1]:
                for value in (*state.over, *(state.pending if what != "account" else ()))[: len(FORMER) - len(found)]:
                    user, over = FORMER[len(found)], value in state.over
                    found.append(FormerMember(user, table, state.column, value, over, what, place))
    return found


def _what(row_sets: RowSets, table: Table, users: Sequence[str]) -> Literal["membership", "pair", "account"] | None:
    """Return what a row of a table is that names users, or None where no access turns on it."""
    survey = row_sets.survey
    if table.key in survey.teams.memberships and users:
        return "membership" if TEAMMATE in row_sets.users else None
    if table.key not in survey.read_elsewhere or table.key in (USERS, *FILES):
        return None
    if len(users) > 1:
        return "pair"
    return "account" if users and table.key in survey.statuses else None


def _states(row_sets: RowSets, table: Table, what: str) -> list[MemberState]:
    """Return the columns that decide whether a row is in force: those that a policy reads, if it reads any."""
    survey = row_sets.survey
    states = list(member_states(survey, table, row_sets.demanded(table)))
    read = [one for one in states if (*table.key, one.column) in survey.clues.read]
    states = read or (states if what == "membership" else [])
    return [one for one in states if not (one.noted and any(two.over and not two.noted for two in states))]


def former_rows(row_sets: RowSets, table: Table, number: int) -> list[Row]:
    """Return the rows that are not in force, with the highest rank.

    Args:
        row_sets: Makes the rows.
        table: The table.
        number: The first number that no row has.
    """
    members = [one for one in former_members(row_sets) if one.table.key == table.key]
    return [Row(table, at, NOBODY, one.values(row_sets, at)) for at, one in enumerate(members, number)]
