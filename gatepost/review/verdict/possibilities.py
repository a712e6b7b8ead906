"""What becomes of the solver's candidates: seen, refuted by a trial, or no more than possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.review.names import TableKey
from gatepost.review.plant.possibilities import Possibility
from gatepost.review.trial.access import Access
from gatepost.review.trial.candidates import BY_SOLVER
from gatepost.review.verdict.access_change import AccessChange
from gatepost.schema import Command

_CANNOT_STAND = ("22", "23502", "23514")
"""How the SQLSTATEs begin that say that there can be no such row: no value of its type, NULL, a CHECK."""


def of_possibilities(
    old: Access, new: Access, possible: Iterable[Possibility], known: Iterable[AccessChange]
) -> Iterator[AccessChange]:  # fmt: skip
    """Yield what the solver found and no trial could show or refute.

    Args:
        old: What was tried before.
        new: What was tried after.
        possible: The candidates.
        known: What the trials said.
    """
    said = {(one.role, one.object, one.command) for one in known if one.verdict in ("gains", "may gain")}
    for one in (one for one in possible if one.gains):
        for table, command in one.changes:
            name = ".".join(table)
            if (one.role, name, command) not in said and not _tried(old, new, one, table, command):
                yield AccessChange(
                    "may gain", one.role, (one.role,), name, command, "not known", "not known",
                    f"{command.upper()} … {name}",
                    reason=f"a solver found it, and it could not be tried: {one.candidate}",
                )  # fmt: skip


def _tried(old: Access, new: Access, one: Possibility, table: TableKey, command: Command) -> bool:
    codes = old.refused.get(one.number, set()) | new.refused.get(one.number, set())
    if any(code.startswith(_CANNOT_STAND) for code in codes):
        return True
    if one.caller is None or codes or one.caller.name not in new.callers:
        return False
    if command == "insert":
        sides = (side.writes.get((one.caller.name, table, command), {}).get(BY_SOLVER) for side in (old, new))
        return all(write is None or write.how != "unknown" for write in sides)
    return all(one.row_number in side.planted.get(table, ()) for side in (old, new))
