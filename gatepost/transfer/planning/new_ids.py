"""Which columns hold the numbers of which table, where the target has UUIDs in their place."""

from __future__ import annotations

from dataclasses import replace

from gatepost.errors import TransferError
from gatepost.transfer.mapping.new_ids import NewIds
from gatepost.transfer.mapping.values import Mapping, TableMapping
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import ColumnPlan, TablePlan

_USERS = ("users", "user", "auth_user", "accounts_user", "accounts")
"""The usual names of the table whose rows are in `auth.users` afterwards."""


def new_ids(mapping: Mapping, table: str) -> NewIds:
    """Return the new ids of a table, as a mapping decides."""
    known = ((number, new) for name, number, new in mapping.known if name.lower() == table.lower())
    return NewIds(mapping.namespace, table, tuple(known))


def with_new_ids(tables: tuple[TablePlan, ...], mapping: Mapping | None) -> tuple[TablePlan, ...]:
    """Set the new ids of the columns for which a mapping names a table.

    Raises:
        TransferError: a column of another type cannot hold a UUID.
    """
    if mapping is None:
        return tables

    def chosen(table: TablePlan, column: ColumnPlan) -> ColumnPlan:
        if not column.ids:
            return column
        if column.target.type.family not in ("uuid", "text", "varchar"):
            name = f"{table.name}.{column.target.name}"
            raise TransferError(
                f'"{name}" is of type "{column.target.type.printed}", which cannot hold the new ids of "{column.ids}"',
                f"leave ids out for {name}",
            )
        return replace(column, new_ids=new_ids(mapping, column.ids))

    return tuple(replace(t, columns=tuple(chosen(t, c) for c in t.columns)) for t in tables)


def inferred(mapping: Mapping, tables: tuple[TablePlan, ...], sources: tuple[SourceTable, ...]) -> Mapping:
    """Return a mapping with the columns that need new ids: whole numbers in the source, and UUIDs in the target."""
    by_target = {table.name: table for table in tables}
    names = {table.name.lower(): table.name for table in sources}
    users = next((names[name] for name in _USERS if name in names), "")
    # What refers to numbers holds numbers, also where it is declared without a type.
    keys = ((t, [c for c in t.columns if c.key]) for t in sources)
    numbered = {t.name.lower() for t, key in keys if len(key) == 1 and _numbered(key[0].declared)}

    def of_table(mapped: TableMapping) -> TableMapping:
        planned = by_target.get(mapped.target)
        if planned is None:
            return mapped
        found = {
            c.target.name: ids
            for c in planned.columns
            if c.target.type.family == "uuid" and not c.computed
            if (ids := _ids(planned, c, by_target, users)) and (_numbered(c.declared) or ids.lower() in numbered)
        }
        columns = (replace(c, ids=c.ids or found.get(c.target, "")) for c in mapped.columns)
        return replace(mapped, columns=tuple(columns))

    return replace(mapping, tables=tuple(map(of_table, mapping.tables)))


def _numbered(declared: str) -> bool:
    return "INT" in declared.upper()


def _ids(table: TablePlan, column: ColumnPlan, by_target: dict[str, TablePlan], users: str) -> str:
    """Return the table of the source whose numbers a column holds: what it refers to on either side, or its own."""
    here: SourceColumn | None = next((c for c in table.source.columns if c.name == column.source), None)
    if here is not None and here.refers_to:
        return here.refers_to
    for key in table.target.foreign_keys:
        if key.columns == (column.target.name,):
            if (key.parent_schema, key.parent) == ("auth", "users"):
                return users or table.source.name
            if key.parent in by_target and key.parent != table.name:
                return by_target[key.parent].source.name
    return table.source.name if table.source.key == (column.source,) else ""
