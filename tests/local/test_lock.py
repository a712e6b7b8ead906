import time
from pathlib import Path

import pytest

from gatepost.local.lock import locked


def test_a_second_one_is_refused_where_it_does_not_wait(tmp_path):
    with locked(tmp_path / "lock") as first, locked(tmp_path / "lock", wait=False) as second:
        assert (first, second) == (True, False)


def test_it_is_free_again_afterwards(tmp_path):
    with locked(tmp_path / "lock"):
        pass
    with locked(tmp_path / "lock", wait=False) as held:
        assert held


@pytest.mark.subprocess
def test_a_killed_holder_leaves_no_lock(tmp_path, python):
    holder = python(f"""
import pathlib, time
from gatepost.local.lock import locked
with locked(pathlib.Path({str(tmp_path / "lock")!r})):
    print("held", flush=True)
    time.sleep(60)
""")
    assert holder.stdout.readline() == "held\n"
    with locked(tmp_path / "lock", wait=False) as held:
        assert not held
    holder.kill()
    holder.wait()
    with locked(tmp_path / "lock", wait=False) as held:
        assert held


def wait_until_blocked(process):
    """Wait until the process waits for a lock, as Linux lists it; elsewhere for as long as that should take."""
    locks = Path("/proc/locks")
    if not locks.exists():
        time.sleep(1)
        return
    while not any("->" in line and f" {process.pid} " in line for line in locks.read_text().splitlines()):
        assert process.poll() is None
        time.sleep(0.01)


@pytest.mark.subprocess
def test_a_lock_on_a_file_that_was_removed_meanwhile_counts_for_nothing(tmp_path, python):
    """Else whoever waited and whoever came later would both hold "the" lock."""
    path = tmp_path / "lock"
    with locked(path):
        waiter = python(f"""
import pathlib
from gatepost.local.lock import locked
print("waiting", flush=True)
path = pathlib.Path({str(path)!r})
with locked(path):
    print(path.exists(), flush=True)
""")
        assert waiter.stdout.readline() == "waiting\n"
        wait_until_blocked(waiter)
        path.unlink()
    assert waiter.communicate(timeout=90)[0] == "True\n"


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        _ = 1 / 0
    with locked(tmp_path / "lock", wait=False) as held:
        assert held
