"""Pair tables and columns of both sides by name, and report everything that exists on one side only at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations

from gatepost.display import line
from gatepost.errors import TransferError
from gatepost.transfer.casts.registry import FAMILIES
from gatepost.transfer.source.sqlite import Source, SourceColumn, SourceTable
from gatepost.transfer.values import ColumnPlan, Options, TablePlan, TargetColumn, TargetTable, Type

_OWN_TABLES = frozenset({"alembic_version"})
"""Alembic's table records the revision of each database; it is never data."""

Count = Callable[[str], int]
"""Counts the values of a column of the source; NULL is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on one side only, and the option that resolves it; an option that loses data says how much."""

    what: str
    fix: str


@dataclass(slots=True)
class _Found:
    """The differences and notes that a pairing collects."""

    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    renames: set[str] = field(default_factory=set)


def pair(
    source: Source, tables: tuple[TargetTable, ...], options: Options
) -> tuple[tuple[TablePlan, ...], tuple[str, ...]]:
    """Pair the tables of both sides and their columns, in the order of the target's; return them with notes.

    Raises:
        TransferError: a table or column exists on one side only, or a type has no cast; names all of them.
    """
    found = _Found()
    planned = tuple(
        _columns(here, there, options, partial(source.values, here), found)
        for here, there in _tables(source, tables, options, found)
    )
    refuse_differences(found.differences)
    idle = next((old for old, _ in options.renames if old.lower() not in found.renames), None)
    if idle is not None:
        raise TransferError(f'there is no "{idle}" to rename', "--rename TABLE.COLUMN=NAME, with names of the source")
    return planned, tuple(found.notes)


def pair_columns(source: SourceTable, target: TargetTable, options: Options, count: Count) -> TablePlan:
    """Pair the columns of one table, in the order of the target's.

    Raises:
        TransferError: a column exists on one side only, or a type has no cast.
    """
    found = _Found()
    planned = _columns(source, target, options, count, found)
    refuse_differences(found.differences)
    return planned


def refuse_differences(differences: Iterable[Difference]) -> None:
    """Refuse two sides that differ, and list everything that has to be resolved.

    Raises:
        TransferError: there is a difference.
    """
    # A fix of several lines is shown as it is, so no name may begin one.
    found = [Difference(line(one.what), line(one.fix)) for one in differences]
    if len(found) == 1:
        raise TransferError(found[0].what, found[0].fix)
    if found:
        width = max(len(one.fix.partition("  #")[0]) for one in found)
        lines = [f"{one.fix.partition('  #')[0]:<{width}}  # {one.what}" for one in found]
        raise TransferError(
            f"the source and the target differ in {len(found)} places; each needs a decision", "\n  ".join(lines)
        )


def _tables(
    source: Source, tables: tuple[TargetTable, ...], options: Options, found: _Found
) -> list[tuple[SourceTable, TargetTable]]:
    ignored = {name.lower() for name in options.ignore_tables} | _OWN_TABLES
    wanted = set(options.tables)
    here = _renamed(source, [t for t in source.tables if t.name.lower() not in ignored], options, found)
    there = [t for t in tables if t.name.lower() not in ignored and (not wanted or t.name in wanted)]
    missing = sorted(wanted - {t.name for t in tables})
    if missing:
        raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
    if not there:
        raise TransferError(f'the target has no tables in schema "{options.schema}"', "alembic upgrade head")
    twins = [(a.name, b.name) for a, b in combinations(there, 2) if a.name.lower() == b.name.lower()]
    if twins:
        raise TransferError(
            f'the target has "{twins[0][0]}" and "{twins[0][1]}", which are one name in SQLite', "rename one of them"
        )
    if not source.tables:
        raise TransferError(f'"{source.path}" holds no tables', "give the path of the app's own database")
    paired = {t.name.lower() for t in there}
    extra = [t for name, t in here.items() if name not in paired]
    for table in (t for t in there if t.name.lower() not in here):
        alike = next((t for t in extra if _style(t.name) == _style(table.name)), None)
        if alike is not None:
            extra.remove(alike)
            what = f'"{alike.name}" of the source and "{table.name}" of the target differ only in how they are written'
            found.differences.append(Difference(what, f"--rename {alike.name}={table.name}"))
        else:
            names = ", ".join(t.name for t in source.tables)
            what = f'"{source.path}" has no table "{table.name}"; it holds {names}'
            found.differences.append(Difference(what, f"--ignore-table {table.name}"))
    for left in sorted(extra, key=lambda t: t.name):
        rows = _counted(left.rows, "row")
        if wanted:
            found.notes.append(f'table "{left.name}" of the source is not moved ({rows})')
        else:
            what = f'the target has no table "{left.name}", which the source has with {rows}'
            found.differences.append(Difference(what, f"--ignore-table {left.name}  # drops {rows}"))
    found.notes += [
        f'table "{t.name}" of the source is not moved ({_counted(t.rows, "row")}): --ignore-table'
        for t in source.tables
        if t.name.lower() in ignored - _OWN_TABLES
    ]
    found.notes += [f'virtual table "{name}" of the source is not moved' for name in source.passed_over]
    return [(here[t.name.lower()], t) for t in there if t.name.lower() in here]


