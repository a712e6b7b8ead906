"""The README's commands run, and print what the README says they print."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from models.sample import write_sample

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()

BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line[2:] for block in BLOCKS for line in block.splitlines() if line.startswith("$ ")]

ON_A_DATABASE = (
    "alembic",
    "gatepost doctor",
    "gatepost load",
    "gatepost observe",
    "gatepost transfer",
    "gatepost verify",
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project in which `gatepost` and `alembic` are the ones under test."""
    # A root's server runs as another account, which cannot enter what pytest makes for root alone.
    server = Path(tempfile.mkdtemp(prefix="gatepost-readme-"))
    server.chmod(0o755)
    for name in ("models", "policies", "alembic"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(server / "local"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    subprocess.run(["gatepost", "local", "stop", "--remove"], capture_output=True)
    shutil.rmtree(server)


def run(command, **environment):
    variables = {**os.environ, **environment}
    known = {name: value for name, value in variables.items() if value is not None}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=known, timeout=120)
    return done.returncode, done.stdout, done.stderr


def normal(text):
    """Blank lines, white space at the ends and seconds aside."""
    lines = [re.sub(r"\(\d+\.\d s\)", "(0.1 s)", line.rstrip()) for line in text.strip().splitlines()]
    return [line for line in lines if line]


def test_every_command_of_the_readme_is_tried_here():
    tried = ("git clone", "gatepost check", "gatepost review", "gatepost demo", "gatepost local", *ON_A_DATABASE)
    assert [command for command in COMMANDS if not command.startswith(tried)] == []


def test_the_makefile_has_the_two_commands():
    makefile = (ROOT / "Makefile").read_text()
    assert "\ndemo:" in makefile
    assert "\ntest:" in makefile
    assert "$(BIN)/gatepost demo" in makefile
    assert 'make PYTHON="$python" test' in (ROOT / ".ci" / "run").read_text()


def test_the_declaration_is_the_one_in_policies():
    block = re.search(r"```python\n# policies/work.py[^\n]*\n(.*?)```", README, re.DOTALL)[1]
    assert block.strip() in (ROOT / "policies" / "work.py").read_text()


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_demo_prints_what_the_readme_shows_and_may_run_twice(project):
    (shown,) = (block for block in BLOCKS if block.startswith("$ gatepost demo"))
    for _ in range(2):
        code, out, err = run("gatepost demo", DATABASE_URL=None)
        assert (code, err) == (0, "")
        assert normal(out) == normal(shown.partition("\n")[2])


@pytest.mark.subprocess
def test_a_check_prints_what_the_readme_shows(project, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))  # where nothing is declared
    (schema,) = re.findall(r"```sql\n(CREATE TABLE invoice.*?)```", README, re.DOTALL)
    Path("schema.sql").write_text(schema)
    (block,) = (block for block in BLOCKS if block.startswith("$ gatepost check"))
    command, _, shown = block.partition("\n")
    code, out, _ = run(command[2:], DATABASE_URL=None)
    assert code == 1
    for expected, printed in zip(normal(shown), normal(out), strict=False):
        start, cut, _ = expected.partition("…")
        assert printed.startswith(start) if cut else printed == expected


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_commands_run_in_the_order_of_the_readme(project, database_url):
    write_sample(project / "goblin_assistant.db", scale=0.1)
    for command in COMMANDS:
        if command.startswith(ON_A_DATABASE):
            # The tests' server has 60 connections, for which doctor finds the default pool too large.
            code, out, err = run(command, DATABASE_URL=database_url, DB_POOL_SIZE="5", DB_MAX_OVERFLOW="10")
            assert code == 0, f"{command}\n{out}\n{err}"


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_pytest_example_passes_beside_the_ready_made_checks(project):
    (example,) = re.findall(r"```python\n(from gatepost\.testing .*?)```", README, re.DOTALL)
    (project / "test_example.py").write_text(example)
    code, out, err = run(f"{sys.executable} -m pytest -q test_example.py --gatepost-checks", DATABASE_URL=None)
    assert code == 0, f"{out}\n{err}"


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_local_server_s_commands_run(project):
    assert run("alembic upgrade head", DATABASE_URL=None)[0] == 0
    for command in COMMANDS:
        if command.startswith("gatepost local"):
            code, out, err = run(command)
            assert code == 0, f"{command}\n{out}\n{err}"


def test_every_command_is_in_the_readme():
    from gatepost.cli import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    names |= {group.name for group in app.registered_groups}
    assert sorted(name for name in names if f"gatepost {name}" not in README) == []


def test_contributing_names_only_what_is_there():
    for path in re.findall(r"`((?:gatepost|tests|benchmarks)/[\w/.]+)`", CONTRIBUTING):
        if "my_rule" not in path:
            assert (ROOT / path).exists(), path
