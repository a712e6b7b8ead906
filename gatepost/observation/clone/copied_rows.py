"""Copy the rows of a few tables into a clone: those of lookup tables, on whose rows the policies of others turn."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.connect import connect
from gatepost.database.url import DatabaseUrl
from gatepost.errors import SettingsError
from gatepost.finding import NotChecked
from gatepost.observation.clone.schema import Clone, schema_clone
from gatepost.observation.plant.survey import is_lookup, survey_database
from gatepost.reflect import read
from gatepost.schema import Schema, Table

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

MOST = 1000
"""The most rows of one table that are copied."""


@contextmanager
def filled_clone(source: DatabaseUrl, *, made: bool = False, rows_of: Sequence[str] = ()) -> Iterator[Clone]:
    """Create a clone of a schema with the rows of its lookup tables, as far as they may be read.

    What a project's own SQL inserted is copied by itself; of a live database no row leaves it that was not asked for.

    Args:
        source: The database, which is only read.
        made: Whether the source is a temporary server of ours, on which a project's SQL was run.
        rows_of: The tables of a live database whose rows are copied, as `schema.table`.

    Raises:
        SettingsError: one of the tables is not there.
        gatepost.errors.GatepostError: as `schema_clone`.
    """
    with schema_clone(source, made=made) as clone:
        if not made and not rows_of:
            yield clone
            return
        with (
            closing(connect(source, application_name="gatepost observe", read_only=True)) as origin,
            closing(connect(clone.url, application_name="gatepost clone")) as copy,
        ):
            with origin, origin.cursor() as cursor:
                wanted = _lookups(cursor) if made else _named(read(cursor), rows_of)
            missing = tuple(one for table in wanted for one in _copied(origin, copy, table))
        yield replace(clone, missing=(*clone.missing, *missing))


def _named(live: Schema, names: Sequence[str]) -> list[Table]:
    tables = {str(table): table for table in live.tables}
    for name in names:
        if name not in tables:
            raise SettingsError(f'"{name}" is not a table of the database', "--copy-rows schema.table")
    return [tables[name] for name in dict.fromkeys(names)]


def _lookups(cursor: Cursor) -> list[Table]:
    cursor.execute("SET LOCAL ROLE none")  # who logs in bypasses row security, and `postgres` may not
    survey = survey_database(cursor, read(cursor), None)
    return [table for table in survey.tables if is_lookup(survey, table)]


def _copied(origin: Connection, copy: Connection, table: Table) -> Iterator[NotChecked]:
    """Copy the rows of a table; yield it where that was refused."""
    from psycopg2 import Error

    columns = sql.identifiers([column.name for column in table.columns if not column.generated])
    target, rows = sql.qualified(*table.key), io.BytesIO()
    try:
        with origin, origin.cursor() as cursor:
            cursor.execute("SET LOCAL row_security = off")
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {target} LIMIT {MOST}) TO STDOUT", rows)
        rows.seek(0)
        with copy, copy.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.copy_expert(f"COPY {target} ({columns}) FROM STDIN", rows)
    except Error as error:
        said = str(error).strip().partition("\n")[0]
        yield NotChecked(str(table), f"its rows could not be copied: {said}", ours=True)
