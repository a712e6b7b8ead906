"""What a question takes as given: the types and keys of the tables, and who the caller is."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.analysis.conditions.caller import Caller
from gatepost.schema import Schema, Table

Key = tuple[str, str]


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
        table = self.table if relation is None else self._table(relation)
        if table is None:
            view = self.live.view(*relation) if self.live is not None and relation is not None else None
            of_view = next((one for one in view.columns if one.name == name), None) if view is not None else None
            return (of_view.type if of_view is not None else "", False)
        column = table.column(name)
        if column is None:
            return "", False
        return column.type, column.not_null or (relation is None and name in self.filled)

    def keys(self, relation: Key) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each primary key and unique constraint of a table."""
        table = self._table(relation)
        if table is None:
            return ()
        return tuple(sorted({c.columns for c in table.constraints if c.kind in ("primary key", "unique")}))

    def _table(self, relation: Key) -> Table | None:
        return self.live.table(*relation) if self.live is not None else None
