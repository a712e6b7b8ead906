"""Hold what was declared against what a live database does, without writing to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from gatepost.canonical import live_shapes, print_policies
from gatepost.database.connect import raw
from gatepost.database.reading import read_again
from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.diff import TableState, declared_state, version_state
from gatepost.errors import ExpressionError, GatepostError
from gatepost.finding import Finding, NotChecked, Result
from gatepost.project import find_project
from gatepost.reflect import read_all
from gatepost.schema import Schema

if TYPE_CHECKING:
    import sqlalchemy
    import sqlalchemy.orm
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from gatepost.rules import Context, Rule

    AnyConnection = Connection | sqlalchemy.Connection | sqlalchemy.orm.Session

States = dict[tuple[str, str], TableState]


class RowSecurityMissing(GatepostError, AssertionError):
    """A table that the API serves lacks row security."""


def verify(
    connection: AnyConnection,
    *,
    declaration: Declaration | None = None,
    rules: Iterable[Rule] | None = None,
    target: str = "",
) -> Result:
    """Hold a live database against the declaration and the rules.

    The catalog is read in one READ ONLY transaction, where nothing of the database's own decides what our queries
    mean. The declared expressions are then printed by PostgreSQL on
    temporary tables, in a transaction that is rolled back. A connection that is already inside a transaction is read
    inside it, up to a savepoint that is rolled back, and left in it with its own settings.

    Args:
        connection: A psycopg2 connection, or a SQLAlchemy connection or session.
        declaration: What was declared; without it, the one of the project that holds the current folder, if any.
        rules: Which rules to ask; without them, all.
        target: How the database is called in the result.

    Returns:
        The findings, and what could not be checked.

    Raises:
        DeclarationError: the declaration cannot be meant.
        DatabaseUnreachable: the database cannot be read: the connection is lost or inside a failed transaction, or
            somebody holds a lock, and is named.
    """
    found = raw(connection)
    with _reading(found) as read_already:
        # Here and not above: what is imported while PostgreSQL answers takes no time.
        from gatepost.rules import Context, all_rules

        asked = all_rules() if rules is None else tuple(rules)
        if declaration is None:
            project = find_project()
            declaration = project.declaration() if project is not None else None
        live = read_already()
    states, not_checked = _declared_states(found, declaration or Declaration(), live)
    context = Context(live, declaration, states)
    findings = [finding for one in asked for finding in one.check(context)]
    return Result(
        command="verify",
        target=target or live.database,
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        not_checked=tuple(sorted((*not_checked, *context.not_analysed()))),
        summary=_summary(context, findings),
    )


def assert_row_security(connection: AnyConnection) -> None:
    """Raise unless row security is on for every table that the API serves or can use.

    A table counts whoever may reach it now, and one whose owner the API belongs to must have it forced.

    Args:
        connection: A psycopg2 connection, or a SQLAlchemy connection or session.

    Raises:
        RowSecurityMissing: a table lacks it; the message names each.
    """
    from gatepost.rules import named_rule

    wanted = [named_rule(name) for name in ("row-security-off", "row-security-not-forced")]
    result = verify(connection, declaration=Declaration(), rules=wanted)
    if result.findings:
        raise RowSecurityMissing(
            "row security is missing: " + "; ".join(finding.message for finding in result.findings),
            "\n  ".join(finding.fix for finding in result.findings),
        )


def _summary(context: Context, findings: list[Finding]) -> dict[str, int | str | bool]:
    return {
        "declared": context.declaration is not None,
        "tables": len(context.tables),
        "policies": sum(len(table.policies) for table in context.tables),
        **{severity: sum(f.severity == severity for f in findings) for severity in ("error", "warning", "info")},
    }


@contextmanager
def _reading(connection: Connection) -> Iterator[Callable[[], Schema]]:
    """Read the catalog beside what is done inside; nothing but the reader touches the connection meanwhile.

    Yields a function that returns what was read, or raises what went wrong.
    """
    found: list[Schema] = []
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            found.append(read_again(connection, read_all))
        except BaseException as error:  # noqa: BLE001  whoever asks for the result gets it
            wrong.append(error)

    reader = Thread(target=work, name="gatepost reads the catalog", daemon=True)

    def result() -> Schema:
        reader.join()
        for error in wrong:
            raise error
        return found[0]

    reader.start()
    try:
        yield result
    finally:
        reader.join()


def _idle(connection: Connection) -> bool:
    from psycopg2.extensions import TRANSACTION_STATUS_IDLE

    return bool(connection.info.transaction_status == TRANSACTION_STATUS_IDLE)


def _declared_states(connection: Connection, declaration: Declaration, live: Schema) -> tuple[States, list[NotChecked]]:
    """Return the state of every declared table that is in the database, as PostgreSQL prints it."""
    states = _version_states(live) if declaration.tables else {}
    there = [table for table in declaration if live.table(*table.key) is not None]
    if not there:
        return states, []
    if reason := _unwritable(connection):
        return states, [NotChecked("the declared policies", reason)]
    not_checked = []
    with _scratch(connection) as cursor:
        for group in _printable(cursor, there, live):
            if isinstance(group, NotChecked):
                not_checked.append(group)
            else:
                states |= group
    return states, not_checked


def _printable(cursor: Cursor, tables: list[ProtectedTable], live: Schema) -> Iterator[States | NotChecked]:
    """Yield the states of all tables at once or, where PostgreSQL refuses one, of each by itself."""
    from psycopg2 import Error

    shapes = live_shapes(live)

    def states(some: list[ProtectedTable]) -> States:
        policies = [policy for table in some for policy in table.policies]
        there = {policy for table in live.tables for policy in table.policies}
        printed = print_policies(cursor, policies, shapes, live.search_path, live=there) if policies else {}
        return {table.key: declared_state(table, printed, live) for table in some}

    try:
        yield states(tables)
        return
    except ExpressionError:
        pass  # told below, table by table
    except Error as error:
        reason = (error.diag.message_primary or str(error)).strip()
        yield NotChecked("the declared policies", f"PostgreSQL could not print them: {reason}")
        return
    for table in tables:
        try:
            yield states([table])
        except ExpressionError as error:
            yield NotChecked(f"the policies of {table}", error.message)


def _version_states(live: Schema) -> States:
    from gatepost.rules.context import VERSION_TABLE

    table = live.table("public", VERSION_TABLE)
    if table is None:
        return {}
    return {table.key: version_state(*table.key)}


def _unwritable(connection: Connection) -> str:
    """Return why no temporary table can be made here, on which PostgreSQL would print what was declared."""
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
        return "PostgreSQL prints them on temporary tables, and this role may make none: GRANT TEMPORARY ON DATABASE"
    if read_only and not fresh:
        return "PostgreSQL prints them on temporary tables, and the connection is inside a READ ONLY transaction"
    return ""


@contextmanager
def _scratch(connection: Connection) -> Iterator[Cursor]:
    """Lend a cursor in a transaction that can make temporary tables, and roll everything back."""
    fresh = _idle(connection)
    with connection.cursor() as cursor:
        try:
            if fresh:
                # psycopg2 begins by itself, except where autocommit leaves it to us.
                cursor.execute("BEGIN READ WRITE" if connection.autocommit else "SET TRANSACTION READ WRITE")
            yield cursor
        finally:
            if fresh and not connection.closed:
                if connection.autocommit:
                    cursor.execute("ROLLBACK")
                else:
                    connection.rollback()
