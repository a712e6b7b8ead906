"""A throw-away server is ended by who made it, by the clock, and by the room that it takes."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.local.account import unprivileged
from gatepost.local.binaries import find
from gatepost.local.throwaway.server import throwaway

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("seconds", "room", "why"),
    [(0, 1 << 40, "it ran for more than 0 seconds"), (600, 0, "it used more than 0 MB on the disk")],
)
def test_what_takes_too_much_is_ended(seconds, room, why):
    with throwaway(find(), seconds=seconds, room=room) as server:
        with pytest.raises(psycopg2.OperationalError), closing(server.admin()) as admin, admin.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(600)")
        assert server.ended() == why
    assert not server.cluster.directory.exists()


def test_one_that_is_sealed_lets_one_role_in():
    with throwaway(find(), seconds=600, room=1 << 40) as server:
        with closing(server.admin()) as admin:
            server.seal(admin)
        with closing(psycopg2.connect(server.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT session_user, current_setting('is_superuser')")
            assert cursor.fetchone() == ("authenticator", "off")
        with pytest.raises(psycopg2.OperationalError, match="not permitted to log in"):
            server.admin()
        assert server.ended() == ""
    assert not server.cluster.directory.exists()


def test_no_address_and_no_key_of_ours_is_in_the_environment_of_a_child(monkeypatch):
    if not Path("/proc/self/environ").exists():
        pytest.skip("the environment of another process can only be read on Linux")
    for name in ("DATABASE_URL", "SUPABASE_SECRET_KEY", "PGPASSWORD", "APP_TOKEN"):
        monkeypatch.setenv(name, f"hunter22-{name}")
    with throwaway(find(), seconds=600, room=1 << 40) as server:
        pid = int((server.cluster.directory / "data" / "postmaster.pid").read_text().split()[0])
        for child in (server.guard.pid, pid):
            words = Path(f"/proc/{child}/environ").read_bytes()
            assert b"hunter22" not in words
            assert b"PATH=" in words


def test_without_a_home_it_lies_among_the_temporary_files(tmp_path, monkeypatch):
    if unprivileged() is not None:
        pytest.skip("root has the cache of the system")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # no directory can be made in it
    with throwaway(find(), seconds=600, room=1 << 40) as server:
        assert server.cluster.directory.parent.name.startswith("gatepost-throwaway-")
        assert server.cluster.directory.parent.stat().st_mode & 0o777 == 0o700
