import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.database.server import PASSWORD


@pytest.fixture
def gatepost(tmp_path: Path):
    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "DATABASE_URL"))}
        command = [sys.executable, "-m", "gatepost.cli", "load", *words]
        done = subprocess.run(command, cwd=tmp_path, env=kept | more, capture_output=True, text=True, timeout=60)
        assert PASSWORD not in done.stdout + done.stderr
        return done

    return run


@pytest.mark.subprocess
def test_a_load_is_reported(gatepost, lent_url: str) -> None:
    done = gatepost(lent_url, "--threads", "3", "--seconds", "0.5", "--think", "10")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 threads as authenticated on a pool of 20 + 40, ")
    assert "latency       p50 " in done.stdout
    assert "advice        set DB_POOL_SIZE=" in done.stdout


@pytest.mark.subprocess
def test_json_keeps_the_contract(gatepost, lent_url: str) -> None:
    few = {"DATABASE_URL": lent_url, "DB_POOL_SIZE": "1", "DB_MAX_OVERFLOW": "0"}
    words = ("--threads", "30", "--seconds", "1", "--query", "SELECT pg_sleep(0.1)", "--format", "json")
    done = gatepost(*words, **few)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["version"], told["command"]) == (1, "load")
    assert "load-starved" in {finding["rule"] for finding in told["findings"]}
    assert told["measured"]["starved"] > 0


@pytest.mark.subprocess
def test_what_could_not_run(gatepost) -> None:
    far = gatepost(f"postgresql://u:{PASSWORD}@db.example.org/d")
    assert far.returncode == 2
    assert "--yes-this-host" in far.stderr
    assert gatepost("sqlite:///a.db").returncode == 2
    assert gatepost("--format", "xml", "postgresql://u@localhost/d").returncode == 2
