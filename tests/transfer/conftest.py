"""A SQLite file from statements, and the target's tables beside it."""

import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def sqlite_file(tmp_path):
    """Make a SQLite file: `sqlite_file("CREATE TABLE …", ("INSERT … VALUES (?)", [(1,)]))`."""

    def make(*statements, name="app.db"):
        path = tmp_path / name
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                if isinstance(statement, str):
                    connection.execute(statement)
                else:
                    connection.executemany(*statement)
        return path

    return make


@pytest.fixture
def target(connection):
    """Run statements on the target and commit; gives psycopg2's connection, outside of a transaction."""

    def make(*statements):
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return connection

    return make


@pytest.fixture
def rows(connection):
    """Return what a query gives on the target, and end its transaction."""

    def query(statement):
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    return query
