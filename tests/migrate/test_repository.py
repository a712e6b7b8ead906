"""The repository's own history, to its head."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from gatepost.project import declared
from models import metadata

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["new", "old", "sqlite"])
def history(request, tmp_path, new_database, new_project):
    def config(url):
        found = Config(attributes={"url": url})
        found.set_main_option("script_location", str(ROOT / "alembic"))
        found.set_main_option("path_separator", "os")
        return found

    if request.param == "sqlite":
        yield config(f"sqlite:///{tmp_path / 'history.db'}"), None
    else:
        with new_database(request.param) as url:
            yield config(url), new_project(url)


def test_up_down_and_up_again(history):
    config, database = history
    command.upgrade(config, "5f1c2b7d90ae")
    before = database and database.state()
    command.upgrade(config, "head")
    command.check(config)
    at_head = database and database.state()
    command.downgrade(config, "5f1c2b7d90ae")
    if database and "authenticated" not in database.grants("tasks"):
        assert database.state() == before
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.check(config)
    assert (database and database.state()) == at_head


def test_the_declaration_names_every_table():
    assert {table.key for table in declared("policies")} == {("public", name) for name in metadata.tables}
