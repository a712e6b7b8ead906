"""Wait for locks only briefly, give everything back, name who is in the way, and try again.

A change of a table waits for everybody who uses the table, and everybody who comes later waits behind it. So no
statement waits for long, and what a run already locked is released before the next attempt.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from gatepost.database.blockers import Blocker, user_of_tables
from gatepost.database.connect import raw
from gatepost.database.reading import reading
from gatepost.display import line
from gatepost.errors import MigrationError
from gatepost.sql import identifier, tokens

if TYPE_CHECKING:
    from psycopg2.extensions import connection as DriverConnection
    from sqlalchemy import Connection

log = logging.getLogger("gatepost.migrate")

_LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Patience:
    """How long a statement waits for a lock, in seconds, and how often a run begins; 0 seconds are no limit."""

    lock_timeout: float = 2.0
    attempts: int = 7

    def pauses(self) -> Iterator[float]:
        """Yield the pause before each further attempt, in seconds."""
        for attempt in range(self.attempts - 1):
            yield min(_LONGEST_PAUSE, self.lock_timeout * 2**attempt)


class Progress:
    """What a run has committed: nothing, whole revisions, or a revision up to its `autocommit_block`."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.committed = False
        self.within_a_revision = False
        self._between_revisions = True

    @property
    def left_behind(self) -> str:
        """What is there of a run that ended early, as a clause."""
        if self.within_a_revision:
            return "what the last revision did up to its autocommit_block stays, and its version is not recorded"
        return "the revisions that are complete stay" if self.committed else "nothing was changed"

    def version_applied(self, **_what: object) -> None:
        """Note that a revision is complete; Alembic calls this after each."""
        self._between_revisions = True

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Watch a connection while the block runs."""
        listeners: dict[str, Callable[..., Any]] = {
            "before_cursor_execute": self._execute,
            "after_cursor_execute": self._executed,
            "commit": self._commit,
        }
        for name, listener in listeners.items():
            event.listen(connection, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(connection, name, listener)

    def _execute(self, connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        self._between_revisions = False
        if not raw(connection).autocommit:
            return
        words = {token.name for token in tokens(statement)}
        if not {"if", "exists"} <= words:  # else a second attempt may run it again
            self.within_a_revision = self.committed = True
        if "concurrently" in words:
            _set_lock_timeout(raw(connection), 0)  # it blocks nobody, and an index that gives up stays invalid

    def _executed(self, connection: Connection, *_what: object) -> None:
        if raw(connection).autocommit:
            _set_lock_timeout(raw(connection), self._patience.lock_timeout)

    def _commit(self, _connection: Connection) -> None:
        self.committed = True
        if not self._between_revisions:
            self.within_a_revision = True


def prepare_session(connection: DriverConnection, patience: Patience) -> None:
    """Set what limits a session's waiting, also after its client was killed.

    https://www.postgresql.org/docs/17/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
    """
    from psycopg2 import Error

    _set_lock_timeout(connection, patience.lock_timeout)
    connection.commit()
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET client_connection_check_interval = '1s'")
            connection.commit()
        except Error as error:  # the server's system cannot know it
            connection.rollback()
            log.debug("a killed client is noticed late: %s", error)


def reset_session(connection: DriverConnection) -> None:
    """Leave a session as it was, for whoever gets it next from the caller or a pooler."""
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout; RESET client_connection_check_interval")
    connection.commit()


def _set_lock_timeout(connection: DriverConnection, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", (f"{round(seconds * 1000)}ms",))


def with_patience(connection: Connection, patience: Patience, progress: Progress, work: Callable[[], None]) -> None:
    """Do some work in a transaction, and begin again while others hold its locks.

    Args:
        connection: In no transaction.
        patience: How often to try.
        progress: What the work has committed.
        work: What to do; it commits by itself.

    Raises:
        MigrationError: a lock was not to be had, or something belongs to another role.
    """
    from psycopg2 import Error

    driver = raw(connection)
    pauses = patience.pauses()
    for attempt in range(1, patience.attempts + 1):
        prepare_session(driver, patience)
        try:
            return work()
        except (DBAPIError, Error) as error:
            failure = error
        connection.rollback()
        blocked = _blocked(driver, failure, patience)
        if blocked is None:
            raise _explained(driver, failure, progress) from failure
        pause = next(pauses, None)
        if progress.within_a_revision or pause is None:
            raise _given_up(blocked, progress) from failure
        log.warning("%s; everything is released, and attempt %d begins in %g s", blocked.sentence, attempt + 1, pause)
        time.sleep(pause)
    raise AssertionError  # the last attempt returned or raised


def _driver_error(failure: Exception) -> tuple[BaseException | None, str]:
    """Return the driver's error inside SQLAlchemy's, and the statement that it is about."""
    if isinstance(failure, DBAPIError):
        return failure.orig, str(failure.statement or "")
    return failure, ""


def _blocked(connection: DriverConnection, failure: Exception, patience: Patience) -> Blocker | None:
    """Return who held the lock that a statement gave up; None if it failed for another reason."""
    from psycopg2 import errors

    error, statement = _driver_error(failure)
    if not isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return None
    with reading(connection) as found:
        holder = user_of_tables(found.cursor, statement)
    how = (
        f"no lock within {patience.lock_timeout:g} s"
        if isinstance(error, errors.LockNotAvailable)
        else "two sessions waited for each other"
    )
    if holder is None:
        return Blocker(f"{how}: whoever held it is done by now", "run it again")
    return Blocker(f"{how}: {holder.sentence}", holder.fix)


def _given_up(blocked: Blocker, progress: Progress) -> MigrationError:
    return MigrationError(f"{blocked.sentence}; {progress.left_behind}", blocked.fix)


def _explained(connection: DriverConnection, failure: Exception, progress: Progress) -> Exception:
    """Return a sentence for an error that says too little by itself, or else the error."""
    from psycopg2 import errors

    error, _ = _driver_error(failure)
    if isinstance(error, errors.DuplicateObject):
        return MigrationError(
            f"{line(error.diag.message_primary or str(error))}: another branch of the revisions made it before, or"
            f" somebody by hand; {progress.left_behind}",
            "take it out of the later revision, or write op.replace_entity(…) there in place of op.create_entity(…)",
        )
    if not isinstance(error, errors.InsufficientPrivilege):
        return failure
    said = line(error.diag.message_primary or str(error))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        ((user,),) = cursor.fetchall()
    connection.rollback()
    return MigrationError(
        f'"{line(user)}", who migrates, may not do this: {said}',
        f"as its owner: ALTER TABLE … OWNER TO {identifier(user)}"
        if said.startswith("must be owner")
        else "migrate as the role that owns the tables",
    )
