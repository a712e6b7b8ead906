"""Find planted texts that a policy casts to a type whose form they do not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.plant import canaries
from gatepost.observation.plant.canaries import Canary
from gatepost.observation.plant.survey import Survey

_TYPE = re.compile(r"for type ([a-z][a-z ]*)")


def required_types(record: Observations, survey: Survey) -> Iterator[tuple[ColumnKey, str]]:
    """Yield the columns whose planted texts caused an error, each with the type to which a policy casts it.

    Args:
        record: The results.
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
