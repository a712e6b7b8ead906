"""What is installed: a wheel holds what is no Python, too."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from gatepost.local import platform_sql
from gatepost.transfer.encode.copy_binary import AVAILABLE

ROOT = Path(__file__).parents[1]


def built(directory, **environment):
    """Make a wheel of this checkout; return where it is."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    environment = {**os.environ, **environment}
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=environment)
    (wheel,) = directory.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The names of the files in a wheel of this checkout."""
    with zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel"))) as opened:
        return opened.namelist()


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_sql_is_in_the_wheel(files):
    inside = {name.rpartition("/")[2] for name in files if name.startswith("gatepost/local/sql/")}
    assert inside == {path.name for path in (Path(platform_sql.__file__).parent / "sql").rglob("*.sql")}


@pytest.mark.slow
@pytest.mark.subprocess
def test_the_compiled_module_is_in_the_wheel_where_it_could_be_compiled(files):
    ends = (".so", ".pyd")
    compiled = [name for name in files if name.startswith("gatepost/transfer/encode/_rows.") and name.endswith(ends)]
    assert len(compiled) == AVAILABLE


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(sys.platform == "win32", reason="another compiler, which is named otherwise")
def test_without_a_compiler_there_is_a_wheel_all_the_same(tmp_path):
    assert built(tmp_path, CC="false").name.endswith("-none-any.whl")


def test_the_changelog_begins_with_the_version_that_is_built():
    headings = re.findall("^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0].partition(" ")[0] == version("gatepost")
    assert all(re.match(r"\d+\.\d+\.\d+ \(.+\)$", heading) for heading in headings)


def test_a_release_builds_wheels_for_every_system_and_python_and_publishes_all_or_none():
    """The workflow is read as GitHub reads it, and what it runs is what `pyproject.toml` configures."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    jobs = workflow["jobs"]
    systems = {name.partition("-")[0] for name in jobs["wheels"]["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert any("cibuildwheel" in step.get("run", "") for step in jobs["wheels"]["steps"])
    assert jobs["publish"]["needs"] == ["wheels", "source"]
    assert (jobs["publish"]["permissions"], "permissions" in jobs["wheels"]) == ({"id-token": "write"}, False)
    settings = project["tool"]["cibuildwheel"]
    promised = {one.rpartition(" ")[2] for one in project["project"]["classifiers"] if re.search(r":: 3\.\d+$", one)}
    assert {f"3.{one.removeprefix('cp3').removesuffix('-*')}" for one in settings["build"]} == promised
    code = settings["test-command"].partition('"')[2].removesuffix('"')
    exec(compile(code.replace("assert compiled", "assert compiled in (True, False)"), "test-command", "exec"))
