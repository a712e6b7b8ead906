"""What is called differently on the two sides: tables and columns that were renamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from gatepost import sql
from gatepost.schema import Column, Constraint, Policy, Schema, Table, Trigger, is_platform

_BARE = re.compile(r"[a-z_][a-z0-9_]*")
TableKey = tuple[str, str]
ColumnKey = tuple[str, str, str]


@dataclass(frozen=True)
class Names:
    """The names of the head by those of the base, of what was renamed alone.

    Args:
        tables: The table that each renamed table is in the head.
        columns: The name that each renamed column has in the head, by the table of the head and the old name.
    """

    tables: Mapping[TableKey, TableKey] = field(default_factory=dict)
    columns: Mapping[ColumnKey, str] = field(default_factory=dict)

    def table(self, key: TableKey) -> TableKey:
        """Return what a table of the base is called in the head."""
        return self.tables.get(key, key)

    def column(self, key: ColumnKey) -> ColumnKey:
        """Return what a column of the base is called in the head."""
        table = self.table(key[:2])
        return (*table, self.columns.get((*table, key[2]), key[2]))

    @cached_property
    def _old_tables(self) -> Mapping[TableKey, TableKey]:
        return {new: old for old, new in self.tables.items()}

    @cached_property
    def _old_columns(self) -> Mapping[ColumnKey, str]:
        return {(*key[:2], new): key[2] for key, new in self.columns.items()}

    def table_before(self, key: TableKey) -> TableKey:
        """Return what a table of the head is called in the base."""
        return self._old_tables.get(key, key)

    def column_before(self, table: TableKey, name: str) -> str:
        """Return what a column of a table of the head is called in the base."""
        return self._old_columns.get((*table, name), name)

    @cached_property
    def _words(self) -> Mapping[str, str]:
        words = {old[1]: new[1] for old, new in self.tables.items() if old[1] != new[1]}
        words |= {old[0]: new[0] for old, new in self.tables.items() if old[0] != new[0]}
        return words | {key[2]: new for key, new in self.columns.items()}

    def text(self, text: str) -> str:
        """Return SQL of the base in the words of the head."""
        if not self._words:
            return text
        return "".join(self._token(token) for token in sql.tokens(text))

    def _token(self, token: sql.Token) -> str:
        new = self._words.get(token.name) if token.name is not None else None
        if new is None:
            return token.text
        return new if token.kind == "word" and _BARE.fullmatch(new) else sql.identifier(new)


def renamed(before: Schema, after: Schema) -> Names:
    """Find what was renamed: something is gone and something like it is new.

    A table like it has the same columns, a column like it the same type; where several fit, the place decides.
    """
    tables: dict[TableKey, TableKey] = {}
    new = {t.key: t for t in after.tables if before.table(*t.key) is None and not is_platform(t.schema)}
    for table in before.tables:
        if after.table(*table.key) is None and not is_platform(table.schema):
            found = next((key for key, other in sorted(new.items()) if _alike(table, other)), None)
            if found is not None:
                tables[table.key] = found
                del new[found]
    columns: dict[ColumnKey, str] = {}
    for table in before.tables:
        other = after.table(*tables.get(table.key, table.key))
        if other is not None:
            columns.update(_columns(table, other))
    return Names(tables, columns)


def _alike(one: Table, other: Table) -> bool:
    mine, theirs = ({(c.name, c.type) for c in table.columns} for table in (one, other))
    return bool(mine) and (mine == theirs or (len(mine & theirs) >= 2 and len(mine ^ theirs) <= 1))


def _columns(one: Table, other: Table) -> dict[ColumnKey, str]:
    gone = [c for c in one.columns if other.column(c.name) is None]
    new = [c for c in other.columns if one.column(c.name) is None]
    found: dict[ColumnKey, str] = {}
    for column in gone:
        fit = [c for c in new if c.type == column.type]
        fit = [c for c in fit if _place(other, c) == _place(one, column)] or (fit if len(fit) == 1 else [])
        if fit:
            found[*other.key, column.name] = fit[0].name
            new.remove(fit[0])
    return found


def _place(table: Table, column: Column) -> int:
    return table.columns.index(column)


def in_words_of_head(live: Schema, names: Names) -> Schema:
    """Return the base as it would be called in the head: the tables, their columns and the texts."""
    if not names.tables and not names.columns:
        return live
    return replace(
        live,
        tables=tuple(_table(table, names) for table in live.tables),
        views=tuple(replace(view, definition=names.text(view.definition)) for view in live.views),
        functions=tuple(replace(f, body=names.text(f.body)) for f in live.functions),
        triggers=tuple(_trigger(one, names) for one in live.triggers),
    )


def _trigger(one: Trigger, names: Names) -> Trigger:
    schema, table = names.table((one.schema, one.table))
    return replace(one, schema=schema, table=table, definition=names.text(one.definition))


def _table(table: Table, names: Names) -> Table:
    schema, name = names.table(table.key)

    def called(column: str) -> str:
        return names.column((*table.key, column))[2]

    return replace(
        table,
        schema=schema,
        name=name,
        columns=tuple(
            replace(c, name=called(c.name), default=c.default and names.text(c.default)) for c in table.columns
        ),
        policies=tuple(_policy(policy, schema, name, names) for policy in table.policies),
        grants=tuple(replace(g, column=g.column and called(g.column)) for g in table.grants),
        constraints=tuple(_constraint(one, table, names) for one in table.constraints),
        indexes=tuple(
            replace(i, columns=tuple(c and called(c) for c in i.columns), definition=names.text(i.definition))
            for i in table.indexes
        ),
        parents=tuple(names.table(parent) for parent in table.parents),
    )


def _policy(policy: Policy, schema: str, table: str, names: Names) -> Policy:
    using, check = (text and names.text(text) for text in (policy.using, policy.check))
    return replace(policy, schema=schema, table=table, using=using, check=check)


def _constraint(one: Constraint, table: Table, names: Names) -> Constraint:
    refers = one.references
    if refers is not None:
        other = names.table(refers[:2])
        refers = (*other, tuple(names.column((*refers[:2], column))[2] for column in refers[2]))
    columns = tuple(names.column((*table.key, column))[2] for column in one.columns)
    return replace(one, columns=columns, references=refers, definition=names.text(one.definition))
