"""The checklist after a migration, with answers from the database.

Answers of other packages, such as `verify`, come in as functions, because packages of one layer do not import each
other. Without such a function, the item is reported as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.database.reading import open_for_reading
from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor import limits, session, sqlite_file
from gatepost.doctor.answer import Answer, Report
from gatepost.doctor.examine import Expected
from gatepost.doctor.session import rows

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

BUDGET = 2.0
"""Seconds in which the database must answer for a health check to be green."""

_TABLES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
"""
# An index serves a foreign key when its first columns are those of the key, in any order; a partial or an invalid one
# does not serve every row. Arrays of int2vector start at 0, those of conkey at 1.
_UNINDEXED = """
    SELECT n.nspname, c.relname, k.contype::text,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype IN ('p', 'f') AND n.nspname = ANY (%s)
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_index i
            WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
              AND (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.conkey)] @> k.conkey)
     ORDER BY 1, 2, 4
"""
_KEYS = """
    SELECT count(*) FILTER (WHERE k.contype = 'p'), count(*) FILTER (WHERE k.contype = 'f')
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
     WHERE k.contype IN ('p', 'f') AND n.nspname = ANY (%s)
"""
_ARCHIVE = """
    SELECT current_setting('archive_mode'), last_archived_time::text,
           extract(epoch FROM pg_catalog.clock_timestamp() - last_archived_time)::int, failed_count,
           coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL)
      FROM pg_catalog.pg_stat_archiver
"""


@dataclass(frozen=True, slots=True)
class Questions:
    """The inputs of the checklist.

    `sqlite` is the file that was moved, `backup` its copy; `row_security` and `health` answer for other rooms.
    """

    expected: Expected
    sqlite: Path | None = None
    backup: Path | None = None
    row_security: Callable[[], Answer] | None = None
    health: Callable[[], Answer] | None = None


def checklist(url: DatabaseUrl, *, settings: Settings, questions: Questions) -> Report:
    """Go through the nine items of the checklist. Nothing is written.

    Raises:
        DatabaseUnreachable: there is no connection; `examine` explains why.
        SettingsError: the SQLite file or its copy cannot be read.
    """
    wait = settings.db_connect_timeout
    with open_for_reading(url, application_name="gatepost doctor", connect_timeout=wait) as found:
        connection = found.cursor.connection
        answers = [
            _tables(connection, questions.expected),
            _keys(connection, questions.expected),
            _pool(connection, url, settings),
            _health(url, settings, questions),
            _moved(connection, questions),
            _backups(connection),
            _tls(connection, url),
            _row_security(questions.row_security),
            sqlite_file.backed_up(questions.sqlite, questions.backup),
        ]
    return Report("checklist", url.masked, tuple(answers))


def _tables(connection: Connection, expected: Expected) -> Answer:
    topic = "tables created"
    if not expected.tables:
        return Answer(topic, "unknown", "no models in this folder say which tables there should be")
    there = {(schema, name) for schema, name in rows(connection, _TABLES)}
    missing = [f"{schema}.{name}" for schema, name in expected.tables if (schema, name) not in there]
    total = len(expected.tables)
    if missing:
        return Answer(
            topic, "error", f"{len(missing)} of {total} are missing: {', '.join(missing)}", "alembic upgrade head"
        )
    return Answer(topic, "ok", f"all {total} are there")


def _keys(connection: Connection, expected: Expected) -> Answer:
    topic = "keys indexed"
    schemas = sorted({schema for schema, _ in expected.tables} or {"public"})
    primary, foreign = rows(connection, _KEYS, [schemas])[0]
    bare = [
        f"{schema}.{table} ({', '.join(columns)})"
        for schema, table, _, columns in rows(connection, _UNINDEXED, [schemas])
    ]
    if bare:
        return Answer(
            topic,
            "error",
            f"{len(bare)} of {primary + foreign} keys have no index: {', '.join(bare)}",
            "add index=True to these columns in the model, then alembic revision --autogenerate",
        )
    if not primary:
        return Answer(topic, "unknown", f"there is no table with a primary key in {', '.join(schemas)}")
    return Answer(topic, "ok", f"{primary} primary and {foreign} foreign keys have one")


def _pool(connection: Connection, url: DatabaseUrl, settings: Settings) -> Answer:
    answer = limits.pool(limits.read(connection), url, settings)
    return Answer("pool configured for this server", answer.status, answer.message, answer.fix)


def _health(url: DatabaseUrl, settings: Settings, questions: Questions) -> Answer:
    topic = "health checks answer"
    if questions.health is not None:
        answer = questions.health()
        return Answer(topic, answer.status, answer.message, answer.fix)
    from gatepost.database.engine import create_engine
    from gatepost.service.readiness import Readiness

    heads: Collection[str] | None = questions.expected.heads or None
    engine = create_engine(url, settings=settings)
    try:
        database, migration = Readiness(engine, heads).within(BUDGET)
    finally:
        engine.dispose()
    if database.status != "ok" or migration.status == "failed":
        detail = database.detail or f"the migration is not where it should be: {migration.detail}"
        return Answer(topic, "error", detail, "gatepost doctor")
    return Answer(
        topic, "unknown", "the database is ready; the service itself was not checked", "gatepost doctor --health URL"
    )


def _moved(connection: Connection, questions: Questions) -> Answer:
    topic = "data moved"
    if questions.sqlite is None:
        return Answer(topic, "unknown", "no SQLite file was named to compare with", "gatepost doctor --sqlite FILE")
    there = {(schema, name) for schema, name in rows(connection, _TABLES)}
    places = {name: schema for schema, name in questions.expected.tables}
    return sqlite_file.moved(connection, questions.sqlite, there, places)


def _backups(connection: Connection) -> Answer:
    topic = "backups"
    mode, last, age, _failed, failing = rows(connection, _ARCHIVE)[0]
    if mode == "off":
        return Answer(
            topic,
            "unknown",
            "not seen from here: the server archives nothing itself",
            "check the backups in the provider's dashboard",
        )
    if failing:
        return Answer(
            topic, "error", f"the last attempt to archive the log failed; the last successful one: {last or 'none'}"
        )
    if last is None:
        return Answer(topic, "unknown", "the server archives its log, and has not archived anything yet")
    return Answer(topic, "ok", f"the server archives its log, last {age} s ago; test a restore to be sure")


def _tls(connection: Connection, url: DatabaseUrl) -> Answer:
    answers = session.secured(connection, url)
    worst = max(answers, key=lambda answer: ("ok", "unknown", "warning", "error").index(answer.status))
    return Answer("TLS in use", worst.status, worst.message, worst.fix)


def _row_security(verified: Callable[[], Answer] | None) -> Answer:
    topic = "row security and policies"
    if verified is None:
        return Answer(topic, "unknown", "not checked here", "gatepost verify")
    answer = verified()
    return Answer(topic, answer.status, answer.message, answer.fix)
