"""Errors that only the shape of a planted claim causes: a policy takes an array where a text was put, or a number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from gatepost.observation.attempt.personas import NEWCOMER
from gatepost.observation.attempt.trial.results import Cell, CellKey, Observations
from gatepost.observation.plant.survey import Survey

_SHAPE = re.compile(
    r"cannot (extract (elements|path|keys)? ?from|get array length of|call \w+ on|cast jsonb|deconstruct|iterate)"
)
_CODE = "22023"


def with_lists(survey: Survey, record: Observations) -> Survey:
    """Return the survey with every claim as an array, where a policy cannot read one as it was planted.

    Args:
        survey: What was planted from.
        record: What was seen.
    """
    clues = survey.clues
    paths = {path for path in (*clues.claims.values(), *clues.flags) if len(path) > 1}
    if not paths - clues.lists or not any(True for _ in _misread(record)):
        return survey
    return replace(survey, clues=replace(clues, lists=clues.lists | paths))


def settle_shapes(record: Observations) -> None:
    """Take such an error for what it is: nothing is known of what the policy decides."""
    for key in list(_misread(record)):
        record.cells[key] = replace(record.cells[key], outcome="unfit value")


def _misread(record: Observations) -> Iterable[CellKey]:
    """Yield the cells with such an error on tables that somebody without any claim reads without one."""
    for key, cell in record.cells.items():
        without = record.cells.get((NEWCOMER, key[1], "select"), Cell())
        if cell.outcome == "error" and cell.code == _CODE and _SHAPE.match(cell.said) and without.outcome == "done":
            yield key
