"""A cluster that is killed, mistaken for another, or cannot start."""

import os
import signal
import subprocess
import time
from contextlib import closing

import psycopg2
import pytest

from gatepost.errors import LocalServerError
from gatepost.local.cluster import SUPERUSER


def answer(cluster, query="SELECT 1"):
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def gone(pid, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_it_starts_stops_and_starts(cluster):
    assert answer(cluster) == 1
    cluster.stop()
    assert not cluster.running()
    cluster.stop()
    cluster.launch()
    assert answer(cluster) == 1


def test_stop_ends_open_sessions(cluster):
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))):
        cluster.stop()
    assert not cluster.running()


def test_settings_of_the_surroundings_do_not_reach_it(cluster, monkeypatch):
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGOPTIONS": "-c jit=on", "LC_ALL": "xx"}.items():
        monkeypatch.setenv(name, value)
    cluster.stop()
    cluster.launch()
    monkeypatch.delenv("PGOPTIONS")
    assert answer(cluster, "SHOW jit") == "off"
    assert answer(cluster, "SHOW timezone") == "UTC"


def test_a_killed_server_is_noticed_and_starts_again(cluster):
    pid = cluster.pid()
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert (cluster.data / "postmaster.pid").exists()
    assert not cluster.running()
    cluster.launch()
    assert answer(cluster) == 1


def test_a_session_that_outlives_a_killed_server_does_not_keep_the_next_one_out(cluster):
    """It is busy, so it does not notice, and it holds the shared memory."""
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER), async_=True)) as busy:
        while busy.poll() != psycopg2.extensions.POLL_OK:
            time.sleep(0.01)
        session = busy.info.backend_pid
        busy.cursor().execute("DO $$ BEGIN LOOP END LOOP; END $$")
        while answer(cluster, f"SELECT state FROM pg_stat_activity WHERE pid = {session}") != "active":
            time.sleep(0.01)
        pid = cluster.pid()
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        os.kill(session, 0)
        cluster.launch()
        assert gone(session)
        assert answer(cluster) == 1


def test_another_process_with_the_number_of_a_dead_server_is_not_it(cluster):
    cluster.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            lines = [stranger.pid, cluster.data, 1_700_000_000, 5432, cluster.directory, "", "1234567 1234567", "ready"]
            (cluster.data / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
            assert cluster.pid() is None
            assert not cluster.running()
            cluster.stop()
            assert stranger.poll() is None
            cluster.launch()
            assert answer(cluster) == 1
        finally:
            stranger.kill()


def test_a_mangled_number_is_no_server(cluster):
    cluster.stop()
    for text in ("", "\n", "rubbish\n", "0\n", "-1\n", "99999999999999999999\n"):
        (cluster.data / "postmaster.pid").write_text(text)
        assert cluster.pid() is None, text
    cluster.stop()


def test_a_server_that_cannot_start_says_why(cluster):
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = 'a lot'\n")
    with pytest.raises(
        LocalServerError, match=r'did not start: invalid value for parameter "shared_buffers": "a lot"'
    ) as caught:
        cluster.launch()
    assert str(cluster.log) in caught.value.hint


def test_what_the_user_set_with_alter_system_stays(cluster):
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        connection.cursor().execute("ALTER SYSTEM SET work_mem = '7MB'")
    cluster.stop()
    cluster.launch()
    assert answer(cluster, "SHOW work_mem") == "7MB"


def test_nothing_listens_on_the_network(cluster):
    assert answer(cluster, "SHOW listen_addresses") == ""


def test_letters_beyond_ascii_fold(cluster):
    assert answer(cluster, "SELECT upper('ü') = 'Ü' AND 'Ä' ILIKE 'ä'") is True
