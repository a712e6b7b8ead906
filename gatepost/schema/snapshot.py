"""Convert a schema to plain JSON values and back, so that a snapshot can be kept and compared."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gatepost.errors import GatepostError
from gatepost.schema.database import Schema

SNAPSHOT_VERSION = 1
"""Raised when a field changes its meaning or goes."""


class SnapshotError(GatepostError):
    """A snapshot that this version cannot read."""


def to_values(schema: Schema) -> dict[str, Any]:
    """Return a schema as dicts, lists, texts and numbers, without fields that have their default."""
    values = _plain(schema)
    assert isinstance(values, dict)  # noqa: S101  a schema is a dataclass
    return {"version": SNAPSHOT_VERSION, **values}


def from_values(values: dict[str, Any]) -> Schema:
    """Return the schema that `to_values` was given.

    Raises:
        SnapshotError: the values are of another version, or are no snapshot.
    """
    if values.get("version") != SNAPSHOT_VERSION:
        raise SnapshotError(
            f'the snapshot is of version "{values.get("version")}", and this reads version "{SNAPSHOT_VERSION}"',
            "take it again",
        )
    try:
        found = _value({name: value for name, value in values.items() if name != "version"}, Schema)
    except (TypeError, KeyError, AttributeError, ValueError) as wrong:
        raise SnapshotError(f'the snapshot cannot be read: "{wrong}"', "take it again") from None
    assert isinstance(found, Schema)  # noqa: S101  because Schema was requested
    return found


def _plain(value: object) -> object:
    if is_dataclass(value):
        values = ((field, getattr(value, field.name)) for field in fields(value) if field.init)
        return {field.name: _plain(held) for field, held in values if held != field.default}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON knows no infinity
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return {field.name: get_type_hints(kind)[field.name] for field in fields(kind) if field.init}


def _value(value: Any, kind: Any) -> Any:  # noqa: ANN401  whatever the annotation says
    """Return a plain value as one of the type that a field is annotated with."""
    if is_dataclass(kind):
        assert isinstance(kind, type)  # noqa: S101  annotations name classes
        hints = _hints(kind)
        return kind(**{name: _value(held, hints[name]) for name, held in value.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None else _value(value, next(a for a in arguments if a is not NoneType))
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_value(item, item_kind) for item, item_kind in zip(value, kinds, strict=True))
    if origin is Literal or kind is Any:
        return value
    return kind(value)
