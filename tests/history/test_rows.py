"""A stamped database with rows in it upgrades in place, and no value changes on the way."""

import json
import re
from datetime import UTC, datetime

import psycopg2
import psycopg2.extras
import pytest
import sqlalchemy as sa

from models import metadata

LEGACY = "0ae54fa82ef0"
TARGET = "5f1c2b7d90ae"
KEYED_BY_NUMBER = [table.name for table in metadata.sorted_tables if isinstance(table.c.id.type, sa.Integer)]


def contents(database):
    """Every row of every table, as the driver reads it, in the order of the keys."""
    return {
        table.name: database.rows(
            f"SELECT {', '.join(map(quoted, table.columns.keys()))} FROM {table.name} ORDER BY id"
        )
        for table in metadata.sorted_tables
    }


def quoted(name):
    return f'"{name}"'


def for_postgresql(value, column):
    """An SQLite value as the legacy columns of PostgreSQL take it."""
    if value is None:
        return None
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    return str(value) if isinstance(column.type, sa.JSON) else value


@pytest.fixture
def deployed(postgresql, stamped):
    """The legacy schema on PostgreSQL with the sample's rows in it, and sequences that stand behind them."""
    postgresql.upgrade(LEGACY)
    sample = contents(stamped)
    with psycopg2.connect(postgresql.url) as connection, connection.cursor() as cursor:
        for table in metadata.sorted_tables:
            names = table.columns.keys()
            rows = [
                [for_postgresql(value, table.c[name]) for name, value in zip(names, row, strict=True)]
                for row in sample[table.name]
            ]
            statement = f"INSERT INTO {table.name} ({', '.join(map(quoted, names))}) VALUES %s"
            psycopg2.extras.execute_values(cursor, statement, rows)
        for table in KEYED_BY_NUMBER:
            cursor.execute(f"SELECT setval('{table}_id_seq', max(id) + 5) FROM {table}")
    connection.close()
    return postgresql


def test_sqlite_rows_are_untouched_up_and_down(stamped):
    before = contents(stamped)
    assert sum(map(len, before.values())) > 4_000
    stamped.upgrade(TARGET)
    assert contents(stamped) == before
    assert stamped.rows("PRAGMA foreign_key_check") == []
    assert stamped.rows("PRAGMA integrity_check") == [("ok",)]
    stamped.downgrade(LEGACY)
    assert contents(stamped) == before


def test_sqlite_keeps_the_storage_class_of_every_value(stamped):
    query = "SELECT key, typeof(value), typeof(created_at) FROM global_settings"
    before = stamped.rows(query)
    stamped.upgrade(TARGET)
    assert stamped.rows(query) == before


def test_an_sqlite_upgrade_that_fails_leaves_everything_as_it_was(stamped):
    # What a copy of one table in the middle would be called is taken.
    stamped.execute("CREATE TABLE _alembic_tmp_stream_chunks (a INTEGER)")
    shape, before = stamped.shape(), contents(stamped)
    with pytest.raises(sa.exc.OperationalError, match="_alembic_tmp_stream_chunks"):
        stamped.upgrade(TARGET)
    assert stamped.shape() == shape
    assert contents(stamped) == before


# A session that is not in UTC is where a naive moment goes wrong: half of these are not whole hours away.
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_postgresql_rows_keep_their_values(deployed, zone):
    deployed.live_in(zone)
    before = contents(deployed)
    deployed.upgrade(TARGET)
    after = contents(deployed)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    for name, rows in before.items():
        assert [tuple(map(told, row)) for row in after[name]] == [tuple(map(told, row)) for row in rows]
    deployed.downgrade(LEGACY)
    assert contents(deployed) == before


def told(value):
    """A value with its meaning said: a moment that names no time zone is in UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def test_the_moments_on_postgresql_are_those_of_the_sqlite_rows(deployed, stamped):
    deployed.upgrade(TARGET)
    there = dict(deployed.rows("SELECT id, created_at FROM tasks"))
    for key, written in stamped.rows("SELECT id, created_at FROM tasks"):
        assert there[key] == datetime.fromisoformat(written).replace(tzinfo=UTC)


def test_json_means_the_same_and_json_null_is_not_sql_null(deployed, stamped):
    deployed.upgrade(TARGET)
    there = dict(deployed.rows("SELECT id, requirements::text FROM routing_requests"))
    for key, written in stamped.rows("SELECT id, requirements FROM routing_requests"):
        assert (there[key] is None) == (written is None)
        assert written is None or json.loads(there[key]) == json.loads(written)


def test_a_null_truth_value_stays_null(deployed):
    before = deployed.rows("SELECT count(*) FROM stream_chunks WHERE done IS NULL")
    assert before > [(0,)]
    deployed.upgrade(TARGET)
    assert deployed.rows("SELECT count(*) FROM stream_chunks WHERE done IS NULL") == before


def test_a_column_that_had_its_time_zone_already_keeps_its_values(deployed):
    """The ORM gave some columns a time zone, not everywhere the same ones."""
    deployed.execute("SET TimeZone = 'UTC'; ALTER TABLE tasks ALTER COLUMN created_at TYPE timestamptz")
    deployed.live_in("Asia/Kathmandu")
    before = deployed.rows("SELECT id, created_at FROM tasks ORDER BY id")
    deployed.upgrade(TARGET)
    assert deployed.rows("SELECT id, created_at FROM tasks ORDER BY id") == before


@pytest.mark.parametrize("way", ["up", "down", "up again"])
def test_numbers_go_on_where_the_sequence_stood(deployed, way):
    stood = {table: deployed.rows(f"SELECT last_value, is_called FROM {table}_id_seq") for table in KEYED_BY_NUMBER}
    deployed.upgrade(TARGET)
    if way != "up":
        deployed.downgrade(LEGACY)
    if way == "up again":
        deployed.upgrade(TARGET)
    for table in KEYED_BY_NUMBER:
        assert deployed.rows(f"SELECT last_value, is_called FROM {table}_id_seq") == stood[table]
        assert deployed.rows(f"SELECT pg_get_serial_sequence('{table}', 'id')") == [(f"public.{table}_id_seq",)]
    deployed.execute("INSERT INTO search_collections (name) VALUES ('next')")
    assert deployed.rows("SELECT id FROM search_collections WHERE name = 'next'") == [(3 + 5 + 1,)]


def test_an_unused_sequence_still_begins_at_one(postgresql):
    postgresql.upgrade(TARGET)
    postgresql.execute("INSERT INTO search_collections (name) VALUES ('first')")
    assert postgresql.rows("SELECT id FROM search_collections") == [(1,)]


def test_what_jsonb_cannot_hold_stops_the_upgrade_and_changes_nothing(deployed):
    deployed.execute("INSERT INTO global_settings (key, value) VALUES ('nul', '\"\\u0000\"')")
    shape, before = deployed.shape(), contents(deployed)
    with pytest.raises(sa.exc.DBAPIError, match=re.escape("\\u0000 cannot be converted to text")):
        deployed.upgrade(TARGET)
    assert deployed.shape() == shape
    assert contents(deployed) == before


def test_large_tables_are_not_rewritten(deployed):
    """No new file on disk means that no row was written again."""
    query = "SELECT relname, relfilenode FROM pg_class WHERE relname IN ('users', 'tasks', 'streams', 'stream_chunks')"
    before = sorted(deployed.rows(query))
    deployed.upgrade(TARGET)
    assert sorted(deployed.rows(query)) == before
