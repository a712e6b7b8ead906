"""Assert what a persona can and cannot do to a table. Each failure shows the persona, the statement and the policies.

Every assertion runs as whoever the connection is at the moment, and is rolled back: it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.testing.attempts import (
    connection_of,
    counted,
    failure,
    insert,
    name_of,
    require_a_row,
    settings_of,
    tried,
    where_clause,
)
from gatepost.testing.explanation import readable_columns
from gatepost.testing.missing_pieces import Attempt

if TYPE_CHECKING:
    from gatepost.testing.attempts import Db, Outcome


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
            raise failure(f"expected to read {wanted} of {name_of(table)}, but read {outcome.count}", outcome, context)


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
            raise failure(f"read {counted(outcome.count)} of {name_of(table)}, but expected none", outcome, context)
        require_a_row(db, table, where, outcome, context)


def assert_can_insert(db: Db, table: object, **values: object) -> None:
    """Assert that a row can be inserted.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model or a name.
        values: The row, by column. The other columns get their defaults.
    """
    _can(db, insert(table, values), values, f"insert into {name_of(table)}")


def assert_cannot_insert(db: Db, table: object, **values: object) -> None:
    """Assert that row security or a privilege refuses a row. The arguments are those of `assert_can_insert`."""
    _cannot(db, insert(table, values), values, f"inserted into {name_of(table)}")


def assert_can_insert_returning(db: Db, table: object, **values: object) -> None:
    """Assert that a row can be inserted and comes back, by `INSERT … RETURNING *`, as most clients send it.

    The new row must pass the policies for SELECT, too. The arguments are those of `assert_can_insert`.
    """
    _can(db, _returning(insert(table, values)), values, f"insert into {name_of(table)} and get the row back")


def assert_cannot_insert_returning(db: Db, table: object, **values: object) -> None:
    """Assert that `INSERT … RETURNING *` is refused. The arguments are those of `assert_can_insert`."""
    _cannot(db, _returning(insert(table, values)), values, f"inserted into {name_of(table)} and got the row back")


def assert_can_upsert(db: Db, table: object, conflict: Collection[str], **values: object) -> None:
    """Assert that a row can be inserted or, where it is there already, changed: `INSERT … ON CONFLICT DO UPDATE`.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model or a name.
        conflict: The columns of the key that identifies the row.
        values: The row, by column.
    """
    _can(db, _upsert(insert(table, values), conflict, values), values, f"insert or change a row of {name_of(table)}")


def assert_cannot_upsert(db: Db, table: object, conflict: Collection[str], **values: object) -> None:
    """Assert that an upsert is refused. The arguments are those of `assert_can_upsert`."""
    _cannot(db, _upsert(insert(table, values), conflict, values), values, f"upserted a row of {name_of(table)}")


def assert_can_update(db: Db, table: object, values: Mapping[str, object], **where: object) -> None:
    """Assert that at least one row can be changed.

    Args:
        db: A connection or a session, acting as a persona.
        table: A model or a name.
        values: The new values, by column.
        where: The values of the rows to change, by column.
    """
    with tried(db, _update(table, values, where), {**_set(values), **where}) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise failure(f"expected to change a row of {name_of(table)}, but changed none", outcome, context)


def assert_cannot_update(db: Db, table: object, values: Mapping[str, object], **where: object) -> None:
    """Assert that no row can be changed. The arguments are those of `assert_can_update`."""
    with tried(db, _update(table, values, where), {**_set(values), **where}) as (outcome, context):
        if outcome.count:
            raise failure(
                f"changed {counted(outcome.count)} of {name_of(table)}, but expected to change none", outcome, context
            )
        require_a_row(db, table, where, outcome, context)


def assert_can_delete(db: Db, table: object, **where: object) -> None:
    """Assert that at least one row can be deleted. The arguments are those of `assert_can_select`."""
    with tried(db, _delete(table, where), where, settings_of(table)) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise failure(f"expected to delete a row of {name_of(table)}, but deleted none", outcome, context)


def assert_cannot_delete(db: Db, table: object, **where: object) -> None:
    """Assert that no row can be deleted. The arguments are those of `assert_can_select`."""
    with tried(db, _delete(table, where), where, settings_of(table)) as (outcome, context):
        if outcome.count:
            raise failure(
                f"deleted {counted(outcome.count)} of {name_of(table)}, but expected to delete none", outcome, context
            )
        require_a_row(db, table, where, outcome, context)


@contextmanager
def _selected(
    db: Db, table: object, columns: Collection[str] | None, where: Mapping[str, object]
) -> Iterator[tuple[Outcome, Callable[[], str]]]:
    """Read rows, and where only some columns are refused, read the others: a refused column is no refused row."""
    with tried(db, _select(table, columns, where), where) as (outcome, context):
        held: Collection[str] = ()
        if outcome.refused and columns is None:
            with connection_of(db).cursor() as cursor:
                held, hidden = readable_columns(cursor, name_of(table))
            if held and (named := [name for name in where if name in hidden]):
                raise failure(
                    f"the condition names {sql.identifiers(named)}, which this role may not read: that refuses"
                    " the statement and no row, so name the rows by another column",
                    outcome,
                    context,
                )
            held = held if hidden else ()
        if not held:
            yield outcome, context
            return
    with tried(db, _select(table, held, where), where) as with_the_others:
        yield with_the_others


def _can(db: Db, attempt: Attempt, values: Mapping[str, object], what: str) -> None:
    with tried(db, attempt, values) as (outcome, context):
        if outcome.refused or not outcome.count:
            raise failure(f"expected to {what}, but it was refused", outcome, context)


def _cannot(db: Db, attempt: Attempt, values: Mapping[str, object], done: str) -> None:
    with tried(db, attempt, values) as (outcome, context):
        if not outcome.refused:
            raise failure(f"{done}, but expected a refusal", outcome, context)


def _returning(attempt: Attempt) -> Attempt:
    return replace(attempt, statement=f"{attempt.statement} RETURNING *", bare=attempt.statement)


def _upsert(attempt: Attempt, conflict: Collection[str], values: Mapping[str, object]) -> Attempt:
    changed = [name for name in values if name not in conflict] or list(values)
    changes = ", ".join(f"{sql.identifier(name)} = EXCLUDED.{sql.identifier(name)}" for name in changed)
    clause = f"ON CONFLICT ({sql.identifiers(conflict)}) DO UPDATE SET {changes}"
    return replace(attempt, statement=f"{attempt.statement} {clause}", bare=attempt.statement)


def _select(table: object, columns: Collection[str] | None, where: Mapping[str, object]) -> Attempt:
    what, condition = "*" if columns is None else sql.identifiers(columns), where_clause(where)
    return Attempt("SELECT", name_of(table), f"SELECT {what} FROM {name_of(table)}{condition}", where=condition)


def _delete(table: object, where: Mapping[str, object]) -> Attempt:
    condition = where_clause(where)
    return Attempt("DELETE", name_of(table), f"DELETE FROM {name_of(table)}{condition}", where=condition)


def _update(table: object, values: Mapping[str, object], where: Mapping[str, object]) -> Attempt:
    changes = ", ".join(f"{sql.identifier(name)} = %(set {name})s" for name in values)
    condition = where_clause(where)
    statement = f"UPDATE {name_of(table)} SET {changes}{condition}"
    return Attempt("UPDATE", name_of(table), statement, where=condition, written=tuple(values))


def _set(values: Mapping[str, object]) -> dict[str, object]:
    return {f"set {name}": value for name, value in values.items()}
