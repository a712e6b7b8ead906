"""What a question takes as given: types, keys and constraints of the tables, and who the caller is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.terms import Term
from gatepost.analysis.solver.given import constraints
from gatepost.analysis.solver.given.constraints import ForeignKey, Key
from gatepost.schema import Schema, Table


class Given(Protocol):
    """What is known of the caller and of the tables; the row's own table is None."""

    @property
    def caller(self) -> Caller | None:
        """Who asks; without one, whoever."""

    @property
    def steady(self) -> frozenset[Key]:
        """The functions of the project that answer alike wherever they are called."""

    def column(self, relation: Key | None, name: str) -> tuple[str, bool]:
        """Return the type of a column, empty where it is not known, and whether it always has a value."""

    def keys(self, relation: Key | None) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each primary key and unique constraint of a table."""

    def checks(self, relation: Key | None) -> tuple[Term, ...]:
        """Return conditions that are true or NULL for each row of a table."""

    def foreign_keys(self, relation: Key | None) -> tuple[ForeignKey, ...]:
        """Return the foreign keys of a table whose parents some reader sees in full."""

    def labels(self, type_: str) -> tuple[str, ...]:
        """Return the labels of an enum type in their order, and nothing of another type."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The tables and the caller of a question.

    Args:
        table: The table whose rows the conditions let through.
        live: The database with the tables that sub-selects read. Without it, nothing is known of their columns.
        caller: Who asks; without one, whoever: any role, with or without a user, and any claims.
        filled: Columns of the row that have a value though they may be NULL, such as those of its owner.
        steady: The functions of the project, by (schema, name), that answer alike wherever they are called: their body
            is the same on both sides, and they are not volatile.
    """

    table: Table
    live: Schema | None = None
    caller: Caller | None = None
    filled: frozenset[str] = frozenset()
    steady: frozenset[Key] = frozenset()

    def column(self, relation: Key | None, name: str) -> tuple[str, bool]:
        """Return the type of a column, empty where it is not known, and whether it always has a value.

        Args:
            relation: The table or view; None for the row itself.
            name: The column.
        """
        table = self._table(relation)
        if table is None:
            view = self.live.view(*relation) if self.live is not None and relation is not None else None
            of_view = next((one for one in view.columns if one.name == name), None) if view is not None else None
            return (of_view.type if of_view is not None else "", False)
        column = table.column(name)
        if column is None:
            return "", False
        return column.type, column.not_null or (relation is None and name in self.filled)

    def keys(self, relation: Key | None) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each primary key and unique constraint of a table."""
        table = self._table(relation)
        return constraints.keys(table, self.live) if table is not None and self.live is not None else ()

    def checks(self, relation: Key | None) -> tuple[Term, ...]:
        """Return conditions that are true or NULL for each row of a table."""
        table = self._table(relation)
        return constraints.checks(table, self.live) if table is not None and self.live is not None else ()

    def foreign_keys(self, relation: Key | None) -> tuple[ForeignKey, ...]:
        """Return the foreign keys of a table whose parents some reader sees in full."""
        table = self._table(relation)
        if table is None or self.live is None:
            return ()
        role = self.caller.role if self.caller is not None else ""
        return tuple(constraints.foreign_keys(table, self.live, role))

    def labels(self, type_: str) -> tuple[str, ...]:
        """Return the labels of an enum type in their order, and nothing of another type."""
        return self.live.labels(type_) if self.live is not None else ()

    def _table(self, relation: Key | None) -> Table | None:
        if relation is None:
            return self.table
        return self.live.table(*relation) if self.live is not None else None
