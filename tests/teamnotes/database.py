"""The application in a database: its tables, its helpers, and what its declaration makes of them."""

from psycopg2.extensions import connection as Connection
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


def build(connection: Connection, declared: Declaration) -> None:
    """Create the application in an empty database, as its owner."""
    statements = [HELPERS]
    for table in Base.metadata.sorted_tables:
        if table.schema is None:
            wanted = [CreateTable(table), *map(CreateIndex, sorted(table.indexes, key=lambda one: str(one.name)))]
            statements = [
                *statements[:-1],
                *(str(one.compile(dialect=postgresql.dialect())) for one in wanted),
                HELPERS,
            ]
    for table in declared:
        managed = (
            TableGrants(table.schema, table.name, table.grants),
            *table.policies,
            TableRowSecurity(table.schema, table.name, table.row_security),
        )
        statements += [statement for value in managed for statement in create_sql(value)]
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
