"""Every value of a source that will not fit, counted by column and reason, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from psycopg2.extensions import connection as Connection

from gatepost.transfer.load.advice import allowing
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.load.transaction import ending
from gatepost.transfer.sides import opened
from gatepost.transfer.values import Plan, Reject, TablePlan

_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Misfit:
    """A kind of value that will not fit: how many there are, the first of them, and what would accept it."""

    table: str
    column: str
    reason: str
    values: int
    key: str
    value: str
    options: tuple[str, ...]


def scan(plan: Plan, connection: Connection, *, progress: Progress | None = None) -> tuple[Misfit, ...]:
    """Read and cast every row of a plan, and return what will not fit; nothing is written.

    Args:
        plan: What `plan()` returned.
        connection: The target, outside of a transaction; it is only read.
        progress: As for `run`.

    Raises:
        TransferError: the file cannot be read.
    """
    with ending(connection), opened(plan.path, plan.options, connection) as side:
        found: list[Misfit] = []
        for table in plan.tables:
            found += _of_table(table, side.rejects(table), progress)
        found += (
            Misfit(table.name, ", ".join(columns), what, rows, "", "", ())
            for table, columns, what, rows in side.broken_keys(plan)
            if rows
        )
        return tuple(found)


def _of_table(
    table: TablePlan, rejects: Iterator[tuple[int, tuple[Reject, ...]]], progress: Progress | None
) -> list[Misfit]:
    counted: dict[tuple[str, str], Misfit] = {}
    done = 0
    for rows, problems in rejects:
        done += rows
        for one in problems:
            kind = (one.column, _NUMBER.sub("", one.reason))
            known = counted.get(kind)
            if known is None:
                options = tuple(option for option, _ in allowing([one]))
                counted[kind] = Misfit(one.table, one.column, one.reason, 1, one.key, one.value, options)
            else:
                counted[kind] = replace(known, values=known.values + 1)
        if progress is not None:
            progress(table.name, done, table.source.rows)
    return list(counted.values())
