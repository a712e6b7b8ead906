"""Open a database for reading so that nothing its owner created can change what our queries mean.

Every query of ours runs inside `reading()`, in one transaction. This works on a direct connection and behind a pooler
in session or transaction mode. No start-up parameters are used, because a pooler refuses them. ALTER DATABASE and ALTER
ROLE may set a search path before our first statement, and then even an operator may be somebody else's. The first
statements are therefore commands (SET, SHOW), which look up no names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gatepost.database.blockers import blocker
from gatepost.database.connect import connect
from gatepost.database.url import DatabaseUrl
from gatepost.display import line
from gatepost.errors import DatabaseUnreachable
from gatepost.sql import literal

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

T = TypeVar("T")

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "1min"
ATTEMPTS = 5
"""How often to retry if the schema changes while it is read."""

# An empty path would not do: relations and types are looked up in pg_temp first even then, and behind a pooler in
# transaction mode the session may hold a temporary pg_class of another client's. With pg_temp named last, PostgreSQL's
# own come first; functions and operators are never looked up in pg_temp. Names print as with an empty path: all of them
# qualified, but those of pg_catalog.
# https://www.postgresql.org/docs/17/runtime-config-client.html#GUC-SEARCH-PATH
_PATH = "pg_catalog, pg_temp"
_SETTINGS = (
    ("row_security", "off"),  # no policy's function runs as us: a query that a policy would filter fails
    ("quote_all_identifiers", "off"),  # it affects how expressions are printed
    ("jit", "off"),  # it takes longer than these queries run
)
_SAVEPOINT = "gatepost_reading"
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^\s,"]+)')
_SEARCHED = """
SELECT n.nspname::text
  FROM unnest(%(names)s::text[]) WITH ORDINALITY p (name, place)
  JOIN pg_namespace n ON n.nspname = CASE WHEN p.name = '$user' THEN current_user ELSE p.name END
 WHERE has_schema_privilege(n.oid, 'USAGE')
 GROUP BY n.nspname
 ORDER BY min(p.place)
"""
GONE = re.compile(r'cache lookup failed|\bOID \d+|(relation|schema) "(?!pg_)[^"]+" does not exist')
"""PostgreSQL's errors for an object that our snapshot shows and that was dropped meanwhile.

Where a relation of PostgreSQL's own is missing, the server is of another version."""


class ChangedMeanwhile(DatabaseUnreachable):
    """The schema changed while it was read, so the result mixes two states."""


@dataclass(frozen=True)
class Reading:
    """A transaction for reading.

    Args:
        cursor: A cursor in the transaction.
        search_path: The session's own search path, as the setting says.
    """

    cursor: Cursor
    search_path: str

    def searched(self) -> tuple[str, ...]:
        """Return the schemas in which the session itself looks up names, like current_schemas(false)."""
        names = [quoted.replace('""', '"') or bare.lower() for quoted, bare in _NAME.findall(self.search_path)]
        self.cursor.execute(_SEARCHED, {"names": names})
        return tuple(name for (name,) in self.cursor.fetchall())


@contextmanager
def reading(connection: Connection, *, statement_timeout: str = STATEMENT_TIMEOUT) -> Iterator[Reading]:
    """Read inside one transaction in which our names cannot be shadowed, and restore the connection afterwards.

    A connection in no transaction gets one that is READ ONLY, a snapshot, and rolled back. Inside a transaction of the
    caller's the settings hold up to a savepoint that is rolled back; READ ONLY cannot be set there, and is not.

    Args:
        connection: psycopg2.
        statement_timeout: How long one statement may take, as PostgreSQL writes it.

    Raises:
        DatabaseUnreachable: the connection was lost or is inside a failed transaction; a lock was not to be had, and
            who holds it is named; or PostgreSQL refuses something else that is read.
        ChangedMeanwhile: something was dropped while it was read.
    """
    from psycopg2 import Error

    name = line(str(connection.info.dbname)) if not connection.closed else ""
    failure: Error | None = None
    try:
        with _transaction(connection) as (cursor, own):
            yield _pinned(cursor, own, statement_timeout)
    except Error as error:
        failure = error
    except UnicodeDecodeError:
        raise _undecodable(name, connection) from None
    if failure is not None:
        raise _as_unreachable(failure, name, connection)


@contextmanager
def open_for_reading(url: str | DatabaseUrl, *, application_name: str, connect_timeout: int = 10) -> Iterator[Reading]:
    """Connect to a database and read it, as `reading` does.

    Raises:
        DatabaseUnreachable: there is no connection, or what `reading` raises.
    """
    opened = connect(url, application_name=application_name, read_only=True, connect_timeout=connect_timeout)
    with closing(opened), reading(opened) as found:
        yield found


