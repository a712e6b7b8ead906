"""Pair the columns of one table, and decide what becomes of those that are on one side only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gatepost.transfer.casts.registry import FAMILIES
from gatepost.transfer.mapping.values import ColumnMapping, TableMapping, counted
from gatepost.transfer.planning.differences import Difference
from gatepost.transfer.planning.style import alike, style
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import ColumnPlan, Options, TablePlan, TargetColumn, TargetTable, Type

Count = Callable[[str], int]
"""Counts the values of a column of the source; NULL is none."""


@dataclass(slots=True)
class Found:
    """What a pairing collects: differences, what becomes of each table, and the options that were of use."""

    differences: list[Difference] = field(default_factory=list)
    tables: list[TableMapping] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def pair_columns(
    source: SourceTable,
    target: TargetTable,
    options: Options,
    count: Count,
    found: Found,
    *,
    server: bool = False,
) -> TablePlan:
    """Pair the columns of one table, in the order of the target's.

    Args:
        source: The table as the source has it.
        target: The table as the target has it.
        options: What the person asks for.
        count: Counts the values of a column of the source.
        found: Takes the differences, and what becomes of the table.
        server: Whether there is a server that reads the types which have no cast of ours.
    """
    return _Pairing(source, target, options, count, found, server=server).plan()


class _Pairing:
    """The columns of one table, those that are paired and those that are left."""

    def __init__(
        self,
        source: SourceTable,
        target: TargetTable,
        options: Options,
        count: Count,
        found: Found,
        *,
        server: bool,
    ) -> None:
        self.source, self.target, self.count, self.found, self.server = source, target, count, found, server
        self.decided = decisions(source, target, options, found)
        self.left = {c.name: c for c in source.columns}
        self.open = {c.name: c for c in target.columns if not c.generated}
        self.pairs: dict[str, ColumnPlan] = {}
        self.mapped: list[ColumnMapping] = []

    def plan(self) -> TablePlan:
        for decision in self.decided:
            self._decide(decision)
        for name, column in list(self.open.items()):
            match = self.left.get(name) or next((c for c in self.left.values() if c.name.lower() == name.lower()), None)
            if match is not None:
                self._pair(match, column)
        generated = {c.name.lower() for c in self.target.columns if c.generated}
        self.left = {name: c for name, c in self.left.items() if name.lower() not in generated}
        for new, old in alike(self.left, self.open).items():
            self._pair(self.left[old], self.open[new])
        for column in list(self.open.values()):
            self._lacking(column)
        for column_left in list(self.left.values()):
            self._extra(column_left)
        columns = tuple(self._typed(self.pairs[c.name]) for c in self.target.columns if c.name in self.pairs)
        self.found.tables.append(
            TableMapping(self.source.name, self.target.name, self._in_order(columns), self.source.rows)
        )
        read = (*(column.source for column in columns), *_unmoved_key(self.source, columns))
        return TablePlan(self.source, self.target, columns, read, _key_places(self.source, columns))

    def _decide(self, decision: ColumnMapping) -> None:
        """Do what a person decided of one column, as far as both sides still have it."""
        source = next((c for c in self.left.values() if c.name.lower() == decision.source.lower()), None)
        target = self.open.get(decision.target) or next(
            (c for c in self.open.values() if c.name.lower() == decision.target.lower()), None
        )
        if source is not None and target is not None:
            self._pair(source, target, decision)
        elif decision.computed and target is not None:
            del self.open[target.name]
            self.pairs[target.name] = ColumnPlan(
                target.name, "", target, casts=decision.casts, computed=decision.computed
            )
            # A column that is computed from the one of its own name takes its place.
            own = next((name for name in self.left if style(name) == style(target.name)), None)
            if own is not None and re.search(rf"(?<!\w){re.escape(own)}(?!\w)", decision.computed, re.IGNORECASE):
                del self.left[own]
        elif source is not None and not decision.target:
            self._drop(source, decision)
        elif target is not None and not decision.source:
            self._leave(target)

    def _pair(self, source: SourceColumn, target: TargetColumn, decision: ColumnMapping | None = None) -> None:
        del self.left[source.name]
        del self.open[target.name]
        casts, ids = (decision.casts, decision.ids) if decision else ((), "")
        self.pairs[target.name] = ColumnPlan(source.name, source.declared, target, casts, ids=ids)

    def _drop(self, column: SourceColumn, decision: ColumnMapping) -> None:
        """Leave a column of the source out; more values than somebody agreed to lose are a difference."""
        loses = self.count(column.name)
        name = f"{self.source.name}.{column.name}"
        if decision.loses is not None and loses > decision.loses:
            what = f'"{name}" has {counted(loses, "value")}, and the mapping drops {decision.loses:,}'
            self._difference(what, f"loses = {loses}  # drops {counted(loses, 'value')}")
        self.mapped.append(ColumnMapping(column.name, loses=loses))
        del self.left[column.name]

    def _leave(self, column: TargetColumn) -> None:
        """Let the server fill a column, where it can."""
        full = f"{self.target.name}.{column.name}"
        needed = self._needs_value(column)
        if needed:
            what = f'column "{full}" may not be NULL and has no default, so every row needs a value for it'
            self._difference(what, f"--compute '{full}=EXPRESSION'  # an expression of SQLite over the row")
        self.mapped.append(
            ColumnMapping("", column.name, undecided=needed, remark="" if needed else server_value(column))
        )
        del self.open[column.name]

    def _lacking(self, column: TargetColumn) -> None:
        full = f"{self.target.name}.{column.name}"
        what = f'the source has no column "{full}", which the target has'
        if self._needs_value(column):
            self._difference(
                f"{what}, and which may not be NULL",
                f"--compute '{full}=EXPRESSION'  # an expression of SQLite over the row",
            )
        else:
            self._difference(f"{what}; it would be {server_value(column)}", f"--ignore-column {full}")
        remark = "" if self._needs_value(column) else server_value(column)
        self.mapped.append(ColumnMapping("", column.name, undecided=True, remark=remark))

    def _needs_value(self, column: TargetColumn) -> bool:
        return column.needs_value and not self.target.completes_rows

    def _extra(self, column: SourceColumn) -> None:
        values = self.count(column.name)
        old, full = f"{self.source.name}.{column.name}", f"{self.target.name}.{column.name}"
        passed = next(
            (c.target for c in self.mapped if c.target and not c.source and style(c.target) == style(column.name)), None
        )
        if passed is not None:
            what = f'"{old}" of the source is left without "{self.target.name}.{passed}", which is written alike'
            self._difference(
                what, f"--rename {old}={passed}  # in place of --ignore-column {self.target.name}.{passed}"
            )
        else:
            what = f'the target has no column "{full}", which the source has with {counted(values, "value")}'
            self._difference(what, f"--ignore-column {full}  # drops {counted(values, 'value')}")
        self.mapped.append(ColumnMapping(column.name, loses=values, undecided=True))

    def _typed(self, column: ColumnPlan) -> ColumnPlan:
        """Return a column with what reads its values, and find out that nothing does."""
        known = not reads_server(column.target.type)
        if not known and not self.server:
            full = f"{self.target.name}.{column.target.name}"
            values = counted(0 if column.computed else self.count(column.source), "value")
            what = f'column "{full}" is of type "{column.target.type.printed}", for which there is no cast'
            self._difference(what, f"--ignore-column {full}  # drops {values}")
        return column if known else replace(column, by_server=True)

    def _difference(self, what: str, fix: str) -> None:
        self.found.differences.append(Difference(what, fix))

    def _in_order(self, columns: tuple[ColumnPlan, ...]) -> tuple[ColumnMapping, ...]:
        """Return what becomes of every column: the source's in their order, then those of the target alone."""
        moved = [
            ColumnMapping("" if c.computed else c.source, c.target.name, c.casts, c.ids, c.computed) for c in columns
        ]
        places = {c.name: place for place, c in enumerate(self.source.columns)}
        return tuple(sorted((*moved, *self.mapped), key=lambda c: places.get(c.source, len(places))))


