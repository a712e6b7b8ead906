"""`gatepost demo` where it cannot run; what it prints where it can is held by tests/docs/test_readme.py."""

import pytest
from typer.testing import CliRunner

from gatepost.cli import app


def demo(*arguments):
    return CliRunner().invoke(app, ["demo", *arguments])


def test_outside_a_project_it_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = demo()
    assert done.exit_code == 2
    assert "needs a project with a sample" in done.stderr
    assert "[tool.gatepost]" in done.stderr


@pytest.mark.parametrize("scale", ["0", "301", "much"])
def test_a_scale_out_of_bounds_is_refused(scale):
    assert demo("--scale", scale).exit_code == 2
