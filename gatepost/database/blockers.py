"""Find the session that holds a lock on a table, and describe it in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.display import line
from gatepost.sql import tokens

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

# A reader waits only for ACCESS EXCLUSIVE, or behind a session that waits for it. Then the first in that queue counts.
# A table that is not committed yet has no row here, and no session waits for it.
# https://www.postgresql.org/docs/17/explicit-locking.html#LOCKING-TABLES
_HOLDER = """
SELECT held.pid, held.relation, a.usename, a.application_name,
       extract(epoch FROM clock_timestamp() - a.xact_start)::int, a.query
  FROM (SELECT CASE WHEN l.granted THEN l.pid ELSE coalesce((pg_blocking_pids(l.pid))[1], l.pid) END AS pid,
               l.granted, c.oid::regclass::text AS relation
          FROM pg_locks l
          JOIN pg_class c ON c.oid = l.relation AND c.relpersistence <> 't'
         WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
           AND l.database IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))) held
  LEFT JOIN pg_stat_activity a ON a.pid = held.pid
 ORDER BY held.granted DESC, a.xact_start, held.relation
 LIMIT 1
"""
_COMMANDS = frozenset(
    "ALTER ANALYZE BEGIN CALL CLUSTER COMMENT COMMIT COPY CREATE DELETE DO DROP END EXECUTE FETCH GRANT IMPORT INSERT"
    " LOCK MERGE REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SELECT SET SHOW START TABLE"
    " TRUNCATE UPDATE VACUUM VALUES WITH".split()
)
_KINDS = frozenset(
    "AGGREGATE COLUMN CONCURRENTLY DATABASE DOMAIN EXTENSION FOREIGN FULL FUNCTION INDEX INTO MATERIALIZED OR"
    " OWNED POLICY PROCEDURE PUBLICATION REPLACE ROLE RULE SCHEMA SEQUENCE TABLE TRANSACTION TRIGGER TYPE"
    " UNIQUE VIEW".split()
)
"""The words that may follow a command, and are no name and no value."""


@dataclass(frozen=True)
class Blocker:
    """The holder of a lock, as one clause, and the statement that ends it."""

    sentence: str
    fix: str


def blocker(cursor: Cursor) -> Blocker | None:
    """Return the session that holds a table so that it cannot be read, or None.

    Args:
        cursor: Inside a `reading`, with no search path but PostgreSQL's own.
    """
    cursor.execute(_HOLDER)
    row = cursor.fetchone()
    if row is None:
        return None
    pid, relation, user, application, seconds, query = row
    if not pid:
        return Blocker(f'a prepared transaction holds "{line(relation)}"', "SELECT gid FROM pg_prepared_xacts")
    who = [f'"{line(part)}"' for part in (user, application) if part]
    of = f" ({', '.join(who)})" if who else ""
    since = f" for {seconds} s" if seconds is not None else ""
    words = _command(query or "")
    doing = f": {words}" if words else ""
    return Blocker(
        f'process {pid}{of} has held "{line(relation)}"{since}{doing}',
        f"run it again when that is done, or end it: SELECT pg_terminate_backend({pid})",
    )


def _command(query: str) -> str:
    """Return the words that name what a query does; the rest of it, comments too, may hold what is secret."""
    words: list[str] = []
    for token in tokens(query):
        if token.kind in ("space", "comment"):
            continue
        if token.kind != "word" or token.text.upper() not in (_KINDS if words else _COMMANDS):
            return " ".join(words) + "…" if words else ""
        words.append(token.text.upper())
    return " ".join(words)
