import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.sample import write_sample
from tests.database.server import PASSWORD, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def gatepost(tmp_path: Path):
    """Run the command as a person does, in the project's directory, and see that no password comes out."""

    def run(*words: str, url: str = "", cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "DATABASE_URL"))}
        done = subprocess.run(
            [sys.executable, "-m", "gatepost.cli", *words],
            cwd=cwd,
            env=kept | ({"DATABASE_URL": url} if url else {}) | more,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.subprocess
def test_a_fault_is_a_finding(gatepost) -> None:
    done = gatepost("doctor", f"postgresql://u:{PASSWORD}@127.0.0.1:{free_port()}/d")
    assert done.returncode == 1
    assert "nothing takes connections" in done.stdout
    assert "→ check the port" in done.stdout
    assert "\x1b[" not in done.stdout


@pytest.mark.subprocess
def test_a_wrong_url_could_not_run(gatepost) -> None:
    done = gatepost("doctor", f"postgresql://u:{PASSWORD}/@h/d")
    assert done.returncode == 2
    assert done.stderr.startswith("error: the password in the database URL holds an unencoded")


@pytest.mark.subprocess
def test_a_format_that_there_is_not(gatepost, database_url: str) -> None:
    done = gatepost("doctor", "--format", "xml", url=database_url)
    assert done.returncode == 2
    assert '"xml" is not a format' in done.stderr


@pytest.mark.subprocess
def test_a_wrong_setting(gatepost, database_url: str) -> None:
    done = gatepost("doctor", url=database_url, DB_POOL_SIZE="many")
    assert done.returncode == 2
    assert '"DB_POOL_SIZE" is "many"' in done.stderr


@pytest.mark.subprocess
def test_an_empty_database_gets_the_next_command(gatepost, database_url: str, tmp_path: Path) -> None:
    small = {"DB_POOL_SIZE": "2", "DB_MAX_OVERFLOW": "1"}
    done = gatepost("doctor", "--format", "json", "--output", str(tmp_path / "out.json"), url=database_url, **small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["version"], told["command"]) == (1, "doctor")
    assert [finding["fix"] for finding in told["findings"] if finding["rule"] == "revision"] == ["alembic upgrade head"]


@pytest.mark.subprocess
def test_outside_of_a_project_the_newest_revision_is_unknown(gatepost, database_url: str, tmp_path: Path) -> None:
    done = gatepost("doctor", url=database_url, cwd=tmp_path, DB_POOL_SIZE="2", DB_MAX_OVERFLOW="1")
    assert done.returncode == 0, done.stdout
    assert "there is no alembic.ini in this folder" in done.stdout


@pytest.fixture
def service() -> Iterator[str]:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.startswith("/health/") else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.subprocess
def test_the_checklist_after_a_migration(gatepost, database_url: str, tmp_path: Path, service: str) -> None:
    old = tmp_path / "old.db"
    write_sample(old)
    (tmp_path / "old.db.backup").write_bytes(old.read_bytes())
    small = {"DB_POOL_SIZE": "2", "DB_MAX_OVERFLOW": "1"}
    before = gatepost("doctor", "--sqlite", str(old), url=database_url, **small)
    assert before.returncode == 1
    assert "14 of 14 are missing" in before.stdout

    environment = os.environ | {"DATABASE_URL": database_url}
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(alembic, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    moved = gatepost("transfer", str(old), url=database_url)
    assert moved.returncode == 0, moved.stderr

    after = gatepost(
        *("doctor", "--checklist", "--sqlite", str(old), "--health", service + "/health", "--format", "markdown"),
        url=database_url,
        **small,
    )
    assert after.returncode == 0, after.stdout + after.stderr
    assert after.stdout.count("- [x] ") == 8
    assert "- [ ] backups: **unknown**" in after.stdout

    ill = gatepost("doctor", "--health", service + "/nowhere", url=database_url, **small)
    assert ill.returncode == 1
    assert "answers 503" in ill.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--backup", "copy.db"), "--sqlite FILE --backup FILE"), (("--checklist", "--threads", "9"), "by itself")],
)
def test_an_option_that_would_change_nothing_is_refused(gatepost, database_url: str, words, said: str) -> None:
    done = gatepost("doctor", *words, url=database_url)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.subprocess
def test_help_shows_an_example(gatepost) -> None:
    done = gatepost("doctor", "--help")
    assert done.returncode == 0
    assert "gatepost doctor $DATABASE_URL" in done.stdout
