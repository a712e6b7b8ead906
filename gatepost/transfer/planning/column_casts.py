"""What each column is allowed beyond exact casts: by an option, by the mapping, or because a framework writes it so."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from gatepost.errors import TransferError
from gatepost.transfer.casts.registry import MOMENTS
from gatepost.transfer.mapping.values import UNITS, Way
from gatepost.transfer.values import ColumnPlan, Options, TablePlan

_TIMES = frozenset({*MOMENTS, "time", "interval"})
_COUNTING = frozenset({*MOMENTS, "interval"})
"""The types whose numbers can count something: from 1970 on, or a span."""


def with_casts(tables: tuple[TablePlan, ...], options: Options, *, django: bool = False) -> tuple[TablePlan, ...]:
    """Set what each column is allowed.

    Args:
        tables: The paired tables; what a mapping allows is in their columns.
        options: What the person asks for.
        django: Whether the source is Django's, which keeps a duration as microseconds.

    Raises:
        TransferError: an option names a column that is not moved, or allows what its type has no use for.
    """
    columns = {
        f"{name}.{column}".lower(): c
        for table in tables
        for c in table.columns
        for name in (table.name, table.source.name)
        for column in (c.target.name, c.source)
    }
    named: dict[str, tuple[Way, ...]] = {}
    for full, way in options.casts:
        column = columns.get(full.lower())
        if column is None:
            near = get_close_matches(full.lower(), columns, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"--cast TABLE.COLUMN={way}"
            raise TransferError(f'there is no column "{full}" to move', hint)
        named[full.lower()] = (*named.get(full.lower(), ()), way)

    def chosen(table: TablePlan, column: ColumnPlan) -> ColumnPlan:
        ways = [
            way
            for name in (table.name, table.source.name)
            for written in (column.target.name, column.source)
            for way in named.get(f"{name}.{written}".lower(), ())
        ]
        return _allowed(column, ways, options, f"{table.name}.{column.target.name}", django=django)

    return tuple(replace(t, columns=tuple(chosen(t, c) for c in t.columns)) for t in tables)


def _allowed(column: ColumnPlan, ways: list[Way], options: Options, name: str, *, django: bool) -> ColumnPlan:
    kind = column.target.type.element or column.target.type
    units = [way for way in dict.fromkeys(ways) if way in UNITS]
    if len(units) > 1:
        raise TransferError(f'two options say what "{name}" counts: {units[0]} and {units[1]}', "choose one of them")
    before = [way for way in column.casts if not (units and way in UNITS)]
    found = list(dict.fromkeys([*before, *ways]))
    if options.round_times and kind.family in _TIMES and "round" not in found:
        found.append("round")
    if django and kind.family == "interval" and column.declared.lower() == "bigint" and not set(found) & set(UNITS):
        found.append("microseconds")
    unit = next((way for way in found if way in UNITS), None)
    if unit is not None and kind.family not in _COUNTING:
        raise TransferError(
            f'"{name}" is of type "{column.target.type.printed}", whose numbers do not count {unit}',
            f"leave {unit} out for {name}",
        )
    return replace(column, casts=tuple(found))