def read_again(connection: Connection, work: Callable[[Reading], T]) -> T:
    """Do some reading, and do it again where the schema changed meanwhile.

    Args:
        connection: psycopg2.
        work: What to read; it is called up to five times, each in a `reading` of its own.

    Raises:
        ChangedMeanwhile: it changed each time.
        DatabaseUnreachable: what `reading` raises.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            with reading(connection) as found:
                return work(found)
        except ChangedMeanwhile:
            if not left:
                raise
    raise AssertionError  # the last attempt returned or raised


def printed(text: str | None) -> str:
    """Return a definition that PostgreSQL printed.

    Raises:
        ChangedMeanwhile: it printed nothing, as of something that is there no more.
    """
    if text is None:
        raise _changed("the database")
    return text


def given_up(connection: Connection) -> DatabaseUnreachable:
    """Return the sentence for a reading that gave up waiting for a lock; it names the holder.

    Args:
        connection: psycopg2, in no failed transaction.
    """
    from psycopg2 import Error

    name = line(str(connection.info.dbname))
    try:
        with _transaction(connection) as (cursor, own):
            _pinned(cursor, own, LOCK_TIMEOUT)
            holder = blocker(cursor)
    except (Error, DatabaseUnreachable):
        holder = None  # the catalog itself is locked
    waited = f'reading "{name}" gave up after {LOCK_TIMEOUT} of waiting'
    if holder is None:
        return DatabaseUnreachable(f"{waited}: the lock is gone by now, or its holder is not visible", "run it again")
    return DatabaseUnreachable(f"{waited}: {holder.sentence}", holder.fix)


@contextmanager
def _transaction(connection: Connection) -> Iterator[tuple[Cursor, bool]]:
    """Yield a cursor in a transaction and whether it is ours; end it, or its savepoint, with the block."""
    from psycopg2 import extensions

    status = None if connection.closed else connection.info.transaction_status
    if status in (None, extensions.TRANSACTION_STATUS_UNKNOWN):
        raise DatabaseUnreachable("the connection is closed", "open another")
    if status == extensions.TRANSACTION_STATUS_INERROR:
        raise DatabaseUnreachable(
            "the connection is inside a transaction that has failed", "roll it back before reading the database"
        )
    own = status == extensions.TRANSACTION_STATUS_IDLE
    # The connection's own cursor class may return rows as dictionaries.
    with connection.cursor(cursor_factory=extensions.cursor) as cursor:
        if own:
            # psycopg2 begins by itself, except in autocommit mode.
            begin = "BEGIN" if connection.autocommit else "SET TRANSACTION"
            cursor.execute(f"{begin} ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        else:
            cursor.execute(f"SAVEPOINT {_SAVEPOINT}")
        try:
            yield cursor, own
        finally:
            if not connection.closed:  # else the error that closed it is on its way
                _end(connection, cursor, own)


def _end(connection: Connection, cursor: Cursor, own: bool) -> None:
    if not own:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")
    elif connection.autocommit:
        cursor.execute("ROLLBACK")
    else:
        connection.rollback()


def _pinned(cursor: Cursor, own: bool, statement_timeout: str) -> Reading:
    """Set the settings that a reading relies on, and read them back."""
    path = _shown(cursor, "SHOW search_path")
    wanted = {**dict(_SETTINGS), "lock_timeout": LOCK_TIMEOUT, "statement_timeout": statement_timeout}
    statements = [f"SET LOCAL {name} = {literal(value)}" for name, value in wanted.items()]
    statements.append(f"SET LOCAL search_path = {_PATH}")  # last: how it is kept is up to quote_all_identifiers
    found = {"search_path": _shown(cursor, "; ".join([*statements, "SHOW search_path"]))}
    if found["search_path"] == _PATH:  # from here on it is safe to call functions
        wanted |= {"transaction_read_only": "on"} if own else {}
        cursor.execute("SELECT " + ", ".join(f"pg_catalog.current_setting({literal(name)})" for name in wanted))
        found |= dict(zip(wanted, cursor.fetchone() or (), strict=True))
    wanted |= {"search_path": _PATH}
    for name, value in wanted.items():
        if found.get(name) != value:
            raise DatabaseUnreachable(
                f'the server does not keep "{name}" for a transaction, so nothing can be read safely',
                "connect to the server itself, or through a pooler in session or transaction mode",
            )
    return Reading(cursor, path)


def _shown(cursor: Cursor, statements: str) -> str:
    cursor.execute(statements)
    row = cursor.fetchone()
    return str(row[0]) if row else ""


def _as_unreachable(error: Error, name: str, connection: Connection) -> DatabaseUnreachable:
    """Convert a driver's error while reading into one sentence."""
    from psycopg2 import InterfaceError, OperationalError, errors

    said = line(" ".join((error.diag.message_primary or str(error)).split()))
    if isinstance(error, errors.LockNotAvailable):
        return given_up(connection)
    if isinstance(error, errors.QueryCanceled):
        return DatabaseUnreachable(f'reading "{name}" stopped: {said}', "run it again when the server is less busy")
    if isinstance(error, errors.UntranslatableCharacter | errors.CharacterNotInRepertoire):
        return _undecodable(name, connection)
    if GONE.search(said):
        return _changed(f'"{name}"')
    if isinstance(error, InterfaceError | OperationalError):
        return DatabaseUnreachable(f'the connection to "{name}" ended while it was read: {said}', "run it again")
    return DatabaseUnreachable(f'"{name}" cannot be read: {said}')


def _undecodable(name: str, connection: Connection) -> DatabaseUnreachable:
    """Return the error for a text that the server cannot send, or that is not in the encoding it was sent in."""
    shown, kept = (connection.info.parameter_status(f"{side}_encoding") for side in ("client", "server"))
    if shown != "UTF8":
        return DatabaseUnreachable(
            f'"{name}" holds text that "client_encoding" ({shown}) does not have',
            "connection.set_client_encoding('UTF8')",
        )
    if kept != "SQL_ASCII":
        return DatabaseUnreachable(
            f'a role or a database beside "{name}" has a name that its "server_encoding" ({kept}) cannot hold:'
            " the whole cluster shares those names, whatever the encoding in which they were made",
            "ALTER ROLE … RENAME TO …  in a database of the encoding in which the name was made (\\du and \\l in psql)",
        )
    return DatabaseUnreachable(
        f'"{name}" holds text that is not UTF-8: its "server_encoding" is {kept}, in which any bytes may be kept',
        "restore what pg_dump --encoding=NAME writes, where NAME is what they are, into a database of ENCODING 'UTF8'",
    )


def _changed(name: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        f"the schema of {name} changes while it is read", "run it again when the change is finished"
    )
