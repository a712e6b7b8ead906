"""Derive the target tables from SQLAlchemy metadata, for a machine that cannot connect to the target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gatepost.errors import TransferError
from gatepost.transfer.values import TargetColumn, TargetTable, Type

if TYPE_CHECKING:
    from sqlalchemy import MetaData

_FAMILIES = {
    "SMALLINT": "int2",
    "INTEGER": "int4",
    "BIGINT": "int8",
    "BOOLEAN": "bool",
    "REAL": "float4",
    "FLOAT": "float8",
    "DOUBLE PRECISION": "float8",
    "NUMERIC": "numeric",
    "DECIMAL": "numeric",
    "VARCHAR": "varchar",
    "CHAR": "bpchar",
    "TEXT": "text",
    "CITEXT": "citext",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "DATE": "date",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "INTERVAL": "interval",
    "UUID": "uuid",
    "BYTEA": "bytea",
    "JSON": "json",
    "JSONB": "jsonb",
}
_WRITTEN = re.compile(r"([A-Z ]+?) ?(?:\(([0-9]+)(?:, ?(-?[0-9]+))?\))?( WITH(?:OUT)? TIME ZONE)?")


def declared_tables(metadata: MetaData, schema: str) -> tuple[TargetTable, ...]:
    """Return the tables of the metadata as they would be in PostgreSQL.

    Raises:
        TransferError: a column has a type that no cast is known for.
    """
    return tuple(
        TargetTable(
            0,
            schema,
            table.name,
            tuple(_column(table.name, column) for column in table.columns),
            tuple(column.name for column in table.primary_key.columns),
            (),
            True,
            False,
        )
        for table in metadata.sorted_tables
    )


def same_type(one: Type, other: Type) -> bool:
    """Return whether a value that was cast for one type is right for the other."""
    if (one.element is None) != (other.element is None):
        return False
    if one.element is not None and other.element is not None and not same_type(one.element, other.element):
        return False
    mine, theirs = ((t.family, t.limit, t.precision, t.labels) for t in (one, other))
    return mine == theirs


def _column(table: str, column: Any) -> TargetColumn:  # noqa: ANN401 - SQLAlchemy's own type says less
    kind = _type(f"{table}.{column.name}", column.type)
    generated = column.computed is not None
    # What exactly the default is, is for the server to say.
    default = "its default" if column.server_default is not None and not generated else ""
    identity = column.identity is not None or column is column.table.autoincrement_column
    return TargetColumn(column.name, kind, not column.nullable, identity, generated=generated, default=default)


def _type(name: str, kind: Any) -> Type:  # noqa: ANN401 - SQLAlchemy's own type says less
    from sqlalchemy import ARRAY, Enum
    from sqlalchemy.dialects import postgresql

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    found = kind.dialect_impl(dialect)
    if isinstance(found, ARRAY):
        element = _type(name, found.item_type)
        return Type("array", f"{element.printed}[]", element=element)
    if isinstance(found, Enum) and found.native_enum:
        return Type("enum", found.name or "enum", labels=tuple(found.enums))
    written = kind.compile(dialect=dialect)
    parts = _WRITTEN.fullmatch(written)
    family = _FAMILIES.get(parts[1] + (parts[4] or "")) if parts else None
    if parts is None or family is None:
        raise TransferError(
            f'column "{name}" is of type "{written}", for which there is no cast',
            f"--ignore-column {name}  # drops its values",
        )
    first, second = (int(text) if text else None for text in (parts[2], parts[3]))
    if family == "numeric" and first is not None:
        return Type(family, written.lower(), limit=second or 0, precision=first)
    return Type(family, written.lower(), limit=None if family == "float8" else first)
