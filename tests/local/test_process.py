import os
import subprocess
import time
from pathlib import Path

from gatepost.local.process import NOBODY, has_ended, is_server_of


def test_a_number_of_nobody_s_is_nobody():
    assert not is_server_of(NOBODY, Path("/data"))


def test_this_process_is_no_server():
    assert not is_server_of(os.getpid(), Path("/data"))


def test_a_server_is_recognised_by_its_data_directory(cluster):
    assert is_server_of(cluster.pid(), cluster.data)
    assert not is_server_of(cluster.pid(), cluster.data / "other")


def test_a_dead_process_that_nobody_reaped_has_ended():
    with subprocess.Popen(["true"]) as process:
        until = time.monotonic() + 90
        while not has_ended(process.pid) and time.monotonic() < until:
            time.sleep(0.01)
        assert has_ended(process.pid)
        assert not has_ended(os.getpid())
    assert has_ended(NOBODY)
