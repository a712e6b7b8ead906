"""Find the session that holds a lock that another waits for, and describe it in one sentence."""

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
# A change of a table waits for everybody who only reads it, too. What the statement names comes first, then the oldest.
_USER = """
SELECT l.pid, c.oid::regclass::text, a.usename, a.application_name,
       extract(epoch FROM clock_timestamp() - a.xact_start)::int, a.query, a.state
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
 ORDER BY c.relname = ANY (%s::text[]) DESC, a.xact_start, c.relname
 LIMIT 1
"""
_ADVISORY = """
SELECT l.pid, a.usename, a.application_name, extract(epoch FROM clock_timestamp() - a.backend_start)::int, a.query,
       a.state
  FROM pg_locks l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND (l.classid::bigint << 32 | l.objid::bigint) = %s
   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
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
    pid, relation, *session = row
    return _described(pid, f'has held "{line(relation)}"', *session)


def user_of_tables(cursor: Cursor, statement: str) -> Blocker | None:
    """Return the session for which a change of a table waits, or None if there is none any more.

    Args:
        cursor: Inside a `reading`, with no search path but PostgreSQL's own.
        statement: The statement that waited; a table that it names comes first.
    """
    cursor.execute(_USER, ([token.name for token in tokens(statement) if token.name is not None],))
    row = cursor.fetchone()
    if row is None:
        return None
    pid, relation, *session = row
    return _described(pid, f'has used "{line(relation)}"', *session)


def holder_of_advisory_lock(cursor: Cursor, key: int) -> Blocker | None:
    """Return the session that holds an advisory lock, or None.

    Args:
        cursor: Inside a `reading`.
        key: The lock's number.
    """
    cursor.execute(_ADVISORY, (key,))
    row = cursor.fetchone()
    return _described(row[0], "has been connected", *row[1:]) if row is not None else None


def _described(
    pid: int | None,
    does: str,
    user: str | None,
    application: str | None,
    seconds: int | None,
    query: str | None,
    state: str | None = None,
) -> Blocker:
    if not pid:
        return Blocker(f"a prepared transaction {does}", "SELECT gid FROM pg_prepared_xacts")
    who = [f'"{line(part)}"' for part in (user, application) if part]
    of = f" ({', '.join(who)})" if who else ""
    since = f" for {seconds} s" if seconds is not None else ""
    idle = "idle in its transaction after " if state in ("idle in transaction", "idle in transaction (aborted)") else ""
    words = _command(query or "")
    doing = f": {idle}{words}" if words else ""
    return Blocker(
        f"process {pid}{of} {does}{since}{doing}",
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
