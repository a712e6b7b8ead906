"""Every step up, down and up again, on both databases."""

from dataclasses import replace

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models import metadata

LEGACY = "0ae54fa82ef0"
TARGET = "5f1c2b7d90ae"


def test_up_down_and_up_again_comes_to_the_same_at_every_step(database):
    database.upgrade(LEGACY)
    legacy = database.shape()
    assert len(legacy) == 14
    database.downgrade("base")
    assert database.shape() == {}

    database.upgrade(LEGACY)
    database.upgrade(TARGET)
    target = database.shape()
    database.downgrade(LEGACY)
    assert database.shape() == legacy
    database.upgrade(TARGET)
    assert database.shape() == target

    database.downgrade("base")
    assert database.shape() == {}
    database.upgrade(TARGET)
    assert database.shape() == target


def test_nothing_is_left_behind_by_a_downgrade(postgresql):
    everything = (
        "SELECT relkind, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relname !~ 'alembic' UNION SELECT 'p', proname FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace UNION SELECT 't', typname FROM pg_type"
        " WHERE typnamespace = 'public'::regnamespace AND typname !~ 'alembic'"
    )
    before = postgresql.rows(everything)
    postgresql.upgrade(TARGET)
    postgresql.downgrade("base")
    assert sorted(postgresql.rows(everything)) == sorted(before)


def test_the_target_is_what_the_models_would_create(database, another):
    database.upgrade(TARGET)
    with another.engine() as engine:
        metadata.create_all(engine)
    assert database.shape() == another.shape()


def test_autogenerate_has_nothing_to_add_to_the_target(postgresql):
    postgresql.upgrade(TARGET)
    with postgresql.begin() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_schemas": False}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_alembic_check_is_clean_at_the_head_and_after_a_way_down_and_up(database):
    database.upgrade("head")
    database.check()
    database.downgrade(LEGACY)
    database.upgrade("head")
    database.check()


def test_the_first_revision_makes_what_deployed_sqlite_databases_have(sqlite, stamped):
    sqlite.upgrade(LEGACY)
    assert sqlite.shape() == stamped.shape()


def test_the_first_revision_makes_the_names_and_types_of_deployed_postgresql_databases(postgresql):
    postgresql.upgrade(LEGACY)
    shape = postgresql.shape()
    users, metrics = shape["users"], shape["provider_metrics"]
    assert users["primary key"]["name"] == "users_pkey"
    assert ("users_google_id_key", ["google_id"]) in users["unique"]
    assert users["indexes"] == [
        ("ix_users_email", ["email"], True),
        ("ix_users_id", ["id"], False),
        ("users_google_id_key", ["google_id"], True),
    ]
    assert shape["tasks"]["foreign keys"][0]["name"] == "tasks_user_id_fkey"
    assert users["columns"][0][:3] == ("id", "VARCHAR", False)
    assert users["columns"][-1][:4] == ("updated_at", "TIMESTAMP WITHOUT TIME ZONE", True, None)
    columns = {column[0]: column[1:4] for column in metrics["columns"]}
    assert columns["id"] == ("INTEGER", False, "nextval('provider_metrics_id_seq'::regclass)")
    assert columns["timestamp"] == ("TIMESTAMP WITH TIME ZONE", True, "now()")
    assert columns["metadata_json"] == ("JSON", True, None)
    assert columns["error_rate"] == ("DOUBLE PRECISION", True, None)


def test_every_index_has_its_own_work_at_the_target(postgresql):
    postgresql.upgrade(TARGET)
    twice = postgresql.rows(
        "SELECT indrelid::regclass, indkey::text FROM pg_index WHERE indrelid::regclass::text !~ '^pg_|^auth|^storage'"
        " AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert twice == []
    unindexed = postgresql.rows(
        "SELECT conname FROM pg_constraint AS c WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])"
    )
    assert unindexed == []


def test_the_whole_history_can_be_written_as_sql_and_run(postgresql, new_database, capsys):
    postgresql.upgrade(TARGET)
    capsys.readouterr()
    postgresql.upgrade(f"base:{TARGET}", sql=True)
    script = capsys.readouterr().out
    # Alembic's script has a transaction of its own.
    body = script.replace("BEGIN;", "").replace("COMMIT;", "")
    with new_database() as url:
        another = replace(postgresql, url=url)
        another.execute(body)
        assert another.shape() == postgresql.shape()


def test_the_sql_of_a_step_is_the_same_each_time(postgresql, capsys):
    scripts = set()
    for _ in range(2):
        capsys.readouterr()
        postgresql.upgrade(f"base:{TARGET}", sql=True)
        scripts.add(capsys.readouterr().out)
    assert len(scripts) == 1


def test_the_folders_of_other_tools_are_not_packages(root):
    """An `__init__.py` there would hide the library of the same name."""
    assert (root / "alembic").is_dir()
    assert not list(root.glob("alembic/**/__init__.py"))
    assert not list(root.glob("supabase/**/__init__.py"))
