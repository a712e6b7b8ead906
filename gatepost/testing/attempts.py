"""Try a statement as a persona, roll it back, and say what decided. The assertions are made of this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gatepost import sql
from gatepost.database.connect import raw
from gatepost.errors import SettingsError
from gatepost.testing.explanation import explain
from gatepost.testing.missing_pieces import Attempt, failed_policy

if TYPE_CHECKING:
    import sqlalchemy.orm
    from psycopg2.extensions import connection as Connection
    from sqlalchemy.ext.asyncio import AsyncSession

    Db = Connection | sqlalchemy.orm.Session | AsyncSession


class AccessAssertionError(AssertionError):
    """Somebody can do what they must not, or cannot do what they should."""


class PolicyFails(AccessAssertionError):
    """A policy ended in an error: it neither let the row through nor refused it."""


class NothingToRefuse(AccessAssertionError):
    """No row is there that a persona could have been refused, so the assertion shows nothing."""


def connection_of(db: Db) -> Connection:
    """Return the connection that an assertion uses, of a session of either kind or as it was given.

    Raises:
        SettingsError: it is no connection of psycopg2, and so not that of the fixtures.
    """
    from psycopg2.extensions import connection as Driver

    session: Any = getattr(db, "sync_session", db)
    bind = session.get_bind() if hasattr(session, "get_bind") else session
    driver = bind.dialect.driver if hasattr(bind, "dialect") else type(bind).__module__.partition(".")[0]
    if not isinstance(session, Driver) and driver != "psycopg2":
        raise SettingsError(
            f'an assertion was given a session or connection of "{driver}", which is not that of the fixtures',
            "give it what as_user yields, gatepost_session or gatepost_async_session; and let the code under test use"
            " the same session, for example by app.dependency_overrides of FastAPI",
        )
    return raw(session)


@dataclass(frozen=True)
class Outcome:
    """What a statement did: how many rows it reached, the first of them, and what PostgreSQL said if it refused."""

    statement: str
    count: int
    rows: tuple[str, ...]
    refused: str


def require_a_row(
    db: Db, table: object, where: Mapping[str, object], outcome: Outcome, context: Callable[[], str]
) -> None:
    """Look, as whoever connected, if there was a row at all: a statement that finds none is refused nothing."""
    from psycopg2 import errors

    if outcome.refused or outcome.count:
        return
    look = f"SELECT EXISTS (SELECT FROM {name_of(table)}{where_clause(where)})"
    with connection_of(db).cursor() as cursor:
        try:
            # With row_security off, a query that policies would filter is an error and not an empty result.
            cursor.execute(
                f"SAVEPOINT gatepost_assertion; SET LOCAL ROLE none; SET LOCAL row_security = off; {look}",
                {name: plain(value) for name, value in where.items()},
            )
            (there,) = cursor.fetchone() or (True,)
        except errors.InsufficientPrivilege:
            there = True  # whoever connected may not look either
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion; RELEASE SAVEPOINT gatepost_assertion")
    if not there:
        message = f"no row of {name_of(table)} matches, so nothing was refused: insert one before acting as the persona"
        raise failure(message, outcome, context, NothingToRefuse)


@contextmanager
def tried(
    db: Db,
    attempt: Attempt,
    values: Mapping[str, object],
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[Outcome, Callable[[], str]]]:
    """Run a statement in a savepoint that is rolled back, and yield its result and, on request, what decided.

    A refusal is SQLSTATE 42501: row security or a privilege. Any other error is the test's own, and is raised.

    Args:
        db: Acting as a persona.
        attempt: The statement, with a place for each value.
        values: The values.
        settings: What is set for the statement, as a service of the platform does.

    Raises:
        PolicyFails: a policy ended in an error, which is no refusal.
    """
    from psycopg2 import Error, errors

    with connection_of(db).cursor() as cursor:
        given = {name: plain(value) for name, value in values.items()}
        shown, bare, where = (
            cursor.mogrify(text, given).decode() if text else ""
            for text in (attempt.statement, attempt.bare, attempt.where)
        )
        sent = replace(attempt, statement=shown, bare=bare, where=where)
        count = 0
        rows: tuple[str, ...] = ()
        try:
            cursor.execute("; ".join(["SAVEPOINT gatepost_assertion", *_set_locally(settings), shown]))
            count = cursor.rowcount
            if cursor.description is not None:
                rows = tuple(str(row) for row in cursor.fetchmany(5))
        except errors.InsufficientPrivilege as error:
            sent = replace(sent, refused=(error.diag.message_primary or "").strip() or "refused")
        except Error as error:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion")
            why = failed_policy(cursor, error)
            if why:
                raise PolicyFails(f"a policy of {sent.table} failed: {why}\n  statement {shown}") from error
            raise
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion; RELEASE SAVEPOINT gatepost_assertion")
        outcome = Outcome(shown, count, rows, sent.refused)
        yield outcome, lambda: explain(cursor, sent, denied=bool(sent.refused) or not count)


def _set_locally(settings: Mapping[str, str]) -> list[str]:
    return [f"SET LOCAL {name} = {sql.literal(value)}" for name, value in settings.items()]


def failure(
    message: str,
    outcome: Outcome,
    context: Callable[[], str],
    kind: type[AccessAssertionError] = AccessAssertionError,
) -> AccessAssertionError:
    """Return the failure of an assertion, with what decided."""
    lines = [message, f"statement {outcome.statement}"]
    lines += [f"refused   {outcome.refused}"] if outcome.refused else []
    lines += [f"row       {row}" for row in outcome.rows]
    return kind("\n  ".join([*lines, *context().splitlines()]))


def counted(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count} row{'' if count == 1 else 's'}"


def name_of(table: object) -> str:
    """Return the table, as SQL names it."""
    made = getattr(table, "__table__", table)
    if isinstance(made, str):
        schema, _, name = made.rpartition(".")
        return sql.qualified(schema, name) if schema else sql.identifier(name)
    name, inside = str(made.name), made.schema  # type: ignore[attr-defined]  # a model's __table__, or a Table
    return sql.qualified(inside, name) if inside else sql.identifier(name)


def where_clause(where: Mapping[str, object]) -> str:
    """Return the condition, with a place for each value."""
    if not where:
        return ""
    return " WHERE " + " AND ".join(
        f"{sql.identifier(name)} IS NULL" if value is None else f"{sql.identifier(name)} = %({name})s"
        for name, value in where.items()
    )


def insert(table: object, values: Mapping[str, object]) -> Attempt:
    """Return an INSERT, with a place for each value."""
    places = ", ".join(f"%({name})s" for name in values)
    row = f"({sql.identifiers(values)}) VALUES ({places})" if values else "DEFAULT VALUES"
    return Attempt("INSERT", name_of(table), f"INSERT INTO {name_of(table)} {row}", written=tuple(values))


def settings_of(table: object) -> Mapping[str, str]:
    """Return what the storage service sets before it deletes files: without it a trigger refuses whoever asks."""
    return {"storage.allow_delete_query": "true"} if name_of(table).startswith('"storage".') else {}


def plain(value: object) -> object:
    """Return a value in the form that psycopg2 takes: a UUID or a JSON value as text, which PostgreSQL reads."""
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        from psycopg2.extras import Json

        return Json(value)
    return value
