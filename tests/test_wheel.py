"""What is installed: a wheel holds what is no Python, too."""

import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from gatepost.local import platform_sql
from gatepost.transfer.encode.copy_binary import AVAILABLE

pytestmark = [pytest.mark.slow, pytest.mark.subprocess]
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


def test_the_sql_is_in_the_wheel(files):
    inside = {name.rpartition("/")[2] for name in files if name.startswith("gatepost/local/sql/")}
    assert inside == {path.name for path in (Path(platform_sql.__file__).parent / "sql").rglob("*.sql")}


def test_the_compiled_module_is_in_the_wheel_where_it_could_be_compiled(files):
    ends = (".so", ".pyd")
    compiled = [name for name in files if name.startswith("gatepost/transfer/encode/_rows.") and name.endswith(ends)]
    assert len(compiled) == AVAILABLE


@pytest.mark.skipif(sys.platform == "win32", reason="another compiler, which is named otherwise")
def test_without_a_compiler_there_is_a_wheel_all_the_same(tmp_path):
    assert built(tmp_path, CC="false").name.endswith("-none-any.whl")


def test_the_changelog_begins_with_the_version_that_is_built():
    headings = re.findall("^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0].partition(" ")[0] == version("gatepost")
    assert all(re.match(r"\d+\.\d+\.\d+ \(.+\)$", heading) for heading in headings)
