"""The files that a developer copies or another tool reads."""

import re
import tomllib

import pytest

from gatepost.database.settings import Settings, load_settings


def settings_named(root):
    return re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", (root / ".env.example").read_text(), re.MULTILINE)


def test_the_example_environment_names_every_setting_once_and_no_other(root):
    names = [name.lower() for name, _ in settings_named(root)]
    assert sorted(set(names)) == sorted(Settings.model_fields)
    assert len(names) == len(set(names))


def test_the_example_environment_shows_the_values_that_hold_anyway(root):
    for name, shown in settings_named(root):
        default = Settings.model_fields[name.lower()].default
        if isinstance(default, bool | int | float) or name == "DB_APPLICATION_NAME":
            assert shown == str(default).lower()


def test_the_example_environment_can_be_copied_as_it_is(root, monkeypatch):
    for name, _ in settings_named(root):
        monkeypatch.delenv(name, raising=False)
    assert load_settings(root / ".env.example") == load_settings(None)


def test_the_local_stack_grants_nothing_by_itself(root):
    config = tomllib.loads((root / "supabase/config.toml").read_text())
    assert config["api"]["auto_expose_new_tables"] is False
    assert config["db"]["major_version"] in {15, 17}
    for path in config["db"]["seed"]["sql_paths"]:
        assert (root / "supabase" / path).is_file()


@pytest.mark.parametrize("times", [1, 2])
def test_the_seed_runs_on_a_migrated_database_and_may_run_again(postgresql, root, times):
    postgresql.upgrade("head")
    for _ in range(times):
        postgresql.execute((root / "supabase/seed.sql").read_text())
    assert postgresql.rows("SELECT count(*) FROM providers") == [(2,)]
    assert postgresql.rows("SELECT count(*) FROM search_collections") == [(1,)]
