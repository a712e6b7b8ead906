"""The shape of a table or a type: its name, and the columns that an expression may need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gatepost import sql
from gatepost.schema import Schema


@dataclass(frozen=True)
class Shape:
    """The columns of a table as (name, type), and whether the database holds it so."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    live: bool = True

    def create(
        self, name: str, schemas: Mapping[tuple[str, str], str], *, temporary: bool = False, fileless: bool = False
    ) -> str:
        """Return a CREATE TABLE of these columns and nothing else.

        Args:
            name: The new table's qualified name.
            schemas: Where the types that are not live yet stand.
            temporary: Whether it is a temporary table.
            fileless: Whether it may be one that holds no rows, which is made in a third of the time.
        """
        columns = ", ".join(f"{sql.identifier(column)} {moved(type_, schemas)}" for column, type_ in self.columns)
        made = f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {name} ({columns})"
        if not fileless or not self.columns:
            return made
        # A partitioned table has neither a file nor a TOAST table.
        return f"{made} PARTITION BY LIST (({sql.identifier(self.columns[0][0])} IS NULL))"


@dataclass(frozen=True)
class NamedType:
    """An ENUM or a domain that is not in the database so; `definition` is what follows its name in a CREATE."""

    schema: str
    name: str
    kind: Literal["TYPE", "DOMAIN"]
    definition: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ahead:
    """What a revision makes besides tables, and what its policies may need while they are printed.

    `statements` make functions and views; one that fails is skipped, because a policy that needs it is
    refused by name later.
    """

    types: tuple[NamedType, ...] = ()
    statements: tuple[str, ...] = ()


def live_shapes(schema: Schema) -> dict[tuple[str, str], Shape]:
    """Return the shape of every table that the database holds."""
    return {
        table.key: Shape(table.schema, table.name, tuple((column.name, column.type) for column in table.columns))
        for table in schema.tables
    }


def moved(text: str, schemas: Mapping[tuple[str, str], str]) -> str:
    """Return SQL text in which what is not live yet stands in its scratch schema."""
    return sql.with_schemas(text, schemas) if schemas else text
