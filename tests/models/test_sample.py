import re
import sqlite3
from contextlib import closing

import pytest

from models.invention import ODDITIES
from models.sample import write_sample

MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
SECONDS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def column(path, table, name):
    return [value for (value,) in rows(path, f'SELECT "{name}" FROM {table} ORDER BY rowid')]


def dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "legacy.db"
    write_sample(path)
    return path


def test_it_has_fourteen_tables_and_about_4600_rows(tmp_path):
    counts = write_sample(tmp_path / "a.db")
    assert len(counts) == 14
    assert 4_500 < sum(counts.values()) < 4_700
    assert counts == {table: len(rows(tmp_path / "a.db", f"SELECT 1 FROM {table}")) for table in counts}


def test_it_is_stamped_as_deployed_databases_are(sample):
    assert rows(sample, "SELECT * FROM alembic_version") == [("0ae54fa82ef0",)]


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(sample, tmp_path):
    write_sample(tmp_path / "same.db")
    write_sample(tmp_path / "other.db", seed=1)
    assert dump(tmp_path / "same.db") == dump(sample)
    assert dump(tmp_path / "other.db") != dump(sample)


def test_every_child_has_its_parent(sample):
    assert rows(sample, "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("oddity", ODDITIES)
def test_every_oddity_is_in_free_text(sample, oddity):
    assert oddity in column(sample, "tasks", "task")


def test_the_oddities_cover_what_breaks_a_copy():
    together = "".join(ODDITIES)
    for piece in ("\t", "\n", "\r\n", '"', "'", "\\", "\\N", "🧌", "地", "ゴ", "ü"):
        assert piece in together
    assert "" in ODDITIES


def test_moments_have_a_fraction_where_the_app_wrote_them_and_none_where_the_database_did(sample):
    written = column(sample, "tasks", "created_at")
    assert {bool(MICROSECONDS.fullmatch(value)) for value in written} == {True, False}
    assert all(MICROSECONDS.fullmatch(value) or SECONDS.fullmatch(value) for value in written)
    assert all(SECONDS.fullmatch(value) for value in column(sample, "provider_metrics", "timestamp"))


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("routing_requests", "success"),
        ("stream_chunks", "done"),
        ("providers", "is_active"),
        ("model_configs", "is_default"),
    ],
)
def test_truth_values_are_0_1_or_null(sample, table, name):
    assert set(column(sample, table, name)) == {0, 1, None}


def test_json_has_escapes_and_none_and_a_json_null_beside_sql_null(sample):
    values = column(sample, "routing_requests", "requirements")
    texts = [value for value in values if value is not None]
    assert None in values
    assert "null" in texts
    assert any("\\ud83e" in value for value in texts)
    assert any("🧌" in value for value in texts)


def test_a_bare_json_number_is_kept_as_a_number(sample):
    kinds = rows(sample, "SELECT key, typeof(value) FROM global_settings")
    assert dict(kinds) == {"theme": "text", "limit": "integer", "ratio": "real", "flags": "text", "none": "text"}


def test_one_task_in_fifty_has_no_user_and_a_quarter_of_the_users_no_password(sample):
    assert column(sample, "tasks", "user_id").count(None) == 600 / 50
    hashes = column(sample, "users", "password_hash")
    assert hashes.count(None) == 60 / 4
    assert all(re.fullmatch(r"\$2b\$12\$[./A-Za-z0-9]{53}", value) for value in hashes if value)


def test_an_empty_string_stands_beside_null(sample):
    assert {"", None} <= set(column(sample, "tasks", "result"))


def test_the_smallest_sample_is_one(tmp_path):
    counts = write_sample(tmp_path / "small.db", scale=0.001)
    assert min(counts.values()) == 1
    assert rows(tmp_path / "small.db", "PRAGMA foreign_key_check") == []


def test_what_grows_with_use_grows_with_scale(tmp_path):
    counts = write_sample(tmp_path / "three.db", scale=3)
    assert counts["stream_chunks"] == 9_000
    assert counts["providers"] == 4


def test_a_file_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "mine.db"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match=r'"[^"]*mine\.db" exists already'):
        write_sample(path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("scale", [0, -1, float("nan")])
def test_a_scale_that_is_not_above_zero_is_refused(tmp_path, scale):
    with pytest.raises(ValueError, match="not above zero"):
        write_sample(tmp_path / "none.db", scale)
    assert list(tmp_path.iterdir()) == []