def decisions(source: SourceTable, target: TargetTable, options: Options, found: Found) -> tuple[ColumnMapping, ...]:
    """Return what a person decided about the columns of a table: the options first, then the mapping."""
    made: list[ColumnMapping] = []
    for old, new in options.renames:
        made += (
            ColumnMapping(column.name, new)
            for column in source.columns
            if _names(old, source, target, column.name, found)
        )
    for full, expression in options.computed:
        made += (
            ColumnMapping("", column.name, computed=expression)
            for column in target.columns
            if _names(full, source, target, column.name, found)
        )
    for full in options.ignore_columns:
        made += (
            ColumnMapping(column.name) for column in source.columns if _names(full, source, target, column.name, found)
        )
        made += (
            ColumnMapping("", column.name)
            for column in target.columns
            if full.lower() == f"{target.name}.{column.name}".lower()
        )
    table = options.mapping.of_source(source.name) if options.mapping else None
    return (*made, *(c for c in table.columns if not c.undecided)) if table else tuple(made)


def with_table(mapping: TableMapping, planned: TablePlan) -> TableMapping:
    """Return what becomes of a table with the casts that its plan has in the end."""
    casts = {column.target.name: column.casts for column in planned.columns}
    return replace(mapping, columns=tuple(replace(c, casts=casts.get(c.target, c.casts)) for c in mapping.columns))


def server_value(column: TargetColumn) -> str:
    """Return what a row gets for a column that is left to the server."""
    return column.default or ("its identity" if column.identity else "NULL")


def _names(full: str, source: SourceTable, target: TargetTable, column: str, found: Found) -> bool:
    """Return whether an option names a column, by the name of its table on either side."""
    hit = full.lower() in (f"{source.name}.{column}".lower(), f"{target.name}.{column}".lower())
    if hit:
        found.used.add(full.lower())
    return hit


def reads_server(kind: Type) -> bool:
    """Return whether a type has no cast of ours, so that the server has to read its values."""
    while kind.element is not None:
        kind = kind.element
    return kind.family not in FAMILIES


def _key_places(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[int, ...]:
    places = {column.source: place for place, column in enumerate(columns) if not column.computed}
    for number, name in enumerate(_unmoved_key(source, columns)):
        places[name] = len(columns) + number
    return tuple(places[name] for name in _naming(source))


def _unmoved_key(source: SourceTable, columns: tuple[ColumnPlan, ...]) -> tuple[str, ...]:
    """Return what is read behind the columns only to name a row in a report: a key that is not moved, a row number."""
    moved = {column.source for column in columns if not column.computed}
    return tuple(name for name in _naming(source) if name not in moved)


def _naming(source: SourceTable) -> tuple[str, ...]:
    """Return what names a row: its key, or its row number where the table has none or the key holds NULL."""
    return source.key if source.key and source.identified else (source.rowid,) if source.rowid else ()
