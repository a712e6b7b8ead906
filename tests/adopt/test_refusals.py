"""What cannot be adopted is said in one sentence, before anything is made."""

import importlib.util

import pytest
from typer.testing import CliRunner

from gatepost.cli import app
from gatepost.errors import SettingsError


def test_sqlacodegen_is_asked_for_before_a_database_is_read(tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "gatepost.adopt.generator.find_spec", lambda name: None if name == "sqlacodegen" else found(name)
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["adopt", "postgresql://nobody@127.0.0.1:1/none"])
    assert done.exit_code == 2
    assert "pip install 'gatepost[adopt]'" in done.stderr


@pytest.mark.server
def test_a_table_that_one_of_postgresql_s_own_hides_is_named(adopted):
    pytest.importorskip("sqlacodegen")
    with pytest.raises(SettingsError, match="has the name of a table of PostgreSQL") as refused:
        adopted("CREATE TABLE public.pg_class (id int PRIMARY KEY); CREATE TABLE public.notes (id int PRIMARY KEY)")
    assert "--only" in str(refused.value.hint)
