"""Write a table as a SQLModel class, or as a `Table` where it has no key that an ORM could find a row by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatepost import sql
from gatepost.transfer.as_models.constraints import Declared, Key, Reference
from gatepost.transfer.as_models.fields import field
from gatepost.transfer.as_models.names import attributes, literal
from gatepost.transfer.as_models.types import Place, Values
from gatepost.transfer.source.tables import SourceTable
from gatepost.transfer.values import Type

_ALCHEMY = {
    "bool": "Boolean", "int4": "Integer", "int8": "BigInteger", "float8": "Double", "uuid": "Uuid", "json": "JSON",
    "bytea": "LargeBinary", "timestamp": "DateTime", "timestamptz": "DateTime(timezone=True)", "date": "Date",
    "time": "Time", "interval": "Interval", "text": "Text",
}  # fmt: skip


_WIDTH = 110


@dataclass(frozen=True)
class TableText:
    """The text of a class, and sentences about what it cannot say."""

    text: str
    lost: tuple[str, ...]


def table_text(
    table: SourceTable, name: str, declared: Declared, types: Mapping[Place, tuple[Type, Values]], indexes: set[str]
) -> TableText:
    """Return a table as a class.

    Args:
        table: The table.
        name: The name of its class.
        declared: What it declares.
        types: The type of each column.
        indexes: The names of relations that are taken; those of its own indexes are added.
    """
    arguments = list(_arguments(table.name, declared, indexes))
    checks = [f"# not carried over, since its SQL is SQLite's: {one}" for one in declared.checks]
    lost = [*declared.lost, *declared.checks]
    if not table.key:
        columns = [_column(table, column.name, declared, types) for column in table.columns]
        inside = "".join(f"    {one},\n" for one in (*columns, *arguments))
        head = "".join(f"{one}\n" for one in ("# It has no key, so there is no class for its rows.", *checks))
        text = f"{head}{_variable(name)} = Table(\n    {literal(table.name)},\n    SQLModel.metadata,\n{inside})\n"
        return TableText(text, tuple(lost))
    lines = [f"__tablename__: ClassVar[str] = {literal(table.name)}"]
    if arguments:
        together = f"__table_args__ = ({''.join(f'{one}, ' for one in arguments).rstrip()})"
        apart = ["__table_args__ = (", *(f"    {one}," for one in arguments), ")"]
        lines += [together] if len(together) < _WIDTH else apart
    lines += ["", *checks]
    names = attributes(column.name for column in table.columns)
    for column in table.columns:
        written = field(column, names[column.name], types[table.name, column.name], declared, table)
        lines += written.lines
        lost += [f"{written.lost} of {column.name}"] if written.lost else []
    body = "".join(f"    {one}\n" if one else "\n" for one in lines)
    return TableText(f"class {name}(SQLModel, table=True):\n{body}", tuple(lost))


def _arguments(table: str, declared: Declared, taken: set[str]) -> Iterator[str]:
    for reference in declared.references:
        if not reference.simple:
            yield _foreign_key(table, reference)
    for key in declared.keys:
        if key.constraint and len(key.columns) > 1:
            yield f"UniqueConstraint({', '.join(map(literal, key.names))})"
        elif not key.constraint:
            yield _index(key, taken)


def _foreign_key(table: str, reference: Reference) -> str:
    to = [f"{reference.table}.{one}" for one in reference.to]
    options = [
        f"{word}={literal(action)}"
        for word, action in (("onupdate", reference.on_update), ("ondelete", reference.on_delete))
        if action != "NO ACTION"
    ]
    if reference.late:
        options += ["use_alter=True", f"name={literal('_'.join((table, *reference.columns, 'fkey')))}"]
    return f"ForeignKeyConstraint({', '.join([_names(reference.columns), _names(to), *options])})"


def _index(key: Key, taken: set[str]) -> str:
    name = literal(key.name) if key.name not in taken and len(key.name.encode()) < 64 else "None"
    taken.add(key.name)
    columns = [
        f"text({literal(f'{sql.identifier(one)} DESC')})" if descending else literal(one)
        for one, descending in key.columns
    ]
    return f"Index({', '.join([name, *columns, *(['unique=True'] if key.unique else [])])})"


def _column(table: SourceTable, name: str, declared: Declared, types: Mapping[Place, tuple[Type, Values]]) -> str:
    kind, _ = types[table.name, name]
    if kind.family == "varchar":
        alchemy = f"String({kind.limit})"
    elif kind.family == "numeric":
        alchemy = f"Numeric({kind.precision}, {kind.limit})" if kind.precision is not None else "Numeric"
    else:
        alchemy = _ALCHEMY[kind.family]
    keys = [
        f"ForeignKey({literal(f'{one.table}.{one.to[0]}')})"
        for one in declared.references
        if one.simple and one.columns == (name,)
    ]
    return f"Column({', '.join([literal(name), alchemy, *keys, f'nullable={name not in declared.not_null}'])})"


def _names(columns: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, columns))}]"


def _variable(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