def _renamed(source: Source, tables: list[SourceTable], options: Options, found: _Found) -> dict[str, SourceTable]:
    """Return the tables of the source by the names that they are to have in the target, folded."""
    renames = {old.lower(): new for old, new in options.renames}
    here: dict[str, SourceTable] = {}
    for table in tables:
        name = renames.get(table.name.lower())
        if name is not None:
            found.renames.add(table.name.lower())
        key = (name or table.name).lower()
        if key in here:
            raise TransferError(
                f'"{here[key].name}" and "{table.name}" of "{source.path}" are both to become "{key}"',
                "rename one of them, or leave it out: --ignore-table",
            )
        here[key] = table
    return here


def _columns(source: SourceTable, target: TargetTable, options: Options, count: Count, found: _Found) -> TablePlan:
    ignored = {name.lower() for name in options.ignore_columns}
    names = [c.name for c in source.columns if f"{target.name}.{c.name}".lower() not in ignored]
    left = {c.name: c for c in source.columns if c.name in names}
    there = [c for c in target.columns if f"{target.name}.{c.name}".lower() not in ignored and not c.generated]
    renames = _column_renames(source, target, options, found)
    pairs: list[tuple[SourceColumn, TargetColumn]] = []
    lacking: list[TargetColumn] = []
    for column in there:
        wanted = renames.get(column.name.lower(), column.name)
        match = left.get(wanted) or next((c for c in left.values() if c.name.lower() == wanted.lower()), None)
        if match is None:
            lacking.append(column)
        else:
            pairs.append((left.pop(match.name), column))
    generated = {c.name.lower() for c in target.columns if c.generated}
    extra = [name for name in left if name.lower() not in generated]
    for column in lacking:
        alike = next((name for name in extra if _style(name) == _style(column.name)), None)
        full = f"{target.name}.{column.name}"
        if alike is not None:
            extra.remove(alike)
            old = f"{source.name}.{alike}"
            what = f'"{old}" of the source and "{full}" of the target differ only in how they are written'
            found.differences.append(Difference(what, f"--rename {old}={column.name}"))
        else:
            what = f'the source has no column "{full}", which the target has'
            found.differences.append(Difference(what, f"--ignore-column {full}"))
    for name in extra:
        passed = next(
            (c.name for c in target.columns if c not in there and not c.generated and _style(c.name) == _style(name)),
            None,
        )
        if passed is not None:
            old, full = f"{source.name}.{name}", f"{target.name}.{passed}"
            what = f'"{old}" of the source is left without "{full}", which is ignored and written alike'
            found.differences.append(Difference(what, f"--rename {old}={passed}  # in place of --ignore-column {full}"))
            continue
        full, values = f"{target.name}.{name}", _counted(count(name), "value")
        what = f'the target has no column "{full}", which the source has with {values}'
        found.differences.append(Difference(what, f"--ignore-column {full}  # drops {values}"))
    for name in (c.name for c in source.columns if c.name not in names and c.name.lower() not in generated):
        found.notes.append(
            f'column "{target.name}.{name}" of the source is not moved ({_counted(count(name), "value")})'
        )
    for here, column in pairs:
        if not _castable(column):
            full, values = f"{target.name}.{column.name}", _counted(count(here.name), "value")
            what = f'column "{full}" is of type "{column.type.printed}", for which there is no cast'
            found.differences.append(Difference(what, f"--ignore-column {full}  # drops {values}"))
    columns = tuple(ColumnPlan(here.name, here.declared, column) for here, column in pairs)
    read = (*(column.source for column in columns), *_unmoved_key(source, columns))
    return TablePlan(source, target, columns, read, _key_places(source, columns))


def _column_renames(source: SourceTable, target: TargetTable, options: Options, found: _Found) -> dict[str, str]:
    """Return the source's names of the columns that are renamed, by their names in the target, folded."""
    renames: dict[str, str] = {}
    for old, new in options.renames:
        for column in source.columns:
            if old.lower() in (f"{source.name}.{column.name}".lower(), f"{target.name}.{column.name}".lower()):
                found.renames.add(old.lower())
                renames[new.lower()] = column.name
    return renames


def _style(name: str) -> str:
    """Return what is left of a name without the style that it is written in: `createdAt` is `created_at`."""
    return re.sub(r"[\W_]", "", name).lower()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _key_places(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[int, ...]:
    places = {column.source: place for place, column in enumerate(columns)}
    for number, name in enumerate(_unmoved_key(source, columns)):
        places[name] = len(columns) + number
    return tuple(places[name] for name in source.key or ((source.rowid,) if source.rowid else ()))


def _unmoved_key(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[str, ...]:
    """Return what is read behind the columns only to name a row in a report: a key that is not moved, a row number."""
    moved = {column.source for column in columns}
    return tuple(name for name in source.key if name not in moved) or (
        (source.rowid,) if source.rowid and not source.key else ()
    )


def _castable(column: TargetColumn) -> bool:
    kind: Type | None = column.type
    while kind is not None and kind.element is not None:
        kind = kind.element
    return kind is not None and kind.family in FAMILIES
