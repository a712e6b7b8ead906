"""Servers that a test may break."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.errors import LocalServerError
from gatepost.local import LocalServer
from gatepost.local.account import give, unprivileged
from gatepost.local.cluster import Cluster
from tests.programs import programs

QUICK = (("fsync", "off"), ("wal_level", "minimal"), ("max_wal_senders", "0"))


@pytest.fixture(scope="session")
def binaries(pytestconfig):
    try:
        return programs(pytestconfig.getoption("--gatepost-pg-bin"))
    except LocalServerError:
        if pytestconfig.getoption("--gatepost-url"):
            pytest.skip("there is no PostgreSQL on this machine to start")
        raise


@pytest.fixture
def home(ground, binaries, monkeypatch) -> Path:
    """A cache directory of the test's own, and the PostgreSQL that the run was asked to use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(ground))
    monkeypatch.setenv("GATEPOST_PG_BIN", str(binaries.directory))
    monkeypatch.delenv("GATEPOST_LOCAL_DIR", raising=False)
    return ground


@pytest.fixture
def open_ground() -> Iterator[Path]:
    """A directory that everybody can enter."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def local(home) -> LocalServer:
    """A server that is not made yet; stopped and removed afterwards."""
    return LocalServer(home / "server", unprivileged())


@pytest.fixture(scope="session")
def _made(binaries) -> Iterator[Path]:
    """A server that was made and stopped: copying it is quicker than making another."""
    parent = Path(tempfile.mkdtemp())
    parent.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEPOST_PG_BIN", str(binaries.directory))
        made = LocalServer(parent / "made", unprivileged()).start()
        made.stop()
        yield made.directory
        made.remove()
    shutil.rmtree(parent)


@pytest.fixture
def made(home, _made) -> LocalServer:
    """A server that was made before and does not run; stopped and removed afterwards."""
    subprocess.run(["cp", "-a", _made, home / "server"], check=True)
    return LocalServer(home / "server", unprivileged())


@pytest.fixture(scope="session")
def _pristine(binaries) -> Iterator[Path]:
    """A cluster that was never started: copying it is quicker than making another."""
    directory = Path(tempfile.mkdtemp())
    give(directory, unprivileged())
    Cluster(directory, binaries, unprivileged(), QUICK).initialise()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def cluster(ground, binaries, _pristine) -> Cluster:
    """A plain PostgreSQL that runs; stopped and removed afterwards."""
    subprocess.run(["cp", "-a", _pristine, ground / "plain"], check=True)
    cluster = Cluster(ground / "plain", binaries, unprivileged(), QUICK)
    cluster.launch()
    return cluster


@pytest.fixture
def python():
    """Run code in a process of its own, which a test may kill: `python(code)` gives a Popen."""
    running = []

    def run(code, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
