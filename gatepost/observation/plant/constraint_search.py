"""Find values that a table's constraints accept: PostgreSQL chooses among many, else new ones are tried one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in, literals_in, pieces_in
from gatepost.observation.plant.canaries import Canary, is_word
from gatepost.observation.plant.fitting.candidate_values import Fix, filled, options, small_numbers, some_of
from gatepost.observation.plant.fitting.combinations import KEPT
from gatepost.observation.plant.fitting.evaluation import fitting
from gatepost.observation.plant.fitting.regex_examples import Shape
from gatepost.observation.plant.fitting.related_columns import by_least_change, related
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import checks
from gatepost.observation.plant.users import STRANGERS
from gatepost.schema import Column, Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

_MOST_TOGETHER = 4000
"""How many combinations of values PostgreSQL chooses from."""
_LARGE = 240
"""A number that no planted row has, as large as those of the rows that personas insert."""
_MOST_ALONE = 1000
"""The same, for one row."""
_MOST = 120
"""How many combinations of values are tried for the columns of one constraint."""
_DOMAIN = """
SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid
 WHERE c.conname = %s AND t.typname = %s
"""
_CHECK, _NOT_NULL, _DATA = "23514", "23502", "22"


@dataclass
class Search:
    """Looks for values that one table accepts."""

    cursor: Cursor
    row_sets: RowSets
    table: Table
    _waiting: dict[tuple[str, ...], Iterator[tuple[tuple[str, Fix], ...]]] = field(default_factory=dict)
    _chosen: dict[frozenset[str], bool] = field(default_factory=dict)

    def learn(self, error: Error) -> bool:
        """Choose other values for the columns that an error is about.

        Args:
            error: What PostgreSQL said of the rows as they are.

        Returns:
            False where nothing is left to try.
        """
        columns = tuple(self._columns(error))
        if not columns:
            return False
        together = related(self.table, columns, self._computed)
        chosen: tuple[tuple[str, Fix], ...] | None = None
        if self._chosen.get(together) and self.row_sets.edges(self.table):
            return False  # the kinds of rows need different values: each is fitted alone
        if together not in self._chosen:
            chosen = self._chosen_by_postgres(together, error)
            self._chosen[together] = chosen is not None
        if chosen is None:
            if columns not in self._waiting:
                self._waiting[columns] = self._combinations(columns, error)
            chosen = next(self._waiting[columns], None)
        for name, value in chosen or ():
            key = (*self.table.key, name)
            if value == KEPT:
                self.row_sets.fixes.pop(key, None)
            else:
                self.row_sets.fixes[key] = value
        return chosen is not None

    def _chosen_by_postgres(self, names: frozenset[str], error: Error) -> tuple[tuple[str, Fix], ...] | None:
        """Return values for all columns that depend on each other, or None where PostgreSQL accepts none of them."""
        columns = [column for column in self.table.columns if column.name in names and not column.generated]
        offered: list[list[Fix]] = []
        for column in columns:
            values = [KEPT, *(one for one in self._offered(column, error) if one != KEPT)]
            fit = self._fitting([column], frozenset({column.name}), [(one,) for one in values], len(values))
            offered.append([values[at] for at in fit])
        if not all(offered):
            return None
        wanted = by_least_change(offered, _MOST_TOGETHER, self._dear(columns))
        found = self._fitting(columns, names, wanted, 1)
        return tuple(zip((column.name for column in columns), wanted[found[0]], strict=True)) if found else None

    def _fitting(
        self, columns: list[Column], names: frozenset[str], combinations: list[tuple[Fix, ...]], most: int
    ) -> list[int]:
        """Return which combinations the constraints on some columns accept, in each of three rows."""
        rows = self.row_sets.rows(self.table)
        fresh = self.row_sets.make(self.table, rows[0].world, _LARGE)
        samples = (rows[0], rows[-1], Row(self.table, _LARGE, rows[0].world, fresh))
        given = [[self._filled(columns, one, row) for row in samples] for one in combinations]
        constraints = [one.definition for one in checks(self.table) if set(one.columns) <= names]
        generated = {name: text for name, text in self._computed.items() if name in names}
        return fitting(self.cursor, columns, generated, constraints, given, most)

    @property
    def _computed(self) -> dict[str, str]:
        return {key[2]: text for key, text in self.row_sets.survey.generated.items() if key[:2] == self.table.key}

    def repaired(self, row: Row, error: Error) -> Row | None:
        """Return a row with other values for what a constraint refused, which keeps the kind of row that it is.

        Only the first row of a set becomes another kind where it could not name its user otherwise.

        Args:
            row: The row.
            error: What PostgreSQL said of it.
        """
        names = related(self.table, self._columns(error), self._computed)
        columns = [column for column in self.table.columns if column.name in names and not column.generated]
        edges = self.row_sets.edges(self.table)
        offered: list[list[Fix]] = []
        for column in columns:
            values = [] if column.name in edges and not row.base else self._offered(column, error)
            offered.append([KEPT, *(one for one in values if one != KEPT)])
        wanted = by_least_change(offered, _MOST_ALONE, self._dear(columns))
        given = [[self._filled(columns, one, row)] for one in wanted]
        constraints = [one.definition for one in checks(self.table) if set(one.columns) <= names]
        generated = {name: text for name, text in self._computed.items() if name in names}
        found = fitting(self.cursor, columns, generated, constraints, given) if columns else []
        return replace(row, values={**row.values, **given[found[0]][0]}) if found else None

    def _dear(self, columns: list[Column]) -> tuple[list[int], list[int]]:
        """Return the places of the columns that name a user, without whom a row is nobody's, then of deciding ones."""
        users = {key[2] for key in self.row_sets.survey.identities if key[:2] == self.table.key}
        edges = self.row_sets.edges(self.table)
        return (
            [place for place, column in enumerate(columns) if column.name in users],
            [place for place, column in enumerate(columns) if column.name in edges],
        )

    def _filled(self, columns: list[Column], combination: tuple[Fix, ...], row: Row) -> dict[str, str | None]:
        return {column.name: self._value(column, fix, row) for column, fix in zip(columns, combination, strict=True)}

    def _offered(self, column: Column, error: Error) -> list[Fix]:
        """Return values for a column: its default first, as most rows have it, or those that differ if they must."""
        usual = literals_in(pieces_in(column.default or ""))
        found = sorted(self._options(column.name, self._texts([column.name], error)), key=lambda one: one not in usual)
        if any(key == (column.name,) for key in unique_keys(self.table)):
            found.sort(key=lambda one: not (isinstance(one, Shape) or (one is not None and "{" in one and "}" in one)))
        return found

    def _value(self, column: Column, fix: Fix, row: Row) -> str | None:
        if fix == KEPT:
            return row.values.get(column.name)
        place = self.table.columns.index(column)
        return filled(fix, Canary(self.row_sets.survey.numbers[self.table.key], row.number, place), row.number)

    def _columns(self, error: Error) -> list[str]:
        """Return the columns that an error names."""
        code, diag = error.pgcode or "", error.diag
        if code == _CHECK and diag.constraint_name:
            named = [c for c in self.table.constraints if c.name == diag.constraint_name]
            if named:
                return list(named[0].columns)
            return [c.name for c in self.table.columns if _of_domain(c.type, diag.datatype_name)]
        if code == _NOT_NULL and diag.column_name:
            return [diag.column_name]
        if code.startswith(_DATA):
            return list(self._misfits()) or self._not_accepted() or list(self._figures())
        return []

    def _misfits(self) -> Iterator[str]:
        """Yield the columns whose values do not fit their own types."""
        row = self.row_sets.rows(self.table)[0]
        for column in self.table.columns:
            value = row.values.get(column.name)
            if value is not None and not self._castable(column.type, value):
                yield column.name

    def _not_accepted(self) -> list[str]:
        """Return the first columns that depend on each other and whose values make a constraint fail or raise."""
        started = [constraint.columns for constraint in checks(self.table)] + [(name,) for name in self._computed]
        for names in dict.fromkeys(related(self.table, one, self._computed) for one in started):
            columns = [column for column in self.table.columns if column.name in names and not column.generated]
            kept: tuple[Fix, ...] = (KEPT,) * len(columns)
            if not self._fitting(columns, names, [kept], 1):
                return [column.name for column in columns]
        return []

    def _figures(self) -> Iterator[str]:
        """Yield the columns whose large numbers may be too large for values computed from them."""
        survey = self.row_sets.survey
        for column in self.table.columns:
            key = (*self.table.key, column.name)
            bound = key in survey.keys or key in survey.identities or column.generated
            if small_numbers(survey.base_type(column.type)) and not bound:
                yield column.name

    def _combinations(self, columns: tuple[str, ...], error: Error) -> Iterator[tuple[tuple[str, Fix], ...]]:
        texts = self._texts(columns, error)
        users = [name for name in columns if (*self.table.key, name) in self.row_sets.survey.identities]
        found = {name: self._options(name, texts) for name in columns if name not in users[:1]}
        found = {name: values for name, values in found.items() if values}
        return some_of(found, _MOST) if found else iter(())

    def _texts(self, columns: Iterable[str], error: Error) -> list[str]:
        """Return the definitions of the constraints on some columns, the broken one first."""
        constraints = [c for c in self.table.constraints if c.kind == "check" and set(c.columns) & set(columns)]
        constraints.sort(key=lambda c: c.name != error.diag.constraint_name)
        texts = [constraint.definition for constraint in constraints]
        called = {name for text in texts for name in identifiers_in(text)}
        texts += [body for (_, name), body in self.row_sets.survey.bodies.items() if name.partition("(")[0] in called]
        if error.diag.datatype_name and error.diag.constraint_name:
            self.cursor.execute(_DOMAIN, (error.diag.constraint_name, error.diag.datatype_name))
            texts += [definition for (definition,) in self.cursor.fetchall()]
        return texts

    def _options(self, name: str, texts: Iterable[str]) -> list[Fix]:
        """Return values that the constraints on a column may accept."""
        column = self.table.column(name)
        if column is None or column.generated:
            return []
        key, survey = (*self.table.key, name), self.row_sets.survey
        if key in survey.identities:
            return [STRANGERS[1], STRANGERS[2]] if column.not_null else [KEPT, None, STRANGERS[1]]
        if key in survey.keys:
            return [] if column.not_null else [KEPT, None]
        found = options(survey, column, texts)
        if is_word(survey.base_type(column.type)) and column.type not in survey.domains:
            return found
        return [fix for fix in found if fix in (KEPT, None) or self._castable(column.type, _first(fix))]

    def _castable(self, type_name: str, value: str | None) -> bool:
        from psycopg2 import Error

        try:
            self.cursor.execute(f"SAVEPOINT gatepost_cast; SELECT ({sql.literal(value)}::{type_name}) IS NULL")
        except Error:
            self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_cast; RELEASE SAVEPOINT gatepost_cast")
            return False
        self.cursor.execute("RELEASE SAVEPOINT gatepost_cast")
        return True


def _first(fix: Fix) -> str | None:
    return filled(fix, Canary(1, 1, 1), 1)


def _of_domain(type_name: str, domain: str | None) -> bool:
    return domain is not None and type_name.rpartition(".")[2].strip('"') == domain
