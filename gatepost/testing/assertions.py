"""Assert what a persona can and cannot do to a table. Each failure shows the persona, the statement and the policies.

Every assertion runs as whoever the connection is at the moment, and is rolled back: it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.connect import raw
from gatepost.testing.explanation import explain, readable_columns

if TYPE_CHECKING:
    import sqlalchemy.orm
    from psycopg2.extensions import connection as Connection

    Db = Connection | sqlalchemy.orm.Session


class AccessAssertionError(AssertionError):
    """Somebody can do what they must not, or cannot do what they should."""


class NothingToRefuse(AccessAssertionError):
    """No row is there that a persona could have been refused, so the assertion shows nothing."""


@dataclass(frozen=True)
class _Outcome:
    statement: str
    count: int
    rows: tuple[str, ...]
    refused: str


def assert_can_select(
    db: Db, table: object, *, rows: int | None = None, columns: Collection[str] | None = None, **where: object
) -> None:
    """Assert that rows can be read.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model, or a name such as `tasks` or `storage.objects`.
        rows: The exact number of rows. Without it, at least one.
        columns: The columns to read. Without it, every column that the persona may read.
        where: The values of the rows, by column.
    """
    with _selected(db, table, columns, where) as (outcome, context):
        wanted = f"{rows} rows" if rows is not None else "at least one row"
        if outcome.refused or (outcome.count != rows if rows is not None else not outcome.count):
            raise _failure(f"expected to read {wanted} of {_name(table)}, but read {outcome.count}", outcome, context)


def assert_cannot_select(db: Db, table: object, *, columns: Collection[str] | None = None, **where: object) -> None:
    """Assert that no row can be read, or that the table is refused.

    A column that is hidden hides no row: the others are read instead. To assert that a column is refused, name it.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model, or a name such as `tasks` or `storage.objects`.
        columns: The columns to read. Without it, every column that the persona may read.
        where: The values of the rows, by column.

    Raises:
        NothingToRefuse: there is no such row, for whoever may look.
    """
    with _selected(db, table, columns, where) as (outcome, context):
        if outcome.count:
            raise _failure(f"read {_rows(outcome.count)} of {_name(table)}, but expected none", outcome, context)
        _require_a_row(db, table, where, outcome, context)


def assert_can_insert(db: Db, table: object, **values: object) -> None:
    """Assert that a row can be inserted.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model or a name.
        values: The row, by column. The other columns get their defaults.
    """
    with _tried(db, "INSERT", table, _insert(table, values), values) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise _failure(f"expected to insert into {_name(table)}, but it was refused", outcome, context)


def assert_cannot_insert(db: Db, table: object, **values: object) -> None:
    """Assert that row security or a privilege refuses a row. The arguments are those of `assert_can_insert`."""
    with _tried(db, "INSERT", table, _insert(table, values), values) as (outcome, context):
        if not outcome.refused:
            raise _failure(f"inserted into {_name(table)}, but expected a refusal", outcome, context)


def assert_can_update(db: Db, table: object, values: Mapping[str, object], **where: object) -> None:
    """Assert that at least one row can be changed.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model or a name.
        values: The new values, by column.
        where: The values of the rows to change, by column.
    """
    with _tried(db, "UPDATE", table, _update(table, values, where), {**_set(values), **where}) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise _failure(f"expected to change a row of {_name(table)}, but changed none", outcome, context)


def assert_cannot_update(db: Db, table: object, values: Mapping[str, object], **where: object) -> None:
    """Assert that no row can be changed. The arguments are those of `assert_can_update`."""
    with _tried(db, "UPDATE", table, _update(table, values, where), {**_set(values), **where}) as (outcome, context):
        if outcome.count:
            raise _failure(
                f"changed {_rows(outcome.count)} of {_name(table)}, but expected to change none", outcome, context
            )
        _require_a_row(db, table, where, outcome, context)


def assert_can_delete(db: Db, table: object, **where: object) -> None:
    """Assert that at least one row can be deleted. The arguments are those of `assert_can_select`."""
    with _tried(db, "DELETE", table, f"DELETE FROM {_name(table)}{_where(where)}", where) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise _failure(f"expected to delete a row of {_name(table)}, but deleted none", outcome, context)


def assert_cannot_delete(db: Db, table: object, **where: object) -> None:
    """Assert that no row can be deleted. The arguments are those of `assert_can_select`."""
    with _tried(db, "DELETE", table, f"DELETE FROM {_name(table)}{_where(where)}", where) as (outcome, context):
        if outcome.count:
            raise _failure(
                f"deleted {_rows(outcome.count)} of {_name(table)}, but expected to delete none", outcome, context
            )
        _require_a_row(db, table, where, outcome, context)


@contextmanager
def _selected(
    db: Db, table: object, columns: Collection[str] | None, where: Mapping[str, object]
) -> Iterator[tuple[_Outcome, Callable[[], str]]]:
    """Read rows, and where only some columns are refused, read the others: a refused column is no refused row."""
    with _tried(db, "SELECT", table, _select(table, columns, where), where) as (outcome, context):
        held: Collection[str] = ()
        if outcome.refused and columns is None:
            with raw(db).cursor() as cursor:
                held, hidden = readable_columns(cursor, _name(table))
            if held and (named := [name for name in where if name in hidden]):
                raise _failure(
                    f"the condition names {sql.identifiers(named)}, which this role may not read: that refuses"
                    " the statement and no row, so name the rows by another column",
                    outcome,
                    context,
                )
            held = held if hidden else ()
        if not held:
            yield outcome, context
            return
    with _tried(db, "SELECT", table, _select(table, held, where), where) as tried:
        yield tried


def _require_a_row(
    db: Db, table: object, where: Mapping[str, object], outcome: _Outcome, context: Callable[[], str]
) -> None:
    """Look, as whoever connected, if there was a row at all: a statement that finds none is refused nothing."""
    from psycopg2 import errors

    if outcome.refused or outcome.count:
        return
    look = f"SELECT EXISTS (SELECT FROM {_name(table)}{_where(where)})"
    with raw(db).cursor() as cursor:
        try:
            # With row_security off, a query that policies would filter is an error and not an empty result.
            cursor.execute(
                f"SAVEPOINT gatepost_assertion; SET LOCAL ROLE none; SET LOCAL row_security = off; {look}",
                {name: _plain(value) for name, value in where.items()},
            )
            (there,) = cursor.fetchone() or (True,)
        except errors.InsufficientPrivilege:
            there = True  # whoever connected may not look either
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion; RELEASE SAVEPOINT gatepost_assertion")
    if not there:
        message = f"no row of {_name(table)} matches, so nothing was refused: insert one before acting as the persona"
        raise _failure(message, outcome, context, NothingToRefuse)


@contextmanager
def _tried(
    db: Db, command: str, table: object, statement: str, values: Mapping[str, object]
) -> Iterator[tuple[_Outcome, Callable[[], str]]]:
    """Run a statement in a savepoint that is rolled back, and yield its result and, on request, what decided.

    A refusal is SQLSTATE 42501: row security or a privilege. Any other error is the test's own, and is raised.
    """
    from psycopg2 import errors

    with raw(db).cursor() as cursor:
        refused, count = "", 0
        rows: tuple[str, ...] = ()
        shown = cursor.mogrify(statement, {name: _plain(value) for name, value in values.items()}).decode()
        try:
            cursor.execute(f"SAVEPOINT gatepost_assertion; {shown}")
            count = cursor.rowcount
            if command == "SELECT":
                rows = tuple(str(row) for row in cursor.fetchmany(5))
        except errors.InsufficientPrivilege as error:
            refused = (error.diag.message_primary or "").strip()
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion; RELEASE SAVEPOINT gatepost_assertion")
        outcome = _Outcome(shown, count, rows, refused)
        yield outcome, lambda: explain(cursor, command, _name(table), denied=bool(refused) or not count)


def _failure(
    message: str,
    outcome: _Outcome,
    context: Callable[[], str],
    kind: type[AccessAssertionError] = AccessAssertionError,
) -> AccessAssertionError:
    lines = [message, f"statement {outcome.statement}"]
    lines += [f"refused   {outcome.refused}"] if outcome.refused else []
    lines += [f"row       {row}" for row in outcome.rows]
    return kind("\n  ".join([*lines, *context().splitlines()]))


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _name(table: object) -> str:
    made = getattr(table, "__table__", table)
    if isinstance(made, str):
        schema, _, name = made.rpartition(".")
        return sql.qualified(schema, name) if schema else sql.identifier(name)
    name, inside = str(made.name), made.schema  # type: ignore[attr-defined]  # a model's __table__, or a Table
    return sql.qualified(inside, name) if inside else sql.identifier(name)


def _select(table: object, columns: Collection[str] | None, where: Mapping[str, object]) -> str:
    return f"SELECT {'*' if columns is None else sql.identifiers(columns)} FROM {_name(table)}{_where(where)}"


def _where(where: Mapping[str, object]) -> str:
    if not where:
        return ""
    return " WHERE " + " AND ".join(
        f"{sql.identifier(name)} IS NULL" if value is None else f"{sql.identifier(name)} = %({name})s"
        for name, value in where.items()
    )


def _insert(table: object, values: Mapping[str, object]) -> str:
    if not values:
        return f"INSERT INTO {_name(table)} DEFAULT VALUES"
    places = ", ".join(f"%({name})s" for name in values)
    return f"INSERT INTO {_name(table)} ({sql.identifiers(values)}) VALUES ({places})"


def _update(table: object, values: Mapping[str, object], where: Mapping[str, object]) -> str:
    changes = ", ".join(f"{sql.identifier(name)} = %(set {name})s" for name in values)
    return f"UPDATE {_name(table)} SET {changes}{_where(where)}"


def _set(values: Mapping[str, object]) -> dict[str, object]:
    return {f"set {name}": value for name, value in values.items()}


def _plain(value: object) -> object:
    """Return a value in the form that psycopg2 takes: a UUID or a JSON value as text, which PostgreSQL reads."""
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        from psycopg2.extras import Json

        return Json(value)
    return value
