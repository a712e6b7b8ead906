"""The server of a project: made, killed, made twice at once, thrown away."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.errors import LocalServerError
from gatepost.local import LocalServer, server, start
from gatepost.local.account import Account, can_enter, unprivileged

START = """
from pathlib import Path
from gatepost.local import LocalServer
from gatepost.local.account import unprivileged
print(LocalServer(Path({directory!r}), unprivileged()).start().status().pid, flush=True)
"""


def ask(url, query="SELECT current_user"):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_start_gives_a_hosted_shaped_database(local):
    url = local.start().url()
    assert ask(url) == "postgres"
    assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask(url, "SELECT auth.uid() IS NULL AND to_regclass('storage.objects') IS NOT NULL") is True
    assert ask(local.url(user="supabase_admin"), "SHOW is_superuser") == "on"


def test_start_again_is_the_same_server(made):
    first = made.start().status()
    ask(made.url(), "CREATE TABLE note (id int)")
    assert made.start().status() == first
    assert ask(made.url(), "SELECT to_regclass('note') IS NOT NULL") is True


def test_data_outlives_a_stop(made):
    made.start()
    ask(made.url(), "CREATE TABLE note (id int)")
    made.stop()
    assert not made.status().running
    made.stop()
    assert ask(made.start().url(), "SELECT to_regclass('note') IS NOT NULL") is True


def test_a_killed_server_comes_back_with_its_data(made):
    made.start()
    ask(made.url(), "CREATE TABLE note (id int)")
    pid = made.status().pid
    os.kill(pid, signal.SIGKILL)
    while made.status().running:
        time.sleep(0.01)
    assert made.start().status().pid != pid
    assert ask(made.url(), "SELECT to_regclass('note') IS NOT NULL") is True


@pytest.mark.subprocess
@pytest.mark.parametrize("moment", ["data.partial-*/base", "data", "data/postmaster.pid"])
def test_a_starter_that_is_killed_leaves_nothing_half_made(local, python, moment):
    starter = python(START.format(directory=str(local.directory)))
    until = time.monotonic() + 90
    while not list(local.directory.glob(moment)) and time.monotonic() < until:
        time.sleep(0.001)
    starter.kill()
    starter.wait()
    assert not (local.directory / "server.json").exists()
    assert ask(local.start().url(), "SELECT to_regclass('storage.objects') IS NOT NULL") is True
    local.remove()


@pytest.mark.subprocess
def test_two_that_start_at_once_get_one_server(local, python):
    starters = [python(START.format(directory=str(local.directory))) for _ in range(3)]
    answers = [starter.communicate(timeout=60) for starter in starters]
    assert [errors for _, errors in answers] == ["", "", ""]
    assert {pid for pid, _ in answers} == {f"{local.status().pid}\n"}


def test_two_projects_do_not_meet(made, home):
    other = LocalServer(home / "other", made.account).start()
    made.start()
    ask(made.url(), "CREATE TABLE note (id int)")
    assert ask(other.url(), "SELECT to_regclass('note') IS NULL") is True
    other.remove()
    assert ask(made.url()) == "postgres"


def test_reset_throws_everything_away(made):
    made.start()
    ask(made.url(), "CREATE TABLE note (id int); CREATE ROLE mine")
    made.reset()
    assert ask(made.url(), "SELECT to_regclass('note') IS NULL") is True
    assert ask(made.url(), "SELECT count(*) FROM pg_roles WHERE rolname = 'mine'") == 0


def test_reset_keeps_the_profile_unless_another_is_chosen(local):
    assert local.reset("old").status().profile == "old"
    assert local.reset().status().profile == "old"


def test_the_other_profile_is_refused_and_nothing_lost(local):
    local.start("old")
    with pytest.raises(LocalServerError, match='has the "old" default privileges') as caught:
        local.start("new")
    assert caught.value.hint.endswith("gatepost local reset --profile new")
    assert local.start().status().profile == "old"


def test_a_profile_that_does_not_exist_is_refused(local):
    with pytest.raises(LocalServerError, match='"newer" is not a profile'):
        local.start("newer")


def test_a_server_shaped_by_another_version_is_marked(made):
    made.start()
    assert made.status().outdated is False
    facts = json.loads((made.directory / "server.json").read_text())
    (made.directory / "server.json").write_text(json.dumps(facts | {"shape": "another"}))
    assert made.start().status().outdated is True
    assert made.reset().status().outdated is False


def test_a_server_made_by_another_version_is_reported(made):
    made.start().stop()
    facts = json.loads((made.directory / "server.json").read_text())
    (made.directory / "server.json").write_text(json.dumps(facts | {"major": facts["major"] - 1}))
    with pytest.raises(LocalServerError, match="which cannot read it") as caught:
        made.start()
    assert "gatepost local reset" in caught.value.hint


def test_a_server_that_does_not_run_has_no_url(made):
    for use in (made.url, lambda: made.clone("x"), lambda: made.drop("x")):
        with pytest.raises(LocalServerError, match="is not running") as caught:
            use()
        assert caught.value.hint == "gatepost local start"


def test_remove_leaves_nothing(made):
    made.start()
    made.remove()
    assert not made.directory.exists()
    made.remove()
    assert made.status().version is None


def test_remove_leaves_what_is_not_ours(made):
    made.start()
    (made.directory / "notes.txt").touch()
    made.remove()
    assert [entry.name for entry in made.directory.iterdir()] == ["notes.txt"]


def test_a_stopped_server_leaves_no_socket(made):
    made.start().stop()
    assert not list(made.directory.glob(".s.PGSQL*"))


def test_clone_and_drop(made):
    url = made.start().clone("copy")
    assert ask(url, "SELECT current_database()") == "copy"
    ask(url, "CREATE TABLE note (id int)")
    with closing(psycopg2.connect(url)):
        made.drop("copy")
    with pytest.raises(psycopg2.OperationalError, match='"copy" does not exist'):
        psycopg2.connect(url)
    made.drop("copy")
    assert ask(made.clone("copy"), "SELECT to_regclass('note') IS NULL") is True


def test_the_module_s_functions_take_the_project_s_directory(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    running = start()
    try:
        assert running == server()
        assert running.directory.parent == home / "gatepost"
        assert ask(running.url()) == "postgres"
    finally:
        running.remove()


AS_SOMEBODY = """
import os, sys
import psycopg2, json, tempfile, fcntl, hashlib, signal
from gatepost import local
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({gid}); os.setuid({uid})
os.chdir({home!r})
server = local.start()
print(psycopg2.connect(server.url()).info.user, server.directory, os.stat(server.directory / "data").st_uid)
server.remove()
"""


@pytest.mark.subprocess
def test_an_ordinary_user_gets_a_server_in_the_home_directory(open_ground, home):
    """As root this becomes an account that owns a home directory and nothing else; initdb wants it to have a name."""
    mine = open_ground / "somebody"
    mine.mkdir()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        if not can_enter(Path(__file__), Account("nobody", nobody.pw_uid, nobody.pw_gid)):
            pytest.skip("nobody but root can read the library, which lies in a folder of root's own")
        os.chown(mine, nobody.pw_uid, nobody.pw_gid)
    owner = mine.stat()
    environment = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"} | {"HOME": str(mine)}
    code = AS_SOMEBODY.format(home=str(mine), uid=owner.st_uid, gid=owner.st_gid)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    user, directory, uid = done.stdout.split()
    assert user == "postgres"
    assert directory.startswith(f"{mine}/.cache/gatepost/") or sys.platform == "darwin"
    assert int(uid) == owner.st_uid


@pytest.mark.subprocess
@pytest.mark.skipif(os.geteuid() != 0, reason="needs a server of another account's")
def test_somebody_else_s_server_is_reported_in_a_sentence(made):
    made.start()
    code = f"""
import os
from pathlib import Path
from gatepost.errors import LocalServerError
from gatepost.local import LocalServer
os.setgroups([]); os.setgid(54321); os.setuid(54321)
server = LocalServer(Path({str(made.directory)!r}))
for action in (server.start, server.stop, server.reset, server.remove, server.url):
    try: action()
    except LocalServerError as mistake: print(mistake.message)
print(server.status().running)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    said = done.stdout.splitlines()
    assert said[:4] == [f'"{made.directory}" cannot be used for a server: Permission denied'] * 4
    assert said[4] == f'the server in "{made.directory}" is not running'
    assert said[5] == "False"


def test_account_is_root_s_only():
    assert (server().account is None) == (unprivileged() is None)
