"""How generated Python names the tables and columns of a database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, MetaData, Table, Text, Uuid
from sqlalchemy.sql.elements import BinaryExpression

Key = tuple[str, str]
_COMPARISON = re.compile(r" (?:==|!=|<|>|<=|>=) ")


@dataclass(frozen=True)
class ModelName:
    """A table with the class, or the variable, that stands for it.

    Args:
        table: As it was reflected.
        name: The class or variable.
        module: The module that defines it.
        attributes: The attribute of each column, by the column's name.
        is_class: Whether it is a class; the columns of a `Table` are behind its `c`.
    """

    table: Table
    name: str
    module: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_class: bool = True

    @property
    def key(self) -> Key:
        """The schema and the name of the table."""
        return (self.table.schema or "public", self.table.name)

    def column(self, name: str, of: str | None = None) -> str:
        """Return a column as Python; `of` is another name for the class, such as an alias."""
        attribute = self.attributes[name]
        owner = of or self.name
        if self.is_class:
            return f"{owner}.{attribute}" if attribute.isidentifier() else f"getattr({owner}, {attribute!r})"
        return f"{owner}.c[{name!r}]" if not name.isidentifier() else f"{owner}.c.{name}"


@dataclass(frozen=True)
class Written:
    """A piece of Python, and what SQLAlchemy makes of it."""

    code: str
    value: Any

    @property
    def operand(self) -> str:
        """The piece as a part of a larger expression: a comparison is in brackets."""
        compared = isinstance(self.value, BinaryExpression) and _COMPARISON.search(self.code)
        return f"({self.code})" if compared else self.code


def platform_table(schema: str, name: str, columns: Iterable[tuple[str, str]]) -> Table:
    """Return a table of the platform with its columns, for the conditions of policies on it."""
    return Table(
        name, MetaData(), *(Column(one, Uuid() if type_ == "uuid" else Text()) for one, type_ in columns), schema=schema
    )
