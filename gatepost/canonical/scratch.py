"""Create tables and types that the database lacks, or has in another form, in scratch schemas for the printing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.canonical.savepoints import reason, tried
from gatepost.canonical.shapes import Ahead, Shape
from gatepost.errors import MigrationError

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

SCRATCH = "gatepost scratch {}"
"""A name that nobody gives a schema: what PostgreSQL prints with it is given the real name again."""


@dataclass(frozen=True)
class Scratch:
    """The scratch schema of each table that is not live so, and what each is printed as and should read."""

    schemas: Mapping[tuple[str, str], str]
    printed: tuple[tuple[str, str], ...]

    def renamed(self, text: str | None) -> str | None:
        """Give the scratch schemas in PostgreSQL's own printing their real names again."""
        for scratch, real in self.printed if text is not None else ():
            text = (text or "").replace(f"{scratch}.", f"{real}.")
        return text


def stand_ins(
    cursor: Cursor, shapes: Mapping[tuple[str, str], Shape], search_path: tuple[str, ...], ahead: Ahead
) -> Scratch:
    """Create what is not live so in scratch schemas, and look names up there first."""
    coming = [shape for shape in shapes.values() if not shape.live]
    keys = [(shape.schema, shape.name) for shape in coming] + [(type_.schema, type_.name) for type_ in ahead.types]
    names = {schema: SCRATCH.format(at) for at, schema in enumerate(sorted({schema for schema, _ in keys}))}
    schemas = {key: names[key[0]] for key in keys}
    path = [name for schema in search_path for name in (names.get(schema), schema) if name is not None]
    statements = [f"CREATE SCHEMA {sql.identifier(name)}" for name in names.values()]
    # Temporary tables come last, so that an unqualified name means the live table and not its carrier.
    statements.append(f"SET LOCAL search_path = {sql.identifiers([*path, 'pg_temp'])}")
    for type_ in ahead.types:
        statements.append(f"CREATE {type_.kind} {sql.qualified(names[type_.schema], type_.name)} {type_.definition}")
    cursor.execute(";\n".join(statements))
    create_tables(
        cursor, {shape: shape.create(sql.qualified(names[shape.schema], shape.name), schemas) for shape in coming}
    )
    if ahead.statements:
        cursor.execute("SET LOCAL check_function_bodies = off")
    for statement in ahead.statements:
        tried(cursor, sql.with_schemas(statement, schemas))
    cursor.execute(
        "SELECT pg_catalog.quote_ident(scratch), pg_catalog.quote_ident(real)"
        " FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[]))"
        " AS n (scratch, real)",
        (list(names.values()), list(names)),
    )
    return Scratch(schemas, tuple(cursor.fetchall()))


def create_tables(cursor: Cursor, statements: Mapping[Shape, str]) -> None:
    """Create tables in one go.

    Raises:
        MigrationError: PostgreSQL refuses a column; the first table that has such a one is named.
    """
    from psycopg2 import Error

    if not statements or tried(cursor, ";\n".join(statements.values())):
        return
    for shape, statement in statements.items():
        try:
            cursor.execute(statement)
        except Error as error:
            raise MigrationError(
                f'PostgreSQL refuses the columns of "{shape.schema}.{shape.name}": {reason(error)}',
                "a type of an extension needs CREATE EXTENSION first, in a revision of its own",
            ) from None
