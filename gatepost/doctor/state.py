"""Check the state of a database: revision, locks, search path, extensions, privileges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from gatepost.database.reading import Reading
from gatepost.database.revision import stored_revisions
from gatepost.doctor.answer import Answer
from gatepost.doctor.session import rows

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


class Project(Protocol):
    """What a project expects of its database."""

    @property
    def heads(self) -> Sequence[str]:
        """The newest revisions."""

    @property
    def history(self) -> Sequence[str]:
        """Every revision, oldest first."""

    @property
    def tables(self) -> Sequence[tuple[str, str]]:
        """The models' tables, as schema and name."""


LONG = 5
"""Seconds after which a transaction that holds a lock is reported."""

_PRESENT = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
"""
_BLOCKERS = """
    SELECT l.pid, coalesce(a.application_name, ''), coalesce(a.state, 'hidden from this role'),
           extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::int,
           array_agg(DISTINCT l.relation::regclass::text ORDER BY l.relation::regclass::text)
      FROM pg_catalog.pg_locks l
      JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
      LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
       AND (a.xact_start IS NULL OR pg_catalog.clock_timestamp() - a.xact_start > make_interval(secs => %(long)s)
            OR l.mode = 'AccessExclusiveLock')
     GROUP BY 1, 2, 3, 4 ORDER BY 1
"""
# A key of one bigint is two halves here (https://www.postgresql.org/docs/17/view-pg-locks.html).
_MIGRATING = """
    SELECT pid FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND objsubid = 1 AND granted
       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
       AND (classid::bigint << 32) | objid::bigint = pg_catalog.hashtext('gatepost: migrate')::bigint
"""
_PREPARED = "SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"
_EXTENSIONS = """
    SELECT e.extname, e.extversion, v.default_version, n.nspname
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
      LEFT JOIN pg_catalog.pg_available_extensions v ON v.name = e.extname
     WHERE e.extname <> 'plpgsql' ORDER BY e.extname
"""
_PRIVILEGES = """
    SELECT current_user::text, pg_catalog.has_schema_privilege('public', 'CREATE'),
           EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                    WHERE n.nspname = 'auth' AND p.proname = 'uid' AND p.pronargs = 0),
           ARRAY(SELECT c.relname::text FROM pg_catalog.pg_class c
                  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                    AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY 1)
"""


def state_answers(reading: Reading, project: Project) -> list[Answer]:
    """Return the answers about the state, from one read-only transaction."""
    connection = reading.cursor.connection
    return [
        revision(connection, project),
        *_locks(connection),
        _search_path(reading),
        *_extensions(connection),
        *_privileges(connection),
    ]


def revision(connection: Connection, project: Project) -> Answer:
    """Compare the stored revision with the newest of the project."""
    stored = stored_revisions(connection)
    if not project.heads:
        at = ", ".join(stored or []) or "none"
        return Answer(
            "revision", "unknown", f"the database is at {at}; there is no alembic.ini in this folder to compare with"
        )
    newest = ", ".join(project.heads)
    if not stored:
        return _without_revision(connection, project, newest)
    at = ", ".join(stored)
    if sorted(stored) == sorted(project.heads):
        return Answer("revision", "ok", f"at the newest, {at}")
    if strangers := [one for one in stored if one not in project.history]:
        return Answer(
            "revision",
            "error",
            f'the database is at "{strangers[0]}", which does not exist in this project',
            "check out the newest code, because it migrated this database",
        )
    last = max(project.history.index(one) for one in stored)
    pending = len(project.history) - 1 - last
    return Answer("revision", "error", f"at {at}, {pending} behind the newest, {newest}", "alembic upgrade head")


def _without_revision(connection: Connection, project: Project, newest: str) -> Answer:
    there = {(schema, name) for schema, name in rows(connection, _PRESENT)}
    found = [f"{schema}.{name}" for schema, name in project.tables if (schema, name) in there]
    if not found:
        return Answer("revision", "warning", f"the database is empty; the newest is {newest}", "alembic upgrade head")
    first = project.history[0] if project.history else newest
    return Answer(
        "revision",
        "error",
        f'{len(found)} of {len(project.tables)} tables exist ("{found[0]}" is one) but no revision is recorded,'
        " so alembic upgrade would fail at the first table",
        f"alembic stamp {first} if they are as that revision creates them, then alembic upgrade head",
    )


def _locks(connection: Connection) -> list[Answer]:
    answers = []
    for pid, application, state, age, tables in rows(connection, _BLOCKERS, {"long": LONG}):
        since = f" for {age} s" if age is not None else ""
        who = f' ("{application}")' if application else ""
        more = f" and {len(tables) - 1} more" if len(tables) > 1 else ""
        answers.append(
            Answer(
                "locks",
                "warning",
                f"process {pid}{who}, {state}, has held {tables[0]}{more}{since}, and a migration of it would wait",
                f"SELECT pg_terminate_backend({pid})",
            )
        )
    for (pid,) in rows(connection, _MIGRATING):
        answers.append(
            Answer("locks", "warning", f"process {pid} is migrating this database now", "wait until it is done")
        )
    for (name,) in rows(connection, _PREPARED):
        answers.append(
            Answer(
                "locks",
                "warning",
                f'the prepared transaction "{name}" keeps its locks until it is ended',
                "COMMIT PREPARED or ROLLBACK PREPARED with that name",
            )
        )
    return answers or [Answer("locks", "ok", "no session holds a lock that a migration would wait for")]


def _search_path(reading: Reading) -> Answer:
    path, schemas = reading.search_path, reading.searched()
    hint = 'ALTER ROLE CURRENT_USER SET search_path = "$user", public, extensions'
    if "public" not in schemas:
        return Answer("search path", "error", f"{path or 'it is empty'}: public is not in it", hint)
    if schemas[0] != "public":
        return Answer("search path", "warning", f'{path}: a table without a schema goes to "{schemas[0]}"', hint)
    return Answer("search path", "ok", path)


def _extensions(connection: Connection) -> list[Answer]:
    found = rows(connection, _EXTENSIONS)
    answers = [Answer("extensions", "ok", ", ".join(f"{name} {version}" for name, version, _, _ in found) or "none")]
    for name, version, newest, schema in found:
        if schema == "public":
            answers.append(
                Answer(
                    "extensions",
                    "warning",
                    f'"{name}" is in the schema public, where the API exposes its functions',
                    f'ALTER EXTENSION "{name}" SET SCHEMA extensions',
                )
            )
        if newest is not None and newest != version:
            answers.append(
                Answer(
                    "extensions",
                    "warning",
                    f'"{name}" is at {version}, the server has {newest}',
                    f'ALTER EXTENSION "{name}" UPDATE',
                )
            )
    return answers


def _privileges(connection: Connection) -> list[Answer]:
    user, may_create, has_helpers, foreign = rows(connection, _PRIVILEGES)[0]
    answers = []
    if not may_create:
        answers.append(
            Answer(
                "privileges",
                "error",
                f'"{user}" may not create tables in public, so it cannot migrate',
                "migrate as the owner of the database (on Supabase: postgres)",
            )
        )
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        answers.append(
            Answer(
                "privileges",
                "warning",
                f'"public.{foreign[0]}"{more} belongs to another role, so "{user}" cannot migrate it',
                "migrate as the owner, or give the table to this role",
            )
        )
    if not has_helpers:
        answers.append(
            Answer(
                "privileges",
                "warning",
                "there is no auth.uid() here, which policies need to identify the user",
                "gatepost local bootstrap --url URL",
            )
        )
    return answers or [Answer("privileges", "ok", f'"{user}" may create and alter tables in public')]
