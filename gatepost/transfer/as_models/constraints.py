"""Read what a SQLite file declares beside the columns: NULL, defaults, keys, foreign keys, indexes and checks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from gatepost import sql
from gatepost.transfer.source.tables import SourceTable, quoted

_ACTIONS = frozenset({"CASCADE", "SET NULL", "RESTRICT"})
"""What SQLModel's `ondelete` can say; NO ACTION is what it says without one."""


@dataclass(frozen=True)
class Reference:
    """A foreign key: columns here, and a table with its columns there.

    `late` is one of a circle of tables, which can only be made when all of them are there.
    """

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    on_update: str
    on_delete: str
    late: bool = False

    @property
    def simple(self) -> bool:
        """Whether a field alone can say it."""
        return (
            not self.late
            and len(self.columns) == 1
            and self.on_update == "NO ACTION"
            and self.on_delete in {*_ACTIONS, "NO ACTION"}
        )


@dataclass(frozen=True)
class Key:
    """An index or a UNIQUE constraint; `columns` holds each column with whether it is in descending order."""

    name: str
    columns: tuple[tuple[str, bool], ...]
    unique: bool
    constraint: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, whatever their order."""
        return tuple(name for name, _ in self.columns)


@dataclass(frozen=True)
class Declared:
    """What a table declares. `lost` are sentences about what its class cannot say."""

    not_null: frozenset[str]
    defaults: dict[str, str]
    references: tuple[Reference, ...]
    keys: tuple[Key, ...]
    checks: tuple[str, ...]
    lost: tuple[str, ...]


def declared(connection: sqlite3.Connection, table: SourceTable, tables: dict[str, SourceTable]) -> Declared:
    """Return what a table declares.

    Args:
        connection: The open file.
        table: The table.
        tables: Every table that gets a class, by its name in lower case.
    """
    lost: list[str] = []
    listed = connection.execute(f"PRAGMA main.table_xinfo({quoted(table.name)})").fetchall()
    return Declared(
        not_null=frozenset(str(name) for _, name, _, not_null, _, key, _ in listed if not_null or key),
        defaults={str(name): str(default) for _, name, _, _, default, _, _ in listed if default is not None},
        references=tuple(_references(connection, table, tables, lost)),
        keys=tuple(_keys(connection, table, lost)),
        checks=tuple(_checks(connection, table)),
        lost=tuple(lost),
    )


def _references(
    connection: sqlite3.Connection, table: SourceTable, tables: dict[str, SourceTable], lost: list[str]
) -> Iterator[Reference]:
    found: dict[int, list[tuple[str, str, str | None, str, str]]] = {}
    for number, _, parent, column, to, update, delete, _ in connection.execute(
        f"PRAGMA main.foreign_key_list({quoted(table.name)})"
    ):
        found.setdefault(int(number), []).append((str(parent), str(column), to, str(update), str(delete)))
    own = {column.name.lower(): column.name for column in table.columns}
    for parts in (found[number] for number in sorted(found)):
        parent, _, _, update, delete = parts[0]
        columns = tuple(own.get(column.lower(), column) for _, column, _, _, _ in parts)
        there = tables.get(parent.lower())
        names = {column.name.lower(): column.name for column in there.columns} if there is not None else {}
        given = tuple(names.get(to.lower(), to) for _, _, to, _, _ in parts if to is not None)
        to = given or (there.key if there is not None else ())
        if there is None or len(to) != len(columns) or not _is_key(connection, there, to):
            lost.append(f'the foreign key of {", ".join(columns)} to "{parent}", which has no such key')
            continue
        yield Reference(columns, there.name, to, update, delete)


def _is_key(connection: sqlite3.Connection, table: SourceTable, columns: tuple[str, ...]) -> bool:
    unique = {frozenset(key.names) for key in _keys(connection, table, []) if key.unique}
    return set(columns) == set(table.key) or frozenset(columns) in unique


def _keys(connection: sqlite3.Connection, table: SourceTable, lost: list[str]) -> Iterator[Key]:
    listed = connection.execute(f"PRAGMA main.index_list({quoted(table.name)})").fetchall()
    for _, name, unique, origin, partial in sorted(listed, key=lambda one: str(one[1])):
        parts = connection.execute(f"PRAGMA main.index_xinfo({quoted(str(name))})").fetchall()
        parts = [part for part in parts if part[5]]
        if origin == "pk":
            continue
        if partial or any(part[2] is None for part in parts):
            query = "SELECT sql FROM main.sqlite_master WHERE type = 'index' AND name = ?"
            lost.append(f"the index {' '.join(str(connection.execute(query, (name,)).fetchone()[0]).split())}")
            continue
        columns = tuple((str(part[2]), bool(part[3])) for part in parts)
        if unique and any(str(part[4]).upper() == "NOCASE" for part in parts):
            lost.append(f"that {', '.join(one for one, _ in columns)} ignores case where it is unique")
        key = Key(str(name), columns, bool(unique), origin == "u")
        # Many an ORM makes an index of the key, which has one already.
        if unique or key.names != table.key:
            yield key


def _checks(connection: sqlite3.Connection, table: SourceTable) -> Iterator[str]:
    """Yield the text of every CHECK in the statement that made the table."""
    query = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?"
    (made,) = connection.execute(query, (table.name,)).fetchone()
    tokens = [token for token in sql.tokens(str(made)) if token.kind != "comment"]
    at = 0
    while at < len(tokens):
        if tokens[at].text.upper() == "CHECK":
            depth, text = 0, ""
            for token in tokens[at + 1 :]:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                text += token.text
                if depth == 0 and token.text.strip():
                    break
            yield " ".join(f"CHECK {text.strip()}".split())
        at += 1
