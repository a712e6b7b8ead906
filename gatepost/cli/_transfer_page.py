"""The page of a plan: what becomes of every table and column, at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from gatepost.cli._transfer_text import add, console, table
from gatepost.display import line

if TYPE_CHECKING:
    from gatepost.transfer import Plan
    from gatepost.transfer.mapping.values import ColumnMapping, TableMapping, Way
    from gatepost.transfer.misfits import Misfit
    from gatepost.transfer.values import TablePlan

ROWS_A_SECOND = 100_000
"""A careful figure for the estimate: measured at more than that on two cores, and a hosted target is further away."""

_UNDECIDED = "needs a decision"
_ALLOWED: dict[Way, str] = {
    "round": "rounded where needed",
    "utf8": "text of a BLOB",
    "empty-as-null": "empty is NULL",
    "as-stored": "as PostgreSQL stores it",
}


def print_plan(plan: Plan) -> None:
    """Print what a run will do."""
    page = table("table", "rows", "column", "source", "target", "")
    page.columns[1].justify = "right"
    planned = {one.name: one for one in plan.tables}
    mapped = {one.target: one for one in plan.mapping.tables if one.target}
    for one in plan.tables:
        first = [one.name, f"{one.source.rows:,}"]
        for cells in _columns(one, mapped.get(one.name)):
            add(page, *first, *cells)
            first = ["", ""]
    for left in plan.mapping.tables:
        if left.target not in planned:
            name, rows = (left.source, f"{left.rows:,}") if left.source else (left.target, "")
            add(page, name, rows, "", "", "", _left(left))
    console().print(page)
    for note in plan.notes:
        typer.echo(line(f"note: {note}"))
    seconds = max(1, round(plan.rows / ROWS_A_SECOND))
    console().print(f"{len(plan.tables)} tables, {plan.rows:,} rows, {plan.bytes / 1e6:,.1f} MB, about {seconds} s")


def print_misfits(misfits: tuple[Misfit, ...]) -> None:
    """Print every kind of value that will not fit, with how many there are and what would accept them."""
    for one in misfits:
        value = (f", as {one.key}" if one.key else "") + (f": {one.value}" if one.value else "")
        column = f".{one.column}" if one.column else ""
        typer.echo(line(f"  {one.table}{column}: {one.values:,} {one.reason}{value}", mixed=True))
        for option in one.options:
            typer.echo(line(f"    {option}"))


def plan_tables(plan: Plan) -> list[dict[str, Any]]:
    """Return the tables of a plan for machines."""
    mapped = {one.target: one for one in plan.mapping.tables if one.target}
    return [
        {
            "name": t.name,
            "rows": t.source.rows,
            "columns": [
                {
                    "source": c.source,
                    "declared": c.declared,
                    "target": c.target.name,
                    "type": c.target.type.printed,
                    **({"cast": list(c.casts)} if c.casts else {}),
                    **({"computed": c.computed} if c.computed else {}),
                }
                for c in t.columns
            ],
            "not_moved": [
                {"source": c.source, "values": c.loses, "undecided": c.undecided}
                for c in (mapped[t.name].columns if t.name in mapped else ())
                if not c.target
            ],
        }
        for t in plan.tables
    ]


def _columns(planned: TablePlan, mapped: TableMapping | None) -> Iterator[tuple[str, str, str, str]]:
    """Yield what becomes of each column: its name, its type on both sides, and a remark."""
    moved = {column.target.name: column for column in planned.columns}
    declared = {column.name: column.declared or "(none)" for column in planned.source.columns}
    types = {column.name: column.type.printed for column in planned.target.columns}
    if mapped is None:
        yield from ((c.target.name, c.declared, c.target.type.printed, "") for c in planned.columns)
        return
    for one in mapped.columns:
        column = moved.get(one.target)
        if column is not None and not one.computed:
            name = one.target if one.source == one.target else f"{one.source} → {one.target}"
            yield name, declared.get(one.source, ""), types[one.target], _remark(one, types[one.target])
        elif one.source:
            yield one.source, declared.get(one.source, ""), "", _remark(one)
        else:
            yield one.target, "", types.get(one.target, ""), _remark(one)


def _remark(column: ColumnMapping, kind: str = "") -> str:
    if column.undecided:
        if not column.source:
            without = f", or becomes {column.remark}" if column.remark else ": it may not be NULL and has no default"
            return f"{_UNDECIDED}{without}"
        return f"{_UNDECIDED}: {_counted(column.loses or 0, 'value')} would be lost"
    if column.computed:
        return f"computed: {column.computed}"
    if not column.target:
        return f"not moved: {_counted(column.loses, 'value')} lost" if column.loses else "not moved: it has no values"
    if not column.source:
        return f"becomes {column.remark}"
    since = "" if kind.startswith("interval") else " since 1970"
    ids = [f"UUIDs of {column.ids}"] if column.ids else []
    return ", ".join([*ids, *(_ALLOWED.get(way, f"numbers count {way}{since}") for way in column.casts)])


def _left(left: TableMapping) -> str:
    if left.remark:
        return f"not moved: {left.remark}"
    rows = _counted(left.rows, "row") if left.source else "no table of the source has its name"
    if left.undecided:
        return f"{_UNDECIDED}: {rows}{' would be lost' if left.source else ''}"
    return f"not moved: {rows} lost"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
