"""docs/review.md: its commands run, its settings are read, and its comments are what the tool writes."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gatepost.report import render
from gatepost.review.api import Options, as_result
from gatepost.review.terms import read_terms
from gatepost.sources import parse_source
from tests.versions import versions

__all__ = ["versions"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "review.md").read_text()
SCENARIOS = ("comment_helper_refactored", "comment_posts_published", "comment_policies_rewritten")
DESCRIPTIONS = {"comment_posts_published": "\n".join(re.findall(r"`(Access: [^`]* on posts)`", PAGE))}
COMMENTS = re.findall(r"^````markdown\n(.*?)\n````$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("name", "comment"), list(zip(SCENARIOS, COMMENTS, strict=True)), ids=SCENARIOS)
def test_a_comment_is_what_the_tool_writes(name, comment, versions, monkeypatch):
    folder = ROOT / "tests" / "review_scenarios" / name
    monkeypatch.chdir(folder)
    before, after = ((folder / f"{side}.sql").read_text() for side in ("before", "after"))
    compared = versions.compare(before, after)
    terms = read_terms({}, DESCRIPTIONS.get(name, ""))
    result = as_result("main", "the pull request", compared, parse_source("after.sql"), Options(terms=terms))
    assert render(result, "markdown") == comment


def test_the_settings_of_the_page_are_read():
    (settings,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    terms = read_terms(tomllib.loads(settings)["tool"]["gatepost"]["review"])
    assert [one.text for one in terms.never] == ["anon write on *", "* select on public.provider_credentials"]


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.subprocess
def test_the_commands_run(tmp_path):
    commands = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE public.a (id int PRIMARY KEY);")
    git = "git -c user.name=t -c user.email=t@example.org"
    script = (
        f"export PATH={Path(sys.executable).parent}:$PATH; git init -q -b main . && git add -A && {git} commit -qm one"
    )
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join([script, *commands])], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal (proved)" in (tmp_path / "review.md").read_text()
