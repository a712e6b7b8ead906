"""The fingerprint of a row in SQL, and the check that this side computes the same one.

`hash_record_extended` hashes each value and combines the hashes by position. One more round turns the result into a
number that distinguishes rows even in a sum. It costs the server a quarter of what printing the row and its MD5 do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.transfer.values import TargetColumn

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_HASHED_BY_VALUE = frozenset("int2 int4 int8 bool float8 date time timestamp timestamptz uuid".split())
_HASHED_AS_PRINTED = frozenset("text varchar citext enum json jsonb numeric bytea".split())

FAMILIES = _HASHED_BY_VALUE | _HASHED_AS_PRINTED
"""The types that have a binary form here."""

_SAMPLES = (
    ("'-2'", "int2"),
    ("2147483647", "int4"),
    ("-9000000000000000000", "int8"),
    ("true", "bool"),
    ("0.1", "float8"),
    ("'2026-02-28'", "date"),
    ("'23:59:59.5'", "time"),
    ("'1999-12-31 23:59:59.999999'", "timestamp"),
    ("'2026-02-28 12:00:00.25+00'", "timestamptz"),
    ("'6f1c0c1e-0f0a-4b1c-9d2e-3a4b5c6d7e8f'", "uuid"),
    ("'twelve bytes'", "text"),
    ("repeat('gold', 200)", "varchar"),
    ("NULL", "text"),
    ("'{\"a\": 1}'", "jsonb"),
    ("12.50", "numeric"),
)
AGREED = -9128035601099015290
"""What this side finds for the row of `_SAMPLES`."""


def fingerprint(columns: Iterable[TargetColumn]) -> str:
    """Return the SQL expression for the fingerprint of a row, a bigint; every column is of one of `FAMILIES`."""
    values = ", ".join(_value(sql.identifier(column.name), column.type.family) for column in columns)
    return _row(values)


def agrees(connection: Connection) -> bool:
    """Return whether the server's hash functions are the ones of this side."""
    if sys.byteorder != "little" or connection.server_version < 140000:
        return False
    values = ", ".join(_value(f"{value}::{family}", family) for value, family in _SAMPLES)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_row(values)}")
        return cursor.fetchone() == (AGREED,)


def _row(values: str) -> str:
    return f"hashint8extended(hash_record_extended(ROW({values}), 0), 0)"


def _value(value: str, family: str) -> str:
    if family in _HASHED_BY_VALUE:
        return f"{value}::{family}"
    # Under another collation the hash of a text is that of its sort key.
    return f'{value}::text COLLATE "C"'


def md5_number(text: str) -> str:
    """Return the SQL expression for the first 64 bits of a text's MD5, as a bigint."""
    return f"('x' || left(md5({text}), 16))::bit(64)::bigint"
