import os
from pathlib import Path

from gatepost.local.process import NOBODY, is_server_of


def test_a_number_of_nobody_s_is_nobody():
    assert not is_server_of(NOBODY, Path("/data"))


def test_this_process_is_no_server():
    assert not is_server_of(os.getpid(), Path("/data"))


def test_a_server_is_told_by_its_data_directory(cluster):
    assert is_server_of(cluster.pid(), cluster.data)
    assert not is_server_of(cluster.pid(), cluster.data / "other")
