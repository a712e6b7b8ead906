"""Which database a command is about is said by somebody, never guessed."""

import pytest

from gatepost import local
from gatepost.errors import SettingsError
from gatepost.target import target_url

GIVEN, SET = "postgresql://given@127.0.0.1/d", "postgresql://set@127.0.0.1/d"
EMBEDDED = "postgresql://postgres@/postgres?host=/run/gatepost"


class Embedded:
    def url(self):
        return EMBEDDED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, where a look at the embedded server starts none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(local, "start", Embedded)
    return tmp_path


def project_says_local(folder):
    (folder / "pyproject.toml").write_text('[tool.gatepost]\ndatabase = "local"\n')


def test_the_address_given_wins_over_everything(folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", SET)
    project_says_local(folder)
    assert target_url(GIVEN).user == "given"


def test_then_the_option_then_the_variable_then_the_project(folder, monkeypatch):
    project_says_local(folder)
    assert target_url().host == "/run/gatepost"
    monkeypatch.setenv("DATABASE_URL", SET)
    assert target_url().user == "set"
    assert target_url(local=True).host == "/run/gatepost"


@pytest.mark.parametrize("given", [None, "", " "])
@pytest.mark.parametrize("variable", [None, ""])
@pytest.mark.parametrize("says_local", [False, True])
def test_no_database_or_an_empty_address_is_an_error(folder, monkeypatch, given, variable, says_local):
    if variable is not None:
        monkeypatch.setenv("DATABASE_URL", variable)
    if says_local:
        project_says_local(folder)
        if given is None and variable is None:
            return  # the one way in which the project decides
    with pytest.raises(SettingsError) as error:
        target_url(given)
    assert "--local" in error.value.hint


def test_two_databases_are_one_too_many(folder):
    with pytest.raises(SettingsError, match="two databases"):
        target_url(GIVEN, local=True)
