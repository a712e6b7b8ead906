"""Run ANALYZE on the loaded tables after the commit.

ANALYZE takes a sixth of the time of a large transfer and uses one processor, so a second connection takes half of it
if one is available. The result does not depend on it, because autovacuum would do the same within minutes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from gatepost import sql
from gatepost.errors import TransferError
from gatepost.transfer.values import TablePlan

_SAMPLE = 30_000
"""Rows that ANALYZE samples, with the default statistics target of 100."""

_WORTH = 500_000
"""The number of values above which a second connection saves time."""


def analyze(connection: Connection, tables: tuple[TablePlan, ...]) -> None:
    """Analyze tables that were committed.

    Raises:
        TransferError: it could not be finished; the rows are in the target anyway.
    """
    try:
        here, there = _halves(tables)
        other = _other(connection) if sum(map(_values, tables)) >= _WORTH else None
        if other is None:
            _analyze(connection, here + there)
            return
        with closing(other), ThreadPoolExecutor(1) as pool:
            beside = pool.submit(_analyze, other, there)
            _analyze(connection, here)
            beside.result()
    except (psycopg2.Error, KeyboardInterrupt) as error:
        said = str(error).strip().partition("\n")[0] or "it was interrupted"
        raise TransferError(f"every row is in the target, but ANALYZE was not finished: {said}", "ANALYZE") from error


def _values(table: TablePlan) -> int:
    return min(table.source.rows, _SAMPLE) * len(table.columns)


def _halves(tables: tuple[TablePlan, ...]) -> tuple[list[TablePlan], list[TablePlan]]:
    """Return tables in two lists of about the same work."""
    halves: tuple[list[TablePlan], list[TablePlan]] = ([], [])
    for table in sorted(tables, key=_values, reverse=True):
        min(halves, key=lambda half: sum(map(_values, half))).append(table)
    return halves


def _other(connection: Connection) -> Connection | None:
    """Return a second connection like the first; None where there is none, or where it is somebody else's."""
    way = make_dsn(password=connection.info.password or None, **connection.info.dsn_parameters)
    with suppress(psycopg2.Error):
        other = psycopg2.connect(way)
        if _user(other) == _user(connection):
            return other
        # ANALYZE passes over the tables of others with no more than a warning.
        other.close()
    return None


def _user(connection: Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text")
        (name,) = cursor.fetchone() or ("",)
    connection.rollback()
    return str(name)


def _analyze(connection: Connection, tables: list[TablePlan]) -> None:
    if not tables:
        return  # with no name behind it, ANALYZE takes the whole database
    names = ", ".join(sql.qualified(table.target.schema, table.target.name) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")
    connection.commit()
