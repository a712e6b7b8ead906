"""Find the columns that say whether a membership is in force, and what they hold before, then and afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatepost.name_hints import name_parts, word_list
from gatepost.observation.plant.canaries import FUTURE, PAST
from gatepost.observation.plant.survey import Survey
from gatepost.schema import Column, Table

Values = dict[str, str | None]


@dataclass(frozen=True)
class MemberState:
    """A column that says whether a membership is in force.

    `current` is what it holds then, `over` what it holds once it is over, and `pending` before it has begun. `noted`
    says that it holds when that was, beside a state that another column may hold.
    """

    column: str
    current: str | None
    over: tuple[str | None, ...] = ()
    pending: tuple[str | None, ...] = ()
    noted: bool = False


def member_states(survey: Survey, table: Table, listed: Mapping[str, Sequence[str]]) -> Iterator[MemberState]:
    """Yield the columns of a membership that say whether it is in force.

    Args:
        survey: The database.
        table: The table with the memberships.
        listed: The values that its constraints list for its columns.
    """
    for column in table.columns:
        key = (*table.key, column.name)
        known = (survey.identities, survey.keys, survey.clues.claims, survey.teams.ranks)
        if column.generated or any(key in one for one in known):
            continue
        base = survey.base_type(column.type)
        compared = survey.clues.literals.get(key, ())
        offered = (*listed.get(column.name, ()), *survey.enums.get(base, ()))
        if base.startswith(("timestamp", "date")):
            state = _of_a_time(column)
        else:
            state = _of_a_flag(column) if base == "boolean" else _of_words(column, offered, compared)
        if state is not None:
            yield state


def in_force(survey: Survey, table: Table, listed: Mapping[str, Sequence[str]]) -> Values:
    """Return what the columns of a membership hold while it is in force.

    Args:
        survey: The database.
        table: The table with the memberships.
        listed: The values that its constraints list for its columns.
    """
    return {one.column: one.current for one in member_states(survey, table, listed)}


def _of_a_time(column: Column) -> MemberState | None:
    parts = name_parts(column.name)
    if parts & word_list("last_moments") and not parts & word_list("first_moments"):
        return MemberState(column.name, FUTURE, over=(PAST,))
    if parts & word_list("over_columns") and not column.not_null:
        return MemberState(column.name, None, over=(PAST,), noted=True)
    if parts & word_list("begun_columns") and not column.not_null:
        return MemberState(column.name, PAST, pending=(None,))
    return None


def _of_a_flag(column: Column) -> MemberState | None:
    parts = name_parts(column.name)
    if parts & word_list("over_columns"):
        return MemberState(column.name, "false", over=("true",))
    if parts & {"active", "enabled"}:
        return MemberState(column.name, "true", over=("false",))
    return MemberState(column.name, "true", pending=("false",)) if parts & word_list("begun_columns") else None


def _of_words(column: Column, offered: Sequence[str], compared: Sequence[str]) -> MemberState | None:
    known = list(dict.fromkeys([*compared, *offered]))
    over = tuple(one for one in known if name_parts(one) & word_list("over_states"))
    pending = tuple(one for one in known if name_parts(one) & word_list("pending_states"))
    rest = [one for one in known if one not in (*over, *pending)]
    named = [one for one in rest if name_parts(one) & word_list("current_states")]
    current = next(iter([*named, *rest]), None)
    if not name_parts(column.name) & word_list("state_columns") or current is None:
        return None
    if not offered and not over and named and column.type in ("text", "character varying"):
        over = ("removed",)  # it lists no values, so that it takes any
    return MemberState(column.name, current, over, pending) if over or pending else None
