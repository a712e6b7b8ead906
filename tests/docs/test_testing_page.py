"""docs/testing.md: its tests pass on the example project, and its report is what the plugin prints."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.testing.coverage import Line, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text()


def test_the_report_is_the_plugin_s():
    lines = [
        Line("public.tasks", "tasks_insert_owner", "insert", reached=False, refused=True),
        Line("public.tasks", "tasks_select_owner", "select", reached=True, refused=True),
        Line("public.tasks", "tasks_delete_owner", "delete", reached=False, refused=False),
    ]
    *shown, _counts, _not_seen = table(lines)
    assert "\n".join(shown) in PAGE


def test_every_fixture_and_assertion_is_named():
    import gatepost.testing

    page = PAGE.replace("`, `_", "` `assert_can_").replace("`assert_cannot_…`", "")
    missing = [name for name in gatepost.testing.__all__ if name.startswith("assert_can_") and name not in page]
    assert missing == []


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.server
def test_the_tests_of_the_page_pass(tmp_path, server):
    for name in ("models", "policies", "alembic"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    *tests, seed = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "test_page.py").write_text("\n".join(tests))
    (tmp_path / "conftest.py").write_text(seed)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_page.py"]
    command += [
        "--gatepost-coverage",
        "--gatepost-checks",
        f"--gatepost-url={server.url('postgres', 'postgres')}",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "public.tasks tasks_delete_owner delete no test" in said
