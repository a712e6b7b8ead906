"""The page of the access matrix: self-contained, whole without a server, and safe whatever a table is called."""

import json
import re
import shutil
from contextlib import closing
from html.parser import HTMLParser

import psycopg2
import pytest

from gatepost.observation.run import run
from gatepost.report.access import text
from gatepost.report.access.page import render

TABLES = """
CREATE TABLE "</script><b>notes" (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
GRANT SELECT, UPDATE ON "</script><b>notes" TO authenticated;
CREATE TABLE things (id int PRIMARY KEY);
"""


@pytest.fixture
def result(connection, superuser_url):
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
    with closing(psycopg2.connect(superuser_url)) as observer:
        return run(observer, target="postgresql://postgres@host/app")


class Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.data, self._script = [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._script = dict(attributes).get("id") == "data"

    def handle_data(self, data):
        self.data += data if self._script else ""
        self._script = False


def test_it_holds_everything_and_asks_nobody(result):
    page = render(result)
    found = Page(page)
    assert not re.search(r"""(src|href|action)\s*=|@import|url\(""", page)
    buttons = [attributes for tag, attributes in found.tags if tag == "button" and "data-table" in attributes]
    assert len(buttons) == 2 * 7
    assert (
        buttons[1]["aria-label"] == "ann on public.</script><b>notes: select all, insert none, update all, delete none"
    )
    assert json.loads(found.data) == json.loads(json.dumps(result.sections["matrix"]))
    assert page.count("</script>") == 2
    assert "foreign-row-written" in page


def test_the_text_has_a_line_a_table(result):
    lines = text.render(result).splitlines()
    assert [line.split()[:1] for line in lines if "things" in line] == [["public.things"]]
    assert not any("\x1b" in line for line in lines)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_in_a_browser(result, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    (tmp_path / "page.html").write_text(render(result))
    errors = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("tbody button[tabindex='0']").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.locator("#cell-title").inner_text() == "ann on public.</script><b>notes"
        assert "a row of bob" in page.locator("#cell").inner_text()
        page.keyboard.press("Escape")
        assert not page.locator("dialog").is_visible()
        page.fill("#table", "THING")
        page.select_option("#persona", "bob")
        assert page.locator("tbody tr:visible").count() == 1
        assert page.locator("thead th:visible").count() == 2
        browser.close()
    assert errors == []
