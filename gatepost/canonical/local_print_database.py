"""The empty database of the local server in which foreign expressions are parsed, and the role that does it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from gatepost import local, sql
from gatepost.database.connect import connect, dial
from gatepost.database.connection_errors import Diagnosis
from gatepost.database.url import parse_url
from gatepost.errors import LocalServerError
from gatepost.local.cluster import SUPERUSER

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

DATABASE = "gatepost_printing"
ROLE = "gatepost_printer"
_APPLICATION = "gatepost verify"
_SETTINGS = (
    ("client_encoding", "UTF8"),
    ("standard_conforming_strings", "on"),  # what `sql.expression_fault` reads by
    ("check_function_bodies", "off"),
    ("quote_all_identifiers", "off"),
    ("client_min_messages", "error"),
    ("jit", "off"),
    ("lock_timeout", "30s"),
    ("statement_timeout", "1min"),
)


class Server(Protocol):
    """A local server that can print: the embedded one, or that of a test run."""

    def url(self, database: str, user: str) -> str:
        """Return the URL of a database for a role."""


@contextmanager
def printing(server: Server | None = None) -> Iterator[Cursor]:
    """Yield a cursor in the empty database, in a transaction that is rolled back.

    Args:
        server: The server (default: the project's embedded server, which is stopped afterwards if it was not running).

    Raises:
        LocalServerError: there is no server to run, or it does not start.
        DatabaseUnreachable: it does not answer.
    """
    with ExitStack() as stack:
        if server is None:
            server = visited = local.server()
            name = f"gatepost_verify_{os.getpid()}_{secrets.token_hex(4)}"
            visited.visit(name)
            stack.callback(visited.leave, name)
        connection = stack.enter_context(closing(_connected(server)))
        cursor = stack.enter_context(connection.cursor())
        cursor.execute("; ".join(f"SET LOCAL {name} = {sql.literal(value)}" for name, value in _SETTINGS))
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (False,):
            raise LocalServerError(f'the role "{ROLE}" of the local server is a superuser', f"DROP ROLE {ROLE}")
        # Two at a time would wait for each other's names.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (DATABASE,))
        yield cursor
        connection.rollback()


def _connected(server: Server) -> Connection:
    """Connect to the empty database, and create it if it is missing."""
    url = parse_url(server.url(DATABASE, ROLE))
    opened = dial(url, application_name=_APPLICATION)
    if not isinstance(opened, Diagnosis):
        return opened
    with closing(connect(server.url("postgres", SUPERUSER), application_name=_APPLICATION)) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            _make(cursor, url.connect_arguments().get("password"))
    admin = connect(server.url(DATABASE, SUPERUSER), application_name=_APPLICATION)
    with closing(admin), admin, admin.cursor() as cursor:
        cursor.execute(
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;"
            f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {DATABASE} TO {ROLE};"
            f"GRANT USAGE, CREATE ON SCHEMA public TO {ROLE}"
        )
    return connect(url, application_name=_APPLICATION)


def _make(cursor: Cursor, password: object) -> None:
    """Create the role and the database; two processes may do this at the same time."""
    cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (DATABASE,))  # until the connection closes
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN NOINHERIT")
    if password is not None:
        cursor.execute(f"ALTER ROLE {ROLE} PASSWORD %s", (password,))
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 STRATEGY file_copy")
