"""The application in a database: its tables, its helpers, and what its declaration makes of them."""

from psycopg2.extensions import cursor as Cursor
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gatepost import declaring
from gatepost.ddl import create_sql
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected
from gatepost.diff import TableGrants, TableRowSecurity
from tests.teamnotes.models import Base
from tests.teamnotes.policies import HELPERS, declare


def declaration() -> Declaration:
    """Return what the application declares."""
    with declaring():
        declare()
        return collected()


def build(cursor: Cursor, declared: Declaration) -> None:
    """Create the application in an empty database, as its owner."""
    tables = [table for table in Base.metadata.sorted_tables if table.schema is None]
    made = [one for table in tables for one in (CreateTable(table), *map(CreateIndex, table.indexes))]
    statements = [*(str(one.compile(dialect=postgresql.dialect())) for one in made), HELPERS]
    for table in declared:
        managed = (
            TableGrants(table.schema, table.name, table.grants),
            *table.policies,
            TableRowSecurity(table.schema, table.name, table.row_security),
        )
        statements += [statement for value in managed for statement in create_sql(value)]
    for statement in statements:
        cursor.execute(statement)
