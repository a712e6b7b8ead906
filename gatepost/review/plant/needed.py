"""Which tables hold rows in a review: those that are tried, and what their conditions, triggers and keys read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gatepost.observation.plant.survey import FILES, USERS, Survey, TableKey
from gatepost.review.scope import Scope
from gatepost.schema import Table


def only_needed(survey: Survey, scope: Scope) -> Survey:
    """Return a survey without the tables whose rows decide about nothing that is tried.

    Args:
        survey: Both sides as one database.
        scope: What is tried.
    """
    if scope.all:
        return survey
    found = set(scope.tried) | {USERS, *FILES}
    doors = [view.definition for view in survey.live.views if view.key in scope.doors]
    doors += [one.body for one in survey.live.functions if one.key in scope.doors]
    texts, grew = doors, True
    while grew:
        tables = [table for table in survey.tables if table.key in found]
        texts = [*doors, *(text for table in tables for text in _texts(survey, table))]
        names, dynamic = survey.calls.reachable(texts)
        viewed = [view.definition for view in survey.live.views if view.name in names]
        more_names, more_dynamic = survey.calls.reachable(viewed)
        names |= more_names
        if dynamic or more_dynamic:
            return survey
        doors = list(dict.fromkeys([*doors, *viewed]))
        more = {table.key for table in survey.tables if table.name in names} | _parents(survey, found)
        grew = not more <= found
        found |= more
    return replace(survey, tables=tuple(table for table in survey.tables if table.key in found))


def _texts(survey: Survey, table: Table) -> Iterable[str]:
    for policy in table.policies:
        yield from (text for text in (policy.using, policy.check) if text)
    for trigger in survey.triggers.get(table.key, ()):
        yield f"{trigger.definition} {survey.bodies.get(trigger.function, '')}"
    yield from (column.default for column in table.columns if column.default)
    yield from (one.definition for one in table.constraints if one.kind == "check")


def _parents(survey: Survey, tables: set[TableKey]) -> set[TableKey]:
    found = {parent[:2] for child, parent in survey.keys.items() if child[:2] in tables}
    above = (survey.live.table(*key) for key in tables)
    return found | {parent for table in above if table is not None for parent in table.parents}  # of a partition
