"""An application in a database: its tables, its helpers, and what its declaration makes of them."""

from collections.abc import Callable
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gatepost import declaring
from gatepost.ddl import create_sql
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected
from gatepost.diff import TableGrants, TableRowSecurity
from tests.teamnotes.mutations import Mutation


@dataclass(frozen=True)
class Application:
    """An application whose mistakes are counted.

    Args:
        metadata: Its tables.
        helpers: The SQL of its helpers.
        declare: What declares who may do what.
        mutations: The mistakes.
    """

    metadata: MetaData
    helpers: str
    declare: Callable[[], None]
    mutations: tuple[Mutation, ...]

    def declaration(self) -> Declaration:
        """Return what the application declares."""
        with declaring():
            self.declare()
            return collected()

    def build(self, cursor: Cursor) -> None:
        """Create the application in an empty database, as its owner."""
        tables = [table for table in self.metadata.sorted_tables if table.schema is None]
        made = [one for table in tables for one in (CreateTable(table), *map(CreateIndex, table.indexes))]
        statements = [*(str(one.compile(dialect=postgresql.dialect())) for one in made), self.helpers]
        for table in self.declaration():
            managed = (
                TableGrants(table.schema, table.name, table.grants),
                *table.policies,
                TableRowSecurity(table.schema, table.name, table.row_security),
            )
            statements += [statement for value in managed for statement in create_sql(value)]
        for statement in statements:
            cursor.execute(statement)
