"""Revisions as SQL files: their names, their order, what is stale, and that they make the same database."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from typer.testing import CliRunner

from gatepost.cli import app
from gatepost.errors import SettingsError
from gatepost.export import Revision, migrations, stale
from gatepost.migrate.offline import history
from gatepost.reflect import reflect

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "export.md"
SCRIPT = """BEGIN;

SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('gatepost: migrate'));

CREATE TABLE alembic_version (version_num text);

-- Running upgrade  -> a1

CREATE TABLE one ();

INSERT INTO alembic_version (version_num) VALUES ('a1');

-- Running upgrade a1 -> b2

CREATE TABLE two ();

COMMIT;
"""
DAY = datetime(2026, 3, 1, 12)
REVISIONS = (Revision("a1", "First: the Tables!", DAY), Revision("b2", "second", datetime(2026, 2, 1)))


def test_a_file_is_named_by_its_date_and_never_before_the_one_before_it(tmp_path):
    first, second = migrations(REVISIONS, SCRIPT, tmp_path)
    assert first.name == "20260301120000_first_the_tables.sql"
    assert second.name == "20260301120001_second.sql"
    assert "advisory" not in first.text
    assert "CREATE TABLE alembic_version" in first.text
    assert second.text.endswith("\n\nCREATE TABLE two ();\n")


def test_a_name_stays_once_it_is_exported(tmp_path):
    (only,) = migrations((Revision("a1", "before"),), SCRIPT, tmp_path)
    (tmp_path / only.name).write_text(only.text)
    first, second = migrations(REVISIONS, SCRIPT, tmp_path)
    assert (first.name, second.name) == ("20000101000001_before.sql", "20260201000000_second.sql")


def test_what_is_stale_is_said(tmp_path):
    wanted = migrations(REVISIONS, SCRIPT, tmp_path)
    assert len(stale(wanted, tmp_path)) == 2
    for one in wanted:
        (tmp_path / one.name).write_text(one.text)
    (tmp_path / "20240101000000_of_somebody_else.sql").write_text("SELECT 1;")
    assert stale(wanted, tmp_path) == []
    (tmp_path / wanted[1].name).write_text(wanted[1].text + "-- by hand\n")
    assert stale(wanted, tmp_path) == [f"{wanted[1].name} differs from its revision"]
    assert stale(wanted[:1], tmp_path) == [f"{wanted[1].name} has no revision any more"]


def test_a_revision_without_sql_is_an_error(tmp_path):
    with pytest.raises(SettingsError, match='no SQL for the revision "c3"'):
        migrations((Revision("c3", "third"),), SCRIPT, tmp_path)


def test_this_repository_is_exported(monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["export", "--check"])
    assert (done.exit_code, done.output) == (0, "")
    assert PAGE.read_text().count("$ gatepost export") == 2


def test_the_command_writes_what_check_misses(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    folder = str(tmp_path / "migrations")
    assert CliRunner().invoke(app, ["export", folder, "--check"]).exit_code == 1
    assert "3 revisions are in" in CliRunner().invoke(app, ["export", folder]).output
    assert CliRunner().invoke(app, ["export", folder, "--check"]).exit_code == 0


def test_the_files_make_the_database_that_alembic_makes(new_database, tmp_path):
    def made(url):
        with closing(psycopg2.connect(url)) as connection:
            return [
                (one.key, one.columns, one.policies, one.grants, one.row_security) for one in reflect(connection).tables
            ]

    revisions, script = history(ROOT / "alembic.ini")
    with new_database() as by_alembic, new_database() as by_files:
        config = Config(str(ROOT / "alembic.ini"))
        config.attributes |= {"url": by_alembic, "configure_logger": False}
        command.upgrade(config, "head")
        for one in migrations([Revision(*each) for each in revisions], script, tmp_path):
            with closing(psycopg2.connect(by_files)) as connection, connection, connection.cursor() as cursor:
                cursor.execute(one.text)
        assert made(by_files) == made(by_alembic)
