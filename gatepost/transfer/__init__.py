"""A SQLite database into PostgreSQL: all of it, exactly, or nothing.

::

    planned = plan(Path("app.db"), connection)
    result = run(planned, connection)

`source.py` reads, `casts/` decides what each value becomes, `load.py` writes, `settle.py` checks.
"""

from __future__ import annotations

from pathlib import Path

from psycopg2.extensions import connection as Connection

from gatepost.transfer.load import Progress
from gatepost.transfer.planning import make_plan
from gatepost.transfer.running import RowsRefused, execute
from gatepost.transfer.source import Source
from gatepost.transfer.values import Options, Plan, Reject, Result, TableResult

__all__ = ["Options", "Plan", "Progress", "Reject", "Result", "RowsRefused", "TableResult", "plan", "run"]


def plan(source: Path, connection: Connection, *, options: Options | None = None) -> Plan:
    """Return what a run would do, without doing any of it.

    Args:
        source: The SQLite file.
        connection: The target, outside of a transaction; it is outside of one again afterwards.
        options: What the person asks for.

    Raises:
        TransferError: the file cannot be read, or the two sides do not fit together.
    """
    try:
        with Source(source) as opened:
            opened.quick_check()
            return make_plan(opened, connection, options or Options())
    finally:
        if not connection.closed:
            connection.rollback()


def run(plan: Plan, connection: Connection, *, progress: Progress | None = None) -> Result:
    """Do what a plan says, in one transaction, and commit it.

    Args:
        plan: What `plan()` returned.
        connection: The target, outside of a transaction.
        progress: Told the table, its rows done and its rows in all, a few times a second.

    Raises:
        RowsRefused: rows cannot be moved exactly; nothing was written.
        TransferError: anything else stands in the way; nothing was written.
    """
    return execute(plan, connection, progress or _silent)


def _silent(_table: str, _done: int, _rows: int) -> None:
    """Say nothing."""
