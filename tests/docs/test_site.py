"""The documentation as a site: it builds without a warning, and no page of it asks another host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="the extra docs is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.subprocess]
ROOT = Path(__file__).parents[2]
ASKED = re.compile(
    r"""<(?:script|img|iframe)[^>]* src="?(?:https?:)?//[^\s">]+|<link[^>]* href="?(?:https?:)?//[^\s">]+"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def test_every_page_is_in_the_site_and_none_asks_another_host(site):
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {re.sub(r"(README|index)\.md$", "index.md", page).removesuffix(".md") + ".html" for page in pages} <= built
    assert not [found for path in site.rglob("*.html") for found in ASKED.findall(path.read_text())]


def test_the_search_works_from_files(site):
    assert (site / "search" / "search_index.js").is_file()
    for page, up in (("index.html", ""), ("rules/drift.html", "../")):
        assert f'src="{up}assets/iframe-worker.js"' in (site / page).read_text()
