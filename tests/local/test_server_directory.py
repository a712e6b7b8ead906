import os

import pytest

from gatepost.errors import LocalServerError
from gatepost.local import server_directory
from gatepost.local.account import unprivileged

ACCOUNT = unprivileged()


def test_a_project_is_where_its_files_are(home, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    inside = tmp_path / "models" / "deep"
    inside.mkdir(parents=True)
    assert server_directory.of_project(inside, ACCOUNT) == server_directory.of_project(tmp_path, ACCOUNT)


def test_two_projects_of_one_name_do_not_meet(home, tmp_path):
    places = set()
    for name in ("one", "two"):
        (tmp_path / name / "My App!").mkdir(parents=True)
        places.add(server_directory.of_project(tmp_path / name / "My App!", ACCOUNT))
    assert len(places) == 2
    assert all(where.name.startswith("my-app-") and where.parent == home / "gatepost" for where in places)


def test_the_variable_and_the_argument_choose(monkeypatch, tmp_path):
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(tmp_path / "variable"))
    assert server_directory.chosen(None, ACCOUNT) == tmp_path / "variable"
    assert server_directory.chosen(tmp_path / "argument", ACCOUNT) == tmp_path / "argument"


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as that user")
def test_root_does_not_put_servers_where_their_account_cannot_go(ground, monkeypatch):
    closed = ground / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(closed))
    assert server_directory.cache(ACCOUNT).parent == server_directory._SYSTEM_CACHE
    with pytest.raises(LocalServerError, match="cannot enter"), server_directory.held(closed / "server", ACCOUNT):
        pass
    assert not list(closed.iterdir())


def test_a_directory_with_something_else_in_it_is_refused_and_left_alone(ground):
    (ground / "mine").mkdir(mode=0o755)
    (ground / "mine" / "thesis.txt").write_text("years of work")
    with (
        pytest.raises(LocalServerError, match="contains something other"),
        server_directory.held(ground / "mine", ACCOUNT),
    ):
        pass
    assert [entry.name for entry in (ground / "mine").iterdir()] == ["thesis.txt"]
    assert (ground / "mine").stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_directory(ground):
    (ground / "file").touch()
    with (
        pytest.raises(LocalServerError, match="cannot be used for a server"),
        server_directory.held(ground / "file", ACCOUNT),
    ):
        pass


def test_nobody_else_may_look_into_a_claimed_directory(ground):
    with server_directory.held(ground / "a" / "b", ACCOUNT):
        assert (ground / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert server_directory.claimed(ground / "a" / "b")
    assert not server_directory.claimed(ground / "a")
