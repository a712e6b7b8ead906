"""Scripts run against a prepared database, one transaction a file, as the platform's CLI does.

A savepoint before each statement lets the rest of a file stand where one is refused: a transaction that a missing
extension undoes would empty a whole project.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gatepost.errors import SourceError
from gatepost.finding import NotChecked
from gatepost.local.throwaway.image import PLATFORM
from gatepost.reflect.standins import used_standins
from gatepost.schema import Revoked
from gatepost.sources.causes import Failure, failure_of, said_by
from gatepost.sources.files import Script
from gatepost.sources.preparing import OWNER
from gatepost.sources.statements.event_triggers import EventTriggers
from gatepost.sources.statements.limits import extension, limit_of, without_replication
from gatepost.sources.statements.revokes import still_held
from gatepost.sources.statements.splitting import split
from gatepost.sql_script import Statement, first_words

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

Mode = Literal["go-on", "as-cli", "stop"]
"""What a refused statement does: nothing to the others; ends its file and the run; is an error of the command."""
_TIMEOUTS = frozenset("statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout".split())
_TRANSACTION = frozenset({"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"})
_LENT = (("policy",), ("drop", "trigger"), ("comment", "on", "policy"), ("do",))
_MAY_MAKE_ROLES = 160000
_ALONE = re.compile(
    r"^\s*(?:create\s+(?:unique\s+)?index|drop\s+index|reindex\b.*?)\s+concurrently\b|^\s*vacuum\b", re.I
)
_ADD_VALUE = re.compile(r"\balter\s+type\b.*?\badd\s+value\b", re.IGNORECASE | re.DOTALL)
_ALL_TABLES = re.compile(r"\bfor\s+(?:all\s+tables|tables\s+in\s+schema)\b", re.IGNORECASE)
_COLLATION = re.compile(r"(create\s+collation\s+(?:if\s+not\s+exists\s+)?[\w.\"]+)\s*\(", re.IGNORECASE)
_NO_EVENTS = "it fires for changes of the schema, and what it would have changed is not changed"


@dataclass(frozen=True)
class Loaded:
    """What became of the scripts."""

    statements: int
    failures: tuple[Failure, ...]
    left_out: tuple[NotChecked, ...]
    not_run: tuple[str, ...] = ()
    """The files that come after the one that ended the run."""
    revoked: tuple[Revoked, ...] = ()
    """What was revoked of columns to no effect."""


def load(connection: Connection, scripts: Sequence[Script], mode: Mode = "go-on") -> Loaded:
    """Run scripts in their order.

    Args:
        connection: As the role that logs in, in no transaction.
        scripts: What to run.
        mode: What a refused statement does.

    Raises:
        SourceError: a statement was refused, and the mode is "stop".
    """
    connection.autocommit = True  # transactions are begun and ended by statements of ours
    with connection.cursor() as cursor:
        loader = _Loader(connection, cursor, mode)
        ended = next((at for at, script in enumerate(scripts, 1) if not loader.file(script)), len(scripts))
    not_run = tuple(one.name for one in scripts[ended:])
    return Loaded(loader.run, tuple(loader.failures), tuple(loader.left_out), not_run, tuple(loader.revoked))


@dataclass
class _Loader:
    connection: Connection
    cursor: Cursor
    mode: Mode
    run: int = 0
    failures: list[Failure] = field(default_factory=list)
    left_out: list[NotChecked] = field(default_factory=list)
    revoked: list[Revoked] = field(default_factory=list)

    @cached_property
    def event_triggers(self) -> EventTriggers:
        """What the event triggers of the scripts would do."""
        return EventTriggers(self.cursor)

    def file(self, script: Script) -> bool:
        """Run a script; return whether the next one may be run."""
        statements, mistakes = split(script)
        self.cursor.execute("RESET ALL; RESET ROLE")
        self._begin()
        for statement in statements:
            if not self._statement(statement):
                self.cursor.execute("ROLLBACK")
                return False
        for mistake in mistakes:
            rest = "\n".join(script.text.split("\n")[mistake.line - 1 :])
            if not self._failed(Failure(f"{mistake.file}:{mistake.line}", mistake.message, "", rest)):
                self.cursor.execute("ROLLBACK")
                return False
        last = script.text.count("\n") + 1
        return self._end(f"{script.name}:{last}")

    def _begin(self) -> None:
        self.cursor.execute("BEGIN; SAVEPOINT gatepost_statement")

    def _end(self, place: str, how: str = "COMMIT") -> bool:
        """End the transaction; return whether the file goes on: a deferred constraint may refuse it."""
        from psycopg2 import Error

        try:
            self.cursor.execute(how)
        except Error as error:
            self._lost(error)
            return self._failed(Failure(place, said_by(error), error.pgcode or ""))
        return True

    def _statement(self, statement: Statement) -> bool:
        words = first_words(statement.text, 6)
        if words[:1] and words[0] in _TRANSACTION:
            return self._of_transaction(statement, words)
        text = self._runnable(statement, words)
        if text is None:
            return True
        self.run += 1
        if _ALONE.match(text):
            return self._alone(statement, text)
        refused = self._try(text, words)
        if refused is not None:
            if self._excused(statement, refused, words):
                return True
            return self._failed(failure_of(statement, refused))
        if words[:1] == ("revoke",):
            self.revoked += still_held(self.cursor, text, statement.place)
        if self.mode != "as-cli" and _ADD_VALUE.search(text):
            ended = self._end(statement.place)  # a new label may be used after it alone
            self._begin()
            return ended
        return True

    def _try(self, text: str, words: tuple[str, ...]) -> Error | None:
        """Run a statement; where it is refused and the platform's extension would allow it, as the platform's role."""
        from psycopg2 import Error

        try:
            self.event_triggers.before()
            self.cursor.execute(text)
            self.event_triggers.after()
        except Error as error:
            self._lost(error)
            self._back()
            lent = any(start[0] in words[:2] if len(start) == 1 else words[: len(start)] == start for start in _LENT)
            return error if error.pgcode != "42501" or not lent or not self._try_as_platform(text) else None
        self.cursor.execute("RELEASE SAVEPOINT gatepost_statement; SAVEPOINT gatepost_statement")
        return None

    def _try_as_platform(self, text: str) -> bool:
        from psycopg2 import Error

        try:
            self.cursor.execute(f"SET ROLE {PLATFORM}")
            self.cursor.execute(text)
            self.cursor.execute(
                "SELECT FROM pg_catalog.pg_shdepend WHERE refobjid = %s::pg_catalog.regrole AND deptype = 'o' LIMIT 1",
                [PLATFORM],
            )
            kept = self.cursor.fetchone() is None  # what it makes must be the owner's, with the owner's grants
        except Error as error:
            self._lost(error)
            kept = False
        if not kept:
            self._back()
            return False
        self.cursor.execute(f"SET ROLE {OWNER}; RELEASE SAVEPOINT gatepost_statement; SAVEPOINT gatepost_statement")
        return True

    def _of_transaction(self, statement: Statement, words: tuple[str, ...]) -> bool:
        """Follow a file's own transaction: what stands before it is kept, and ours goes on after it."""
        if "to" in words:
            return self._failed(Failure(statement.place, "a savepoint of the file's own is not gone back to"))
        if words[0] in ("savepoint", "release") or (words[0] in ("begin", "start") and self.mode == "as-cli"):
            return True  # inside the transaction of its file, BEGIN does nothing
        ended = self._end(statement.place, "ROLLBACK" if words[0] in ("rollback", "abort") else "COMMIT")
        self._begin()
        return ended

    def _alone(self, statement: Statement, text: str) -> bool:
        """Run what PostgreSQL runs outside of any transaction."""
        from psycopg2 import Error

        if not self._end(statement.place):
            return False
        refused: Error | None = None
        try:
            self.cursor.execute(text)
        except Error as error:
            self._lost(error)
            refused = error
        self._begin()
        if refused is None or self._index_of_a_standin(statement, refused, first_words(text, 6)):
            return True
        return self._failed(failure_of(statement, refused))

    def _runnable(self, statement: Statement, words: tuple[str, ...]) -> str | None:
        """Return the statement as it is run here, or None where it is not."""
        if words[:1] == ("set",) and any(word in _TIMEOUTS for word in words[1:3]):
            return None
        if words[:2] == ("create", "extension"):
            return extension(statement.text)
        if words[:2] in (("create", "role"), ("create", "user"), ("alter", "role"), ("alter", "user")):
            return without_replication(statement.text)
        if words[:2] == ("security", "label"):
            return None  # of another program, which decides about no row here
        if words[:2] == ("alter", "extension") or words[:3] == ("comment", "on", "extension"):
            return None
        if words[1:3] == ("event", "trigger"):
            if words[0] == "create" and not self.event_triggers.created(statement.text):
                self._leave_out(statement, "an event trigger is left out: " + _NO_EVENTS)
            return None
        if words[:2] == ("create", "publication") and _ALL_TABLES.search(statement.text):
            other = "" if "supabase_realtime" in words[2:3] else "the API serves no other publication"
            self._leave_out(statement, "a publication of all tables is left out: a superuser alone makes one", other)
            return None
        if words[:2] in (("create", "subscription"), ("alter", "system"), ("create", "database")):
            self._leave_out(statement, f"{words[0].upper()} {words[1].upper()} is left out", "it changes no policy")
            return None
        return statement.text

    def _excused(self, statement: Statement, refused: Error, words: tuple[str, ...]) -> bool:
        """Leave out what a limit of this server refuses, and no mistake of the script."""
        if self._index_of_a_standin(statement, refused, words) or self._collation(statement, refused):
            return True
        role = words[1:2] in (("role",), ("user",)) and refused.pgcode == "42501"
        if role and self.connection.server_version < _MAY_MAKE_ROLES:
            self._leave_out(statement, "roles stay as they are: before PostgreSQL 16, CREATEROLE lets run programs")
            return True
        found = limit_of(words, said_by(refused), installs="pg_tle" in used_standins(self.connection))
        if found is not None:
            self._leave_out(statement, *found)
        return found is not None

    def _index_of_a_standin(self, statement: Statement, refused: Error, words: tuple[str, ...]) -> bool:
        """Leave out an index that needs what a stand-in does not have. A unique one stays an error."""
        index = words[:1] == ("create",) and "index" in words[1:3] and "unique" not in words
        if not index or refused.pgcode != "42704" or "access method" not in str(refused):
            return False
        if not used_standins(self.connection):
            return False
        self._leave_out(statement, f"the index is left out: {said_by(refused)}", "an index changes no answer")
        return True

    def _collation(self, statement: Statement, refused: Error) -> bool:
        """Make a collation that this build of PostgreSQL cannot have as one that compares byte by byte."""
        head = _COLLATION.match(statement.text)
        if head is None or "ICU" not in str(refused) or self._try(f'{head[1]} FROM pg_catalog."C"', ()) is not None:
            return False
        equal = "" if "deterministic" in statement.text.lower() else "what is equal stays equal, in another order"
        self._leave_out(statement, "the collation compares byte by byte here, without ICU", equal)
        return True

    def _leave_out(self, statement: Statement, why: str, covered_by: str = "") -> None:
        self.left_out.append(NotChecked(statement.place, why, ours=True, covered_by=covered_by))

    def _failed(self, failure: Failure) -> bool:
        """Keep a failure; return whether the file goes on."""
        if self.mode == "stop" and not failure.platform:
            raise SourceError(f"{failure.place}: {failure.message}", "leave --stop-at-refused out to go on after it")
        self.failures.append(failure)
        return self.mode != "as-cli"

    def _back(self) -> None:
        self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_statement")

    def _lost(self, error: Error) -> None:
        """Raise an error that ended the connection: the server was ended, and whoever made it knows why."""
        if self.connection.closed:
            raise error
