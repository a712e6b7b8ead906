import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.cli._doctor import as_json, as_markdown
from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from gatepost.doctor import Answer, Questions, Report, checklist
from gatepost.doctor.examine import Expected
from gatepost.errors import DatabaseUnreachable, SettingsError
from tests.database.server import PASSWORD, SpareServer

PROJECT = Expected(heads=("b",), history=("a", "b"), tables=(("public", "parent"), ("public", "order")))
SMALL = Settings(_env_file=None, db_pool_size=2, db_max_overflow=1)


@pytest.fixture
def run(database_url: str):
    def run(*statements: str) -> None:
        with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return run


@pytest.fixture
def migrated(run) -> None:
    run(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        'CREATE TABLE "order" (id int PRIMARY KEY, "a b" int REFERENCES parent)',
        'CREATE INDEX ON "order" ("a b")',
        "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('b')",
        "INSERT INTO parent VALUES (1), (2)",
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old [1]?.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(
            'CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE "order" (id integer PRIMARY KEY);'
            "CREATE TABLE alembic_version (v text); INSERT INTO alembic_version VALUES ('x');"
            "INSERT INTO parent VALUES (1), (2);"
        )
    return file


def ask(url: str, **questions) -> Report:
    return checklist(parse_url(url), settings=SMALL, questions=Questions(**({"expected": PROJECT} | questions)))


def only(report: Report, topic: str) -> Answer:
    (found,) = [answer for answer in report.answers if answer.topic == topic]
    return found


def test_all_is_well(database_url: str, migrated, old: Path) -> None:
    (old.parent / (old.name + ".backup")).write_bytes(old.read_bytes())
    fine = Answer("any", "ok", "fine")
    report = ask(database_url, sqlite=old, row_security=lambda: fine, health=lambda: fine)
    assert {answer.topic: answer.status for answer in report.answers} == {
        "tables created": "ok",
        "keys indexed": "ok",
        "pool configured for this server": "ok",
        "health checks answer": "ok",
        "data moved": "ok",
        "backups": "unknown",
        "TLS in use": "ok",
        "row security and policies": "ok",
        "SQLite file backed up": "ok",
    }
    assert report.ok
    markdown = as_markdown(report)
    assert markdown.count("- [x] ") == 8
    assert "- [ ] backups: **unknown**: not seen from here" in markdown
    told = json.loads(as_json(report))
    assert told["not_checked"][0]["what"] == "backups"
    assert told["summary"] == {"ok": 8, "warning": 0, "error": 0, "unknown": 1}


def test_what_was_not_given_is_unknown(database_url: str, migrated) -> None:
    report = ask(database_url, expected=Expected())
    unknown = {answer.topic for answer in report.answers if answer.status == "unknown"}
    assert unknown == {
        "tables created",
        "health checks answer",
        "data moved",
        "backups",
        "row security and policies",
        "SQLite file backed up",
    }


def test_a_missing_table(database_url: str, run) -> None:
    run("CREATE TABLE parent (id int PRIMARY KEY)")
    told = only(ask(database_url), "tables created")
    assert (told.status, told.message) == ("error", "1 of 2 are missing: public.order")


@pytest.mark.parametrize(
    ("index", "status"),
    [
        ("SELECT 1", "error"),
        ('CREATE INDEX ON "order" (id, "a b")', "error"),
        ('CREATE INDEX ON "order" ("a b") WHERE id > 7', "error"),
        ('CREATE INDEX ON "order" (("a b" + 1))', "error"),
        ('CREATE INDEX ON "order" ("a b", id)', "ok"),
        ('CREATE UNIQUE INDEX ON "order" ("a b")', "ok"),
    ],
)
def test_a_key_needs_an_index_that_begins_with_it(database_url: str, run, migrated, index: str, status: str) -> None:
    run('DROP INDEX "order_a b_idx"', index)
    told = only(ask(database_url), "keys indexed")
    assert told.status == status
    if status == "error":
        assert told.message == "1 of 4 keys have no index: public.order (a b)"


def test_a_key_of_two_columns_is_served_in_either_order(database_url: str, run, migrated) -> None:
    run(
        "CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b))",
        "CREATE TABLE child (x int, y int, FOREIGN KEY (x, y) REFERENCES pair)",
        "CREATE INDEX ON child (y)",
    )
    assert "public.child (x, y)" in only(ask(database_url), "keys indexed").message
    run("CREATE INDEX ON child (y, x)")
    assert only(ask(database_url), "keys indexed").status == "ok"


def test_rows_that_did_not_arrive(database_url: str, run, migrated, old: Path) -> None:
    run("DELETE FROM parent WHERE id = 1")
    told = only(ask(database_url, sqlite=old), "data moved")
    assert (told.status, told.message) == ("error", "parent has 1 of 2")
    run("INSERT INTO parent VALUES (1), (3), (4)")
    told = only(ask(database_url, sqlite=old), "data moved")
    assert told.message == "all 2 rows of 2 tables arrived, by count, and 2 rows were added since"
    run('DROP TABLE "order"')
    assert only(ask(database_url, sqlite=old), "data moved").message == "order does not exist"


def test_health_fails_behind_the_newest_revision(database_url: str, run, migrated) -> None:
    run("UPDATE alembic_version SET version_num = 'a'")
    told = only(ask(database_url), "health checks answer")
    assert told.status == "error"
    assert "at a, expected b" in told.message


class TestBackup:
    def backup(self, url: str, old: Path, copy: Path | None) -> Answer:
        return only(ask(url, sqlite=old, backup=copy), "SQLite file backed up")

    def test_none_is_seen(self, database_url: str, migrated, old: Path) -> None:
        (old.parent / (old.name + "-wal")).touch()
        (old.parent / (old.name + ".txt")).write_text("no database")
        told = self.backup(database_url, old, None)
        assert told.status == "unknown"
        name = f"'{old}'"
        assert told.fix.endswith(f"then gatepost doctor --sqlite {name} --backup {name[:-1]}.backup'")

    def test_a_copy_that_is_none(self, database_url: str, migrated, old: Path, tmp_path: Path) -> None:
        assert "the file itself" in self.backup(database_url, old, old).message
        copy = tmp_path / "copy.db"
        copy.write_bytes(old.read_bytes()[:5000])
        assert self.backup(database_url, old, copy).status == "error"
        copy.write_bytes(old.read_bytes())
        assert self.backup(database_url, old, copy).status == "ok"
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("DELETE FROM parent")
        assert self.backup(database_url, old, copy).status == "error"

    def test_no_file(self, database_url: str, migrated, old: Path, tmp_path: Path) -> None:
        for wrong in (tmp_path / "absent.db", tmp_path):
            with pytest.raises(SettingsError, match="there is no file"):
                ask(database_url, sqlite=wrong)
        text = tmp_path / "notes.txt"
        text.write_text("no database" * 100)
        with pytest.raises(SettingsError, match="cannot be read as a SQLite database"):
            ask(database_url, sqlite=text)


def test_archiving_is_seen(spare_server: SpareServer) -> None:
    with spare_server.running(archive_mode="on", archive_command="true", wal_level="replica"):
        before = only(ask(spare_server.url()), "backups")
        spare_server.execute("SELECT pg_create_restore_point('x')", "SELECT pg_switch_wal()")
        told = before
        for _ in range(100):
            told = only(ask(spare_server.url()), "backups")
            if told.status == "ok":
                break
        assert told.status == "ok"
    with spare_server.running(archive_mode="on", archive_command="false", wal_level="replica"):
        spare_server.execute("SELECT pg_create_restore_point('x')", "SELECT pg_switch_wal()")
        for _ in range(100):
            told = only(ask(spare_server.url()), "backups")
            if told.status == "error":
                break
        assert told.status == "error"


def test_no_connection_is_an_error_of_its_own(spare_server: SpareServer) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        ask(spare_server.url())
    assert PASSWORD not in str(caught.value)
