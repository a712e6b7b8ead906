from contextlib import closing

import psycopg2
import pytest

from gatepost.reflect import reflect


@pytest.fixture
def after(superuser_url, database_url):
    """Run SQL as `postgres` (or as a superuser) and read the database back: `after("CREATE TABLE …").table(…)`."""

    def run(*statements, superuser=False):
        with closing(psycopg2.connect(superuser_url if superuser else database_url)) as connection:
            with connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            return reflect(connection)

    return run


@pytest.fixture
def new_role(superuser_url):
    """Make a role that is dropped afterwards, with everything it holds here: `new_role("name", "NOLOGIN")`."""
    made = []

    def execute(statement):
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def make(name, options=""):
        execute(f'DROP ROLE IF EXISTS "{name}"; CREATE ROLE "{name}" {options}')
        made.append(name)
        return name

    yield make
    for name in reversed(made):
        execute(f'DROP OWNED BY "{name}" CASCADE; DROP ROLE "{name}"')
