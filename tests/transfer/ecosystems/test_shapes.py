"""Databases as frameworks make them, moved whole and compared value by value, by a checker that shares no code with us.

Those of Python's frameworks are made by their own migrations in `test_projects.py`; here are their shapes.
"""

import json
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from gatepost import transfer

from .shapes import DJANGO, FASTAPI, FLASK, NOTES, PRISMA, RAILS


def checked(here, there):
    """Whether a value of SQLite and one of PostgreSQL are the same, as a reader would say it."""
    if here is None or there is None:
        return here is there
    if isinstance(there, datetime):
        moment = there.replace(tzinfo=there.tzinfo or UTC)
        if isinstance(here, str):
            read = datetime.fromisoformat(here)
            return read.replace(tzinfo=read.tzinfo or UTC) == moment
        seconds = here / 1000 if here == 0 or here > 10**11 else here
        return abs(datetime.fromtimestamp(seconds, UTC) - moment) <= timedelta(microseconds=1)
    if isinstance(there, timedelta):
        span = (
            timedelta(microseconds=here)
            if isinstance(here, int)
            else datetime.fromisoformat(here) - datetime(1970, 1, 1)
        )
        return span == there
    if isinstance(there, date | time):
        return type(there).fromisoformat(here.removeprefix("2000-01-01 ")) == there
    if isinstance(there, memoryview):
        return bytes(there) == here
    if isinstance(there, bool) and isinstance(here, str):
        return there == {"t": True, "f": False}[here]
    if isinstance(there, Decimal | bool | int | float):
        return here == there or Decimal(here if isinstance(here, str) else repr(here)) == there
    if isinstance(there, dict | list):
        return json.loads(here) == there
    return here in (there, uuid.UUID(there).hex if len(there) == 36 and there.count("-") == 4 else there)


def _all(table, columns):
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM "{table}" ORDER BY 1'


@pytest.mark.parametrize(
    "shape", [DJANGO, RAILS, PRISMA, FASTAPI, FLASK, NOTES], ids="django rails prisma fastapi flask notes".split()
)
def test_a_whole_database_moves(sqlite_file, target, connection, shape):
    here, there, options = shape
    path = sqlite_file(*here)
    target(*there)
    planned = transfer.plan(path, connection, options=options)
    transfer.run(planned, connection)
    assert transfer.check(path, connection, options=options).mismatches == ()
    with closing(sqlite3.connect(path)) as source, connection, connection.cursor() as cursor:
        for mapped in planned.mapping.tables:
            if not mapped.target:
                continue
            pairs = [(c.source, c.target) for c in mapped.columns]
            assert all(old and new for old, new in pairs)
            ours = source.execute(_all(mapped.source, [old for old, _ in pairs]))
            cursor.execute(_all(mapped.target, [new for _, new in pairs]))
            both = list(zip(ours.fetchall(), cursor.fetchall(), strict=True))
            assert both
            assert [(a, b) for one, other in both for a, b in zip(one, other, strict=True) if not checked(a, b)] == []


def test_what_a_framework_records_stays_as_it_is(sqlite_file, target, connection, rows):
    here, there, options = RAILS
    path = sqlite_file(*here)
    target(*there)
    transfer.run(transfer.plan(path, connection, options=options), connection)
    assert rows("SELECT value FROM ar_internal_metadata") == [("test",)]
