"""Infer the type of every column: the first that is likely and that every value fits, by the casts of a transfer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.transfer.as_models.constraints import Reference
from gatepost.transfer.casts.registry import cast
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import Type

_FLAG = re.compile(
    r"(?:is|has|can|was|should|allows?|needs?)_|.*_(?:enabled|active|deleted|done|flag|verified)\Z"
    r"|(?:active|enabled|disabled|deleted|archived|done|completed|verified|public|private|published|read|pinned)\Z",
    re.IGNORECASE,
)
"""Names of columns in which 0 and 1 are a truth value."""
_MONEY = re.compile(
    r"(?:.*_)?(?:price|amount|total|subtotal|cost|balance|fee|salary|tax|discount|refund|budget)\Z", re.IGNORECASE
)
"""Names of columns whose floats are amounts of money, where none has more than two decimals."""
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt][0-9]{2}:")
_OFFSET = re.compile(r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SIZE = re.compile(r"\(\s*([0-9]+)\s*(?:,\s*([0-9]+)\s*)?\)")
_HOW = TimeOptions()

TEXT = Type("text", "text")
_WHOLE = (Type("int4", "integer"), Type("int8", "bigint"))
_BOOL, _FLOAT, _NUMERIC = Type("bool", "boolean"), Type("float8", "double precision"), Type("numeric", "numeric")
_UUID, _JSON, _BYTES = Type("uuid", "uuid"), Type("json", "json"), Type("bytea", "bytea")
_NAIVE, _AWARE = Type("timestamp", "timestamp"), Type("timestamptz", "timestamp with time zone")
_DAY, _CLOCK, _SPAN = Type("date", "date"), Type("time", "time"), Type("interval", "interval")
_NUMBERS = (*_WHOLE, _FLOAT, _NUMERIC)
_MOMENTS = (_AWARE, _NAIVE, _DAY)
_SHAPED = (_UUID, *_MOMENTS, _JSON)
"""Types of values that are text in SQLite, and are recognised by their shape."""

Place = tuple[str, str]


@dataclass
class Values:
    """The values of a column: how many, of which kinds, and the types that are still possible.

    `empty` is the type of a column without a value, which nothing but its declaration can say. `shaped` says that
    the declaration leaves it to the values.
    """

    possible: list[Type]
    empty: Type
    shaped: bool = False
    count: int = 0
    kinds: frozenset[type] = frozenset()

    def see(self, value: Any) -> None:  # noqa: ANN401 - SQLite keeps any value in any column
        """Take one value into account."""
        self.count += 1
        if type(value) not in self.kinds:
            self.kinds |= {type(value)}
        if len(self.possible) > 1:  # the last is text, which is what is left
            self.possible = [one for one in self.possible if one == TEXT or _fits(value, one, self.shaped)]


def likely(column: SourceColumn) -> Values:
    """Return the types that a column may have by its declaration and name, the likeliest first and text last."""
    declared = column.declared.upper()
    size = _SIZE.search(declared)
    first, second = (int(one) if one else None for one in (size.groups() if size else (None, None)))
    if not declared:
        return Values([*_NUMBERS, _BYTES, *_SHAPED, TEXT], TEXT, shaped=True)
    types = next((types for words, types in _LIKELY if any(word in declared for word in words)), ())
    if types == _NUMBERS and (declared == "TINYINT(1)" or _FLAG.match(column.name)):
        types = (_BOOL, *types)
    elif types == _FLOATS and _MONEY.match(column.name):
        types = (Type("numeric", "numeric(12,2)", 2, 12), *types)
    elif types == (_NUMERIC,) and first is not None:
        types = (Type("numeric", f"numeric({first},{second or 0})", second or 0, first), _NUMERIC)
    elif types == _SHAPED:
        limited = (Type("varchar", f"varchar({first})", first),) if first is not None else ()
        return Values([*_SHAPED, *limited, TEXT], (*limited, TEXT)[0], shaped=True)
    return Values([*types, TEXT], _NAIVE if types[:2] == (_AWARE, _NAIVE) else (*types, TEXT)[0])


_FLOATS = (_FLOAT, _NUMERIC)
_LIKELY: tuple[tuple[tuple[str, ...], tuple[Type, ...]], ...] = (
    (("BOOL",), (_BOOL, *_NUMBERS)),
    (("JSON",), (_JSON,)),
    (("UUID", "GUID", "UNIQUEIDENTIFIER"), (_UUID,)),
    (("DATETIME", "TIMESTAMP"), (_AWARE, _NAIVE, *_NUMBERS)),
    (("INTERVAL", "DURATION"), (_SPAN, *_NUMBERS)),
    (("DATE",), (_DAY, _AWARE, _NAIVE, *_NUMBERS)),
    (("TIME",), (_CLOCK, _AWARE, _NAIVE, *_NUMBERS)),
    (("BIGINT", "INT8", "UNSIGNED BIG"), (_WHOLE[1], _FLOAT, _NUMERIC)),
    (("INT", "SERIAL"), _NUMBERS),
    (("CHAR", "CLOB", "TEXT", "STRING"), _SHAPED),
    (("BLOB", "BINARY", "BYTEA"), (_BYTES,)),
    (("REAL", "FLOA", "DOUB"), _FLOATS),
    (("DEC", "NUM", "MONEY"), (_NUMERIC,)),
)
"""Words of a declaration, in the order in which they decide (INT is in POINT and INTERVAL)."""


def _fits(value: Any, kind: Type, shaped: bool) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, str) and not _has_shape(value, kind, shaped):
        return False
    if isinstance(value, bytes) and kind == _UUID:
        return False  # sixteen bytes are not always a UUID
    try:
        cast(value, kind, _HOW)
    except Refused:
        return False
    return True


def _has_shape(value: str, kind: Type, shaped: bool) -> bool:
    """Return whether a text looks like a type; the casts take more than anybody would infer."""
    if kind in (_NAIVE, _AWARE):
        return bool(_MOMENT.match(value)) and (kind == _NAIVE or bool(_OFFSET.search(value, 16)))
    if kind == _DAY:
        return bool(_DATE.match(value))
    if kind in _NUMBERS[:-1]:
        return False  # SQLite makes a number of each text that is one, but for those with too many digits
    if kind == _JSON and shaped:
        return value.lstrip()[:1] in ("{", "[") or value == "null"
    return True


def inferred(
    source: Source, tables: Iterable[SourceTable], references: Mapping[str, tuple[Reference, ...]]
) -> dict[Place, tuple[Type, Values]]:
    """Return the type of every column, by table and name, and what its values are.

    Columns that a foreign key connects have one type.

    Args:
        source: The open file, of which every row is read.
        tables: The tables.
        references: The foreign keys of each, by its name.
    """
    tables = list(tables)
    seen: dict[Place, Values] = {}
    for table in tables:
        columns = [likely(column) for column in table.columns]
        for batch in source.batches(table, tuple(column.name for column in table.columns)):
            for values, column in zip(zip(*batch, strict=True), columns, strict=True):
                for value in values:
                    if value is not None:
                        column.see(value)
        seen |= {(table.name, column.name): values for column, values in zip(table.columns, columns, strict=True)}
    links = [
        ((table.name, here), (key.table, there))
        for table in tables
        for key in references[table.name]
        for here, there in zip(key.columns, key.to, strict=True)
    ]
    return {place: (_chosen(group, seen), seen[place]) for group in _groups(seen, links) for place in group}


def _groups(places: Iterable[Place], links: list[tuple[Place, Place]]) -> Iterator[list[Place]]:
    group_of = {place: [place] for place in places}
    for one, other in links:
        if group_of[one] is not group_of[other]:
            joined = [*group_of[other], *group_of[one]]  # what is referred to comes first
            for place in joined:
                group_of[place] = joined
    yield from {id(group): group for group in group_of.values()}.values()


def _chosen(group: list[Place], seen: Mapping[Place, Values]) -> Type:
    filled = [seen[place] for place in group if seen[place].count]
    if not filled:
        return seen[group[0]].empty
    possible = [one for one in filled[0].possible if all(one in other.possible for other in filled)]
    return next(one for one in possible if one != _BOOL or len(group) == 1)
