"""Find what users may not write in rows of their own: power over others, and their own approval."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.finding import Finding
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.trial.results import Observations


def powers(record: Observations) -> Iterator[Finding]:
    """Yield the columns by which users gave themselves power over others."""
    for found in record.powers:
        yield Finding(
            "own-power-taken",
            "error",
            str(found.table),
            f"a user can set {found.column} = {sql.literal(found.value)} in their own row in {found.table}, and the"
            " name says that it gives power over others",
            fix=f"REVOKE UPDATE on the table, and GRANT UPDATE on the columns other than {found.column}",
            detail=found.column,
            witness=f"{describe(found.persona)}: {found.write}",
        )


def approvals(record: Observations) -> Iterator[Finding]:
    """Yield the columns by which the author of a row approved it."""
    for key in dict.fromkeys((one.table.key, one.column) for one in record.approvals):
        found = next(one for one in record.approvals if (one.table.key, one.column) == key)
        stated = f"{found.column} = {sql.literal(found.value)}"
        yield Finding(
            "own-row-approved",
            "error",
            str(found.table),
            f"a user can set {stated} in a row of their own in {found.table}, although no new row may hold it",
            fix=f"the policies for UPDATE must not let the author of a row change {found.column}",
            detail=found.column,
            witness=f"{describe(found.persona)}: {found.write}",
        )
