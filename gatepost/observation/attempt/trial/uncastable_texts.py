"""Planted texts that a policy casts to something that they do not look like, and what they should look like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.plant import canaries
from gatepost.observation.plant.canaries import Canary
from gatepost.observation.plant.survey import Survey

_TYPE = re.compile(r"for type ([a-z][a-z ]*)")


def asked_kinds(record: Observations, survey: Survey) -> Iterator[tuple[ColumnKey, str]]:
    """Yield the columns whose planted texts ended in an error, each with the type that a policy casts it to.

    Args:
        record: What was seen.
        survey: The database.
    """
    columns = {number: key for key, number in survey.numbers.items()}
    for cell in record.cells.values():
        kind = _TYPE.search(cell.said) if cell.outcome == "unfit value" else None
        for canary in canaries.found_in(cell.said) if kind is not None else ():
            table = survey.live.table(*columns[canary.table]) if canary.table in columns else None
            known = kind is not None and canaries.value(kind[1].strip(), Canary(1, 1, 1)) is not None
            if table is not None and canary.column < len(table.columns) and kind is not None and known:
                yield (*table.key, table.columns[canary.column].name), kind[1].strip()
