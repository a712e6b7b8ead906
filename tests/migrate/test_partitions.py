"""Partitions of a declared table: nobody's model, closed by themselves, and read through their parent."""

import logging

import pytest
from alembic.util import CommandError
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Uuid

from gatepost import owner, protect


def events(metadata: MetaData):
    table = Table(
        "events",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("day", DateTime, primary_key=True),
        Column("user_id", Uuid, index=True),
        postgresql_partition_by="RANGE (day)",
    )
    protect(table, owner(table.c.user_id))


PARTITIONS = (
    "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    " PARTITION BY LIST (id)",
    "CREATE TABLE events_2026_1 PARTITION OF events_2026 FOR VALUES IN (1)",
    "GRANT SELECT ON events_2026_1 TO anon",
)


def test_a_partition_is_not_dropped_but_closed(project, caplog):
    project.starts(events)
    project.execute(*PARTITIONS)
    rows = project.table("events").policies
    project.say(events)
    with caplog.at_level(logging.INFO, "alembic"):
        revision = project.revise()
    assert not [message for message in caplog.messages if "removed" in message]
    assert "drop_" not in revision.up
    assert 'op.create_entity(ClosedPartitions("public", "events"))' in revision.up
    project.upgrade()
    project.check()
    for name in ("events_2026", "events_2026_1"):
        assert project.table(name).row_security.enabled
        assert not {"anon", "authenticated", "public"} & set(project.grants(name))
    assert project.table("events").policies == rows
    project.downgrade()
    project.upgrade()
    project.check()


def test_an_upgrade_does_not_end_with_an_open_partition(project):
    project.starts(events)
    project.execute(*PARTITIONS)
    with pytest.raises(CommandError) as refused:
        project.upgrade()
    assert '"public.events" (the API can go past it to its partition "public.events_2026", ' in str(refused.value)
    assert 'its partition "public.events_2026_1"); nothing was committed' in str(refused.value)
    project.say(events)
    project.revise()
    project.upgrade()


def test_a_partition_of_a_table_that_goes_is_not_dropped_by_itself(project):
    project.starts(events)
    project.execute(*PARTITIONS[:2])
    project.say(lambda _metadata: None)
    revision = project.revise()
    assert revision.up.count("op.drop_table") == 1
    project.upgrade()
    project.check()
