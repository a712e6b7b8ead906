"""Let the live database itself print the declared policies, on temporary tables in a rolled-back transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from gatepost.canonical.printed_policies import Printed, reading_like, twin
from gatepost.canonical.printing_on_temporary_tables import print_policies
from gatepost.canonical.shapes import live_shapes
from gatepost.errors import ExpressionError
from gatepost.finding import NotChecked
from gatepost.schema import Policy, Schema

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor


def print_there(connection: Connection, policies: Iterable[Policy], live: Schema) -> Printed:
    """Return the declared policies as the live database prints them, in a transaction that may write.

    Args:
        connection: psycopg2; a connection that is inside a transaction is left in it.
        policies: The declared policies, of tables that are in the database.
        live: The database.
    """
    declared = sorted(policies, key=lambda policy: (policy.schema, policy.table))
    unprinted = {policy: reading_like(policy, twin(policy, live)) for policy in declared}
    if reason := _unwritable(connection):
        return Printed(unprinted, (NotChecked("the declared policies", reason),))
    not_checked = []
    with _scratch(connection) as cursor:
        for group in _printable(cursor, declared, live):
            if isinstance(group, NotChecked):
                not_checked.append(group)
            else:
                unprinted |= group
    return Printed(unprinted, tuple(not_checked))


def _printable(cursor: Cursor, policies: list[Policy], live: Schema) -> Iterator[dict[Policy, Policy] | NotChecked]:
    """Yield all policies at once or, where PostgreSQL refuses one, those of each table by themselves."""
    from psycopg2 import Error

    shapes = live_shapes(live)
    there = {policy for table in live.tables for policy in table.policies}

    def printed(some: Sequence[Policy]) -> dict[Policy, Policy]:
        return print_policies(cursor, some, shapes, live.search_path, live=there)

    try:
        yield printed(policies)
        return
    except ExpressionError:
        pass  # reported below, table by table
    except Error as error:
        reason = (error.diag.message_primary or str(error)).strip()
        yield NotChecked("the declared policies", f"PostgreSQL could not print them: {reason}")
        return
    for (schema, table), group in groupby(policies, key=lambda policy: (policy.schema, policy.table)):
        try:
            yield printed(list(group))
        except ExpressionError as error:
            yield NotChecked(f"the policies of {schema}.{table}", error.message)


def _unwritable(connection: Connection) -> str:
    """Return why no temporary tables can be created here, which printing needs; None if they can."""
    fresh = _idle(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery(), has_database_privilege(current_database(), 'TEMP'),"
            " current_setting('transaction_read_only') = 'on'"
        )
        standby, temporary, read_only = cursor.fetchone() or (False, True, False)
    if fresh and not connection.autocommit:
        connection.rollback()
    if standby:
        return "PostgreSQL prints them on temporary tables, and this server is a standby"
    if not temporary:
        return (
            "PostgreSQL prints them on temporary tables, and this role may not create any: GRANT TEMPORARY ON DATABASE"
        )
    if read_only and not fresh:
        return "PostgreSQL prints them on temporary tables, and the connection is inside a READ ONLY transaction"
    return ""


@contextmanager
def _scratch(connection: Connection) -> Iterator[Cursor]:
    """Yield a cursor in a transaction that can create temporary tables, and roll everything back."""
    fresh = _idle(connection)
    with connection.cursor() as cursor:
        try:
            if fresh:
                # psycopg2 begins by itself, except in autocommit mode.
                cursor.execute("BEGIN READ WRITE" if connection.autocommit else "SET TRANSACTION READ WRITE")
            yield cursor
        finally:
            if fresh and not connection.closed:
                if connection.autocommit:
                    cursor.execute("ROLLBACK")
                else:
                    connection.rollback()


def _idle(connection: Connection) -> bool:
    from psycopg2.extensions import TRANSACTION_STATUS_IDLE

    return bool(connection.info.transaction_status == TRANSACTION_STATUS_IDLE)
