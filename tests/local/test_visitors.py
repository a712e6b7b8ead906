"""A server that was started for visitors goes with the last of them; one that somebody has started stays."""

import os
import subprocess
import sys

import pytest

from gatepost.local import visitors
from gatepost.local.visitors import FOLDER


def test_the_last_visitor_stops_it(made):
    made.visit("one")
    made.visit("two")
    made.leave("one")
    assert made.status().running
    made.leave("two")
    assert not made.status().running
    made.leave("two")


def test_one_that_runs_stays(made):
    made.start()
    made.visit("one").leave("one")
    assert made.status().running


def test_one_that_is_started_in_the_meantime_stays(made):
    made.visit("one")
    made.start()
    made.leave("one")
    assert made.status().running


def test_one_that_was_stopped_and_started_since_stays(made):
    made.visit("one")
    made.stop()
    made.start()
    made.leave("one")
    assert made.status().running


@pytest.mark.subprocess
@pytest.mark.skipif(os.name == "nt", reason="a process cannot be asked after there")
def test_a_visitor_that_was_killed_counts_no_longer(made):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    made.visit("one")
    made.visit("killed")
    (made.directory / FOLDER / "killed").write_text(str(gone.pid))
    made.leave("one")
    assert not made.status().running


def test_nothing_of_it_is_left_in_a_server_that_is_removed(made):
    made.visit("one")
    made.remove()
    assert not made.directory.exists()


def test_what_cannot_be_read_is_nobody(tmp_path):
    visitors.enter(tmp_path, "one", started=True)
    (tmp_path / FOLDER / "two").write_text("")
    assert visitors.leave(tmp_path, "one")
