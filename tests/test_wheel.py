"""What is installed: a wheel holds what is no Python, too."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gatepost.local import shape
from gatepost.transfer.binary.encoder import AVAILABLE


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The names of the files in a wheel of this checkout."""
    pytest.importorskip("hatchling")
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=Path(__file__).parents[1], check=True, capture_output=True)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def test_the_sql_is_in_the_wheel(files):
    inside = {name.rpartition("/")[2] for name in files if name.startswith("gatepost/local/sql/")}
    assert inside == {path.name for path in (Path(shape.__file__).parent / "sql").glob("*.sql")}


def test_the_compiled_module_is_in_the_wheel_where_it_could_be_compiled(files):
    ends = (".so", ".pyd")
    compiled = [name for name in files if name.startswith("gatepost/transfer/binary/_rows.") and name.endswith(ends)]
    assert len(compiled) == AVAILABLE
