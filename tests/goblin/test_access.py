"""Who reaches what in the Goblin Assistant, told by its own rows."""

import pytest
from sqlmodel import select

from gatepost.testing import (
    assert_can_delete,
    assert_can_insert,
    assert_can_select,
    assert_can_update,
    assert_cannot_delete,
    assert_cannot_insert,
    assert_cannot_select,
    assert_cannot_update,
)
from models.accounts import User
from models.providers import ModelConfig, Provider
from models.search import SearchCollection
from models.work import Stream, StreamChunk, Task

ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
BACKEND_ONLY = (
    "global_settings provider_credentials provider_metrics provider_policies routing_providers routing_requests"
)


@pytest.fixture
def rows(gatepost_session):
    for user in (ANN, BOB):
        gatepost_session.add(User(id=user, email=f"{user}@example.org", password_hash="secret"))
        gatepost_session.flush()
        gatepost_session.add(Task(id=f"task {user}", user_id=user, goblin="g", task="t"))
        gatepost_session.add(Stream(id=f"stream {user}", user_id=user, goblin="g", task="t"))
        gatepost_session.flush()
        gatepost_session.add(StreamChunk(stream_id=f"stream {user}", content="c"))
    gatepost_session.add_all([Provider(name="on", is_active=True), Provider(name="off", is_active=False)])
    gatepost_session.add_all([ModelConfig(name="m"), SearchCollection(name="s")])
    gatepost_session.commit()


def test_a_user_works_with_its_own(rows, as_user):
    with as_user(ANN) as db:
        assert_can_select(db, Task, rows=1)
        assert_can_insert(db, Task, id="new", user_id=ANN, goblin="g", task="t")
        assert_can_update(db, Task, {"status": "cancelled"}, user_id=ANN)
        assert_can_delete(db, Task, user_id=ANN)
        assert_can_select(db, Stream, rows=1)
        assert_can_update(db, Stream, {"status": "cancelled"}, user_id=ANN)
        assert_can_select(db, StreamChunk, rows=1, stream_id=f"stream {ANN}")


def test_and_with_nobody_else_s(rows, as_user):
    with as_user(ANN) as db:
        assert_cannot_select(db, Task, user_id=BOB)
        assert_cannot_insert(db, Task, id="new", user_id=BOB, goblin="g", task="t")
        assert_cannot_update(db, Task, {"status": "cancelled"}, user_id=BOB)
        assert_cannot_update(db, Task, {"user_id": BOB}, user_id=ANN)
        assert_cannot_delete(db, Task, user_id=BOB)
        assert_cannot_delete(db, Stream, user_id=ANN)
        assert_cannot_select(db, StreamChunk, stream_id=f"stream {BOB}")
        assert_cannot_insert(db, StreamChunk, stream_id=f"stream {ANN}", content="mine")


def test_a_user_sees_itself_without_the_secrets(rows, as_user, gatepost_db):
    with as_user(ANN) as db:
        assert_can_update(db, User, {"name": "Ann"}, id=ANN)
        assert_cannot_update(db, User, {"email": "else@example.org"}, id=ANN)
        with db.cursor() as cursor:
            cursor.execute("SELECT id FROM users")
            assert cursor.fetchall() == [(ANN,)]
        assert_cannot_select(db, User, columns=("password_hash",))


def test_what_is_shared_is_shared(rows, as_user, as_anon):
    with as_user(ANN) as db:
        assert_can_select(db, Provider, rows=1, name="on")
        assert_cannot_select(db, Provider, name="off")
        assert_can_select(db, ModelConfig)
        assert_can_select(db, SearchCollection)
        assert_cannot_insert(db, SearchCollection, name="mine")
    with as_anon() as db:
        for model in (User, Task, Stream, StreamChunk, Provider, ModelConfig, SearchCollection):
            assert_cannot_select(db, model)


@pytest.mark.parametrize("table", BACKEND_ONLY.split())
def test_the_backend_s_own_is_the_backend_s(table, as_user, as_anon, as_service):
    for somebody in (as_anon(), as_user(ANN)):
        with somebody as db:
            assert_cannot_select(db, table)
            assert_cannot_delete(db, table)
    with as_service() as db, db.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")


def test_a_session_acts_too(rows, as_user, gatepost_session):
    with as_user(ANN, session=gatepost_session) as session:
        assert [task.user_id for task in session.exec(select(Task)).all()] == [ANN]
        session.add(Task(id="mine", user_id=ANN, goblin="g", task="t"))
        session.commit()
    with as_user(BOB, session=gatepost_session) as session:
        assert [task.user_id for task in session.exec(select(Task)).all()] == [BOB]
    assert len(gatepost_session.exec(select(Task)).all()) == 3
