"""Pair the tables of both sides, and find everything that exists on one side only at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations

from gatepost.errors import TransferError
from gatepost.transfer.mapping.frameworks import framework
from gatepost.transfer.mapping.values import Mapping, TableMapping, counted
from gatepost.transfer.planning.columns import Found, pair_columns
from gatepost.transfer.planning.differences import Difference
from gatepost.transfer.planning.style import alike
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.source.tables import SourceTable
from gatepost.transfer.values import Options, TablePlan, TargetTable


@dataclass(frozen=True, slots=True)
class Paired:
    """The tables of both sides that belong together, and what nobody has decided yet."""

    tables: tuple[TablePlan, ...]
    mapping: Mapping
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


def pair(source: Source, tables: tuple[TargetTable, ...], options: Options, *, server: bool = False) -> Paired:
    """Pair the tables of both sides and their columns, in the order of the target's.

    Args:
        source: The open SQLite file.
        tables: The tables of the target.
        options: What the person asks for.
        server: Whether there is a server that reads the types which have no cast of ours.

    Raises:
        TransferError: a side has no tables, or an option names nothing.
    """
    found = Found()
    pairs = _Pairing(source, tables, options, found).pairs()
    planned = tuple(
        pair_columns(here, there, options, partial(source.values, here), found, server=server) for here, there in pairs
    )
    _refuse_idle(options, found)
    for table in planned:
        for column in table.columns:
            if column.computed:
                source.refuse_expression(table.source, f"{table.name}.{column.target.name}", column.computed)
    return Paired(planned, Mapping(tuple(found.tables)), tuple(found.differences), tuple(found.notes))


class _Pairing:
    """The tables of both sides, those that are paired and those that are left."""

    def __init__(self, source: Source, tables: tuple[TargetTable, ...], options: Options, found: Found) -> None:
        self.source, self.options, self.found = source, options, found
        self.ignored = {name.lower() for name in options.ignore_tables}
        self.renames = {old.lower(): new for old, new in options.renames}
        self.decided = options.mapping or Mapping()
        wanted = set(options.tables)
        missing = sorted(wanted - {t.name for t in tables})
        if missing:
            raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
        self.there = [t for t in tables if (not wanted or t.name in wanted) and not self._left_out(t.name)]
        self._refuse_target()
        self.here: dict[str, SourceTable] = {}

    def pairs(self) -> list[tuple[SourceTable, TargetTable]]:
        left = [table for table in self.source.tables if not self._passed_over(table)]
        for table in left:
            self._take(table, self._target_of(table))
        names = {t.name.lower() for t in self.there}
        extra = {t.name: key for key, t in self.here.items() if key not in names}
        lacking = [t.name for t in self.there if t.name.lower() not in self.here]
        for new, old in alike([name for name in extra if not self._named(name)], lacking).items():
            self.here[new.lower()] = self.here.pop(extra.pop(old))
        for target in self.there:
            if target.name.lower() not in self.here:
                self._lacking(target)
        for name in sorted(extra):
            self._extra(self.here[extra[name]])
        self.found.notes += [f'virtual table "{name}" of the source is not moved' for name in self.source.passed_over]
        return [(self.here[t.name.lower()], t) for t in self.there if t.name.lower() in self.here]

    def _refuse_target(self) -> None:
        if not self.there:
            raise TransferError(f'the target has no tables in schema "{self.options.schema}"', "alembic upgrade head")
        twins = [(a.name, b.name) for a, b in combinations(self.there, 2) if a.name.lower() == b.name.lower()]
        if twins:
            raise TransferError(
                f'the target has "{twins[0][0]}" and "{twins[0][1]}", which are one name in SQLite',
                "rename one of them",
            )
        if not self.source.tables:
            raise TransferError(f'"{self.source.path}" holds no tables', "give the path of the app's own database")

    def _left_out(self, target: str) -> bool:
        """Return whether a table of the target is left as it is."""
        named = self.decided.of_target(target)
        if named is not None and not named.source and not named.undecided:
            return True
        return target.lower() in self.ignored or (framework(target) is not None and named is None)

    def _passed_over(self, table: SourceTable) -> bool:
        """Return whether a table of the source is not moved, and record that."""
        named = self.decided.of_source(table.name)
        rows = counted(table.rows, "row")
        if table.name.lower() in self.ignored or (named and not named.target and not named.undecided):
            if named and named.loses is not None and table.rows > named.loses:
                what = f'"{table.name}" has {rows}, and the mapping drops {named.loses:,}'
                self.found.differences.append(Difference(what, f"loses = {table.rows}  # drops {rows}"))
            self.found.tables.append(TableMapping(table.name, rows=table.rows))
            return True
        own = framework(table.name)
        if own is not None and named is None and table.name.lower() not in self.renames:
            remark = f"{own}'s own table, of which each side keeps its own rows"
            self.found.tables.append(TableMapping(table.name, rows=table.rows, remark=remark))
            return True
        return False

    def _named(self, table: str) -> bool:
        """Return whether a person named the table that this one becomes."""
        named = self.decided.of_source(table)
        return table.lower() in self.renames or bool(named and named.target)

    def _target_of(self, table: SourceTable) -> str:
        new = self.renames.get(table.name.lower())
        if new is not None:
            self.found.used.add(table.name.lower())
            return new
        named = self.decided.of_source(table.name)
        return named.target if named and named.target else table.name

    def _take(self, table: SourceTable, name: str) -> None:
        key = name.lower()
        if key in self.here:
            raise TransferError(
                f'"{self.here[key].name}" and "{table.name}" of "{self.source.path}" are both to become "{key}"',
                "rename one of them, or leave it out: --ignore-table",
            )
        self.here[key] = table

    def _lacking(self, table: TargetTable) -> None:
        names = ", ".join(t.name for t in self.source.tables)
        what = f'"{self.source.path}" has no table "{table.name}"; it holds {names}'
        self.found.differences.append(Difference(what, f"--ignore-table {table.name}"))
        self.found.tables.append(TableMapping("", table.name, undecided=True))

    def _extra(self, table: SourceTable) -> None:
        rows = counted(table.rows, "row")
        if self.options.tables:
            self.found.tables.append(TableMapping(table.name, rows=table.rows, remark="not one of the models"))
            return
        what = f'the target has no table "{table.name}", which the source has with {rows}'
        self.found.differences.append(Difference(what, f"--ignore-table {table.name}  # drops {rows}"))
        self.found.tables.append(TableMapping(table.name, rows=table.rows, undecided=True))


def _refuse_idle(options: Options, found: Found) -> None:
    """Refuse an option that names nothing: whoever gives one counts on it."""
    for option, names, example in (
        ("rename", [old for old, _ in options.renames], "TABLE.COLUMN=NAME, with names of the source"),
        ("compute", [full for full, _ in options.computed], "TABLE.COLUMN=EXPRESSION, with a column of the target"),
    ):
        idle = next((name for name in names if name.lower() not in found.used), None)
        if idle is not None:
            raise TransferError(f'there is no "{idle}" to {option}', f"--{option} {example}")
