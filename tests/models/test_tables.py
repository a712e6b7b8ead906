from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import JSON, Boolean, create_engine, event, inspect, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, SQLModel, select, text

import models
from models import (
    GlobalSetting,
    Provider,
    ProviderMetric,
    RoutingProvider,
    RoutingRequest,
    SearchCollection,
    SearchDocument,
    Stream,
    StreamChunk,
    Task,
    User,
    metadata,
)

TABLES = {
    "users": "id email password_hash name google_id passkey_credential_id passkey_public_key created_at updated_at",
    "tasks": "id user_id goblin task code provider model status result created_at updated_at",
    "streams": "id user_id goblin task code provider model status created_at",
    "stream_chunks": "id stream_id content token_count cost_delta done created_at",
    "search_collections": "id name created_at",
    "search_documents": "id collection_id document_id document document_metadata created_at",
    "providers": "id name display_name capabilities default_model metadata_ is_active created_at updated_at",
    "provider_credentials": "id provider_id encrypted_key scopes created_by created_at expires_at",
    "model_configs": "id provider_id name params is_default created_at updated_at",
    "global_settings": "id key value created_at updated_at",
    "routing_providers": "id name display_name base_url api_key_encrypted is_active capabilities models rate_limits"
    " cost_per_token priority created_at updated_at",
    "provider_metrics": "id provider_id timestamp is_healthy response_time_ms error_rate throughput_rpm tokens_used"
    " cost_incurred metadata_json",
    "provider_policies": "id provider_id name policy_type conditions actions priority is_active created_at updated_at",
    "routing_requests": "id request_id capability requirements selected_provider_id response_time_ms success"
    " error_message created_at",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def engine(request, tmp_path):
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
    else:
        url = make_url(request.getfixturevalue("database_url"))
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_tables_and_columns_have_the_names_that_the_app_knows():
    assert {table.name: " ".join(table.columns.keys()) for table in metadata.tables.values()} == TABLES


def test_every_class_is_exported():
    exported = {value.__tablename__ for value in vars(models).values() if hasattr(value, "__table__")}
    assert exported == set(TABLES)
    assert sorted(models.__all__) == models.__all__


def test_the_tables_are_not_in_the_metadata_that_every_project_shares():
    assert not set(TABLES) & set(SQLModel.metadata.tables)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_foreign_key_leads_an_index(table):
    indexed = {index.columns.keys()[0] for index in table.indexes}
    assert {key.parent.name for key in table.foreign_keys} <= indexed


def test_lists_that_are_shown_newest_first_have_their_order_in_the_index():
    for model in (Task, Stream):
        assert [index.columns.keys() for index in model.__table__.indexes] == [["user_id", "created_at"]]


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_no_two_indexes_begin_with_the_primary_key_or_say_the_same(table):
    starts = [tuple(index.columns.keys()) for index in table.indexes]
    assert ("id",) not in starts
    assert len(starts) == len(set(starts))


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_constraint_and_index_has_a_name_that_postgresql_keeps(table):
    names = [item.name for item in (*table.constraints, *table.indexes)]
    assert all(isinstance(name, str) and 0 < len(name) <= 63 for name in names)


def test_a_truth_value_has_a_default_unless_null_means_that_nothing_is_known():
    without = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Boolean) and column.server_default is None
    }
    assert without == {"routing_requests.success"}


def test_a_user_has_tasks_and_streams_and_a_stream_its_chunks(engine):
    with Session(engine) as session:
        user = User(email="a@goblins.example", tasks=[Task(goblin="g", task="dig")])
        stream = Stream(goblin="g", task="dig", user=user, chunks=[StreamChunk(content="d"), StreamChunk(content="ig")])
        session.add_all([user, stream])
        session.commit()
        session.expunge_all()

        found = session.exec(select(User)).one()
        assert [task.task for task in found.tasks] == ["dig"]
        assert [chunk.content for chunk in found.streams[0].chunks] == ["d", "ig"]
        assert found.streams[0].chunks[0].stream.user is found
        assert len(found.id) == 36


def test_documents_metrics_and_requests_find_their_parents(engine):
    with Session(engine) as session:
        route = RoutingProvider(
            name="r", display_name="R", base_url="https://r.example", api_key_encrypted="x", capabilities=[], models=[]
        )
        route.metrics = [ProviderMetric()]
        route.requests = [RoutingRequest(request_id="1", capability="chat")]
        collection = SearchCollection(name="c", documents=[SearchDocument(document_id="d", document="text")])
        session.add_all([route, collection])
        session.commit()
        session.expunge_all()

        metric = session.exec(select(ProviderMetric)).one()
        assert metric.provider.name == "r"
        assert metric.is_healthy is False
        assert metric.timestamp is not None
        request = session.exec(select(RoutingRequest)).one()
        assert request.success is None
        assert request.selected_provider.requests == [request]
        assert session.exec(select(SearchDocument)).one().collection.name == "c"


def test_a_field_left_out_is_sql_null_and_a_json_null_can_be_said(engine):
    with Session(engine) as session:
        session.add_all([GlobalSetting(key="out"), GlobalSetting(key="null", value=JSON.NULL)])
        session.add(GlobalSetting(key="deep", value={"a": [1, None, "🧌"]}))
        session.commit()
        settings = session.execute(text("SELECT key, value IS NULL AS empty FROM global_settings")).all()
        assert dict(map(tuple, settings)) == {"out": True, "null": False, "deep": False}
        assert session.exec(select(GlobalSetting).where(GlobalSetting.key == "deep")).one().value == {
            "a": [1, None, "🧌"]
        }


def test_the_database_fills_in_what_an_insert_leaves_out(engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO providers (name) VALUES ('cave')"))
        row = connection.execute(select(Provider)).one()
    assert (row.id, row.is_active) == (1, True)
    assert row.created_at is not None
    assert row.updated_at is None


def test_a_moved_row_keeps_its_number(engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO providers (id, name) VALUES (41, 'cave')"))
        assert connection.execute(select(Provider.id)).scalar_one() == 41


def test_postgresql_has_the_target_types(database_url, connection):
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg2"))
    metadata.create_all(engine)
    columns = {column["name"]: column for column in inspect(engine).get_columns("provider_metrics")}
    assert isinstance(columns["metadata_json"]["type"], JSONB)
    assert columns["timestamp"]["type"].timezone
    assert columns["id"]["identity"]["always"] is False
    engine.dispose()
    with closing(connection.cursor()) as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'character varying' AND character_maximum_length IS NULL"
        )
        assert cursor.fetchone() == (0,)


def test_a_moment_comes_back_in_its_time_zone_from_postgresql(database_url):
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg2"))
    metadata.create_all(engine)
    moment = datetime(2025, 1, 9, 22, 38, 8, 41300, tzinfo=UTC)
    with Session(engine) as session:
        session.add(User(email="a@goblins.example", created_at=moment))
        session.commit()
        assert session.exec(select(User)).one().created_at == moment
    engine.dispose()
