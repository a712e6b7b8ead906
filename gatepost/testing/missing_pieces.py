"""Name the piece that a refused statement lacks, each in one sentence.

https://www.postgresql.org/docs/17/sql-createpolicy.html lists which policies each command needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

_NEXTVAL = """
SELECT d.objid::regclass::text, a.attname FROM pg_depend d
  JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a ON a.attrelid = d.refobjid
                 AND a.attnum = d.refobjsubid AND a.attidentity = ''
 WHERE d.refobjid = to_regclass(%(table)s) AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
   AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(%(role)s, s.oid, 'USAGE, UPDATE') END
"""
_LACKING_COLUMNS = """
SELECT a.attname::text FROM pg_attribute a
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attname = ANY (%(columns)s)
   AND NOT has_column_privilege(%(role)s, a.attrelid, a.attnum, %(privilege)s)
"""


@dataclass(frozen=True)
class Attempt:
    """A statement that was tried.

    Args:
        command: SELECT, INSERT, UPDATE or DELETE.
        table: The table, as SQL names it.
        statement: What was sent, with its values.
        bare: The same without RETURNING and ON CONFLICT, where it has them.
        where: Its condition with `WHERE`, or nothing.
        written: The columns that it writes.
        refused: What PostgreSQL said, or nothing where it found no row.
    """

    command: str
    table: str
    statement: str = ""
    bare: str = ""
    where: str = ""
    written: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class TestedPolicy:
    """A policy of the table, with what its condition needs and the role of the statement may not use."""

    name: str
    command: str
    permissive: bool
    using: str | None
    check: str | None
    applies: bool
    roles: Sequence[str]
    not_executable: Sequence[str]
    not_readable: Sequence[str]
    helpers: Sequence[str]

    def is_for(self, command: str) -> bool:
        """Return whether it decides about a command of the role."""
        return self.applies and self.command in ("all", command.lower())


def of_privileges(cursor: Cursor, attempt: Attempt, role: str, held: bool) -> Iterator[str]:
    """Yield the privileges that are missing.

    Args:
        cursor: As whoever connected.
        attempt: The statement.
        role: The role that sent it.
        held: Whether the role holds the statement's privilege on the table or a column of it.
    """
    command, table = attempt.command, attempt.table
    values = {"table": table, "role": role, "privilege": command, "columns": list(attempt.written)}
    if not held:
        yield f'the privilege: GRANT {command} ON {table} TO "{role}"'
    elif attempt.written:
        cursor.execute(_LACKING_COLUMNS, values)
        if columns := ", ".join(f'"{name}"' for (name,) in cursor.fetchall()):
            yield f'{command} on column {columns} for "{role}", which may write other columns of {table}'
    if command == "INSERT":
        cursor.execute(_NEXTVAL, values)
        for sequence, column in cursor.fetchall():
            yield f'USAGE on sequence {sequence} for "{role}": the default of "{column}" takes the next number from it'


def of_policies(
    cursor: Cursor, attempt: Attempt, role: str, readable: bool, policies: Sequence[TestedPolicy]
) -> Iterator[str]:
    """Yield what is missing in or beside the policies of a table whose row security is on.

    Args:
        cursor: As whoever connected, in a savepoint of which nothing stays.
        attempt: The statement.
        role: The role that sent it.
        readable: Whether the role may read a column of the table.
        policies: Those of the table.
    """
    command = attempt.command
    reads = command in ("UPDATE", "DELETE")
    mine = [one for one in policies if one.is_for(command)]
    relevant = [one for one in policies if one.is_for(command) or (reads and one.is_for("SELECT"))]
    if reads and not readable:
        yield f'SELECT for "{role}": {command} with a condition reads the rows that it looks for'
    for one in relevant:
        for function in one.not_executable:
            yield f'EXECUTE on function {function} for "{role}": policy "{one.name}" calls it'
        for relation in one.not_readable:
            yield f'SELECT on {relation} for "{role}": policy "{one.name}" reads it as its caller'
    if not mine:
        others = sorted({each for one in policies if one.command in ("all", command.lower()) for each in one.roles})
        only = f'; the ones there are for "{", ".join(others)}"' if others else ""
        yield f'a policy for {command} for "{role}"{only}'
    elif not any(one.permissive for one in mine):
        yield f"a permissive policy for {command}: restrictive ones only take rows away"
    seeing = [one for one in policies if one.is_for("SELECT")]
    if reads and not any(one.permissive for one in seeing):
        yield f"a policy for SELECT: {command} with a condition finds only rows that the role may read"
        return
    yield from _restricted(attempt, mine)
    yield from _of_the_new_row(cursor, attempt, role, seeing, policies)


def _restricted(attempt: Attempt, mine: Sequence[TestedPolicy]) -> Iterator[str]:
    """Yield the restrictive policy that PostgreSQL named."""
    for one in mine:
        if not one.permissive and f'policy "{one.name}"' in attempt.refused:
            yield f'a row that passes the restrictive policy "{one.name}", as every row must whatever else allows it'


def _of_the_new_row(
    cursor: Cursor, attempt: Attempt, role: str, seeing: Sequence[TestedPolicy], policies: Sequence[TestedPolicy]
) -> Iterator[str]:
    """Yield why a row that may be written is refused: the policies for SELECT are asked about the new row, too."""
    if "row-level security" not in attempt.refused:
        return
    if attempt.bare:
        if not _passes(cursor, attempt.bare, role):
            return
        what = "ON CONFLICT DO UPDATE" if "ON CONFLICT" in attempt.statement else "RETURNING"
        changing = [one for one in policies if one.is_for("UPDATE")]
        if what != "RETURNING" and not any(one.permissive for one in changing):
            yield f"a policy for UPDATE: {what} needs one, also where no row is there yet"
        elif not any(one.permissive for one in seeing):
            yield f"a policy for SELECT: {what} reads the new row, and the plain INSERT passes"
        else:
            yield (
                f"a policy for SELECT that the new row passes: the plain INSERT does, but {what} reads the row"
                f"{_by(seeing)}"
            )
    elif attempt.command == "UPDATE" and _is_hidden(cursor, attempt, role):
        yield (
            "a policy for SELECT that the changed row passes: an UPDATE with a condition must not make the row"
            f" invisible to whoever changes it, as a soft delete does{_by(seeing)}"
        )


def _by(seeing: Sequence[TestedPolicy]) -> str:
    names = ", ".join(f'"{one.name}"' for one in seeing)
    helpers = sorted({helper for one in seeing for helper in one.helpers})
    found = f", and {names} {'does' if len(seeing) == 1 else 'do'} not let it through" if names else ""
    if helpers:
        found += f" ({', '.join(helpers)} looks the row up and cannot find one that its own statement adds)"
    return found


def _passes(cursor: Cursor, statement: str, role: str) -> bool:
    """Return whether row security lets a statement through; a key that is taken is looked at only after it."""
    from psycopg2 import Error, errors

    with _trying(cursor, role):
        try:
            cursor.execute(statement)
        except errors.UniqueViolation:
            return True
        except Error:
            return False
        return cursor.rowcount > 0


def _is_hidden(cursor: Cursor, attempt: Attempt, role: str) -> bool:
    """Return whether the row would be written if its policies for SELECT were not asked about it."""
    from psycopg2 import Error

    with _trying(cursor, role):
        cursor.execute(f"SELECT ctid::text FROM {attempt.table}{attempt.where}")
        found = [place for (place,) in cursor.fetchall()]
        changed = re.sub(r"^UPDATE .*? SET ", "", attempt.statement.removesuffix(attempt.where), flags=re.DOTALL)
        try:
            cursor.execute(
                f"SET LOCAL ROLE none; UPDATE {attempt.table} SET {changed} WHERE ctid = ANY (%s::tid[])"
                " RETURNING ctid::text",
                [found],
            )
            places = [place for (place,) in cursor.fetchall()]
            cursor.execute("SELECT pg_catalog.set_config('role', %s, true)", [role])
            cursor.execute(f"SELECT count(*) FROM {attempt.table} WHERE ctid = ANY (%s::tid[])", [places])
        except Error:
            return False
        (seen,) = cursor.fetchone() or (0,)
        return bool(places) and int(seen) < len(places)


def failed_policy(cursor: Cursor, error: Error) -> str:
    """Return why a policy ended in an error, in a sentence, or nothing where it was not a policy's error.

    Args:
        cursor: As the persona, in a savepoint.
        error: What the statement raised.
    """
    from psycopg2 import errors

    said = (error.diag.message_primary or "").strip()
    if isinstance(error, errors.InvalidTextRepresentation):
        try:
            cursor.execute("SELECT auth.uid()")
        except errors.InvalidTextRepresentation:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_assertion")
            return (
                f"{said}, which is the token's sub. auth.uid() takes only a uuid: where another service signs users in,"
                " compare (SELECT auth.jwt() ->> 'sub') with a text column"
            )
        return ""
    if isinstance(error, errors.InvalidObjectDefinition) and "recursion" in said:
        return f"{said}: it reads the table that it protects. Look the row up in a SECURITY DEFINER function"
    if isinstance(error, errors.CardinalityViolation):
        return f"{said}: the sub-select finds several rows for this caller, so compare with IN or EXISTS"
    return ""


@contextmanager
def _trying(cursor: Cursor, role: str) -> Iterator[None]:
    """Be the role of the statement again, in a savepoint of which nothing stays."""
    cursor.execute("SAVEPOINT gatepost_trying")
    cursor.execute("SELECT pg_catalog.set_config('role', %s, true)", [role])
    try:
        yield
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_trying; RELEASE SAVEPOINT gatepost_trying")
