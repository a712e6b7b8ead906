"""The page of the access matrix: self-contained, whole without a server, and safe whatever a table is called."""

import json
import re
import shutil
from contextlib import closing
from html.parser import HTMLParser

import psycopg2
import pytest

from gatepost.observation.run import run
from gatepost.report import text
from gatepost.report.html import render

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


def test_it_holds_everything_and_loads_nothing(result):
    page = render(result)
    found = Page(page)
    assert not re.search(r"""(src|action)\s*=|href\s*=\s*['"]?[^#'"]|@import|url\(""", page)
    data = json.loads(found.data)
    tables = {data["texts"][table]: cells for table, _, cells in data["tables"]}
    assert set(tables) == {"public.</script><b>notes", "public.things"}
    for table in result.sections["matrix"]["tables"]:
        for column, (place, _, _) in enumerate(data["personas"]):
            for number, command in enumerate(data["commands"]):
                cell = table["cells"][data["texts"][place]][command]
                reach, rows, of, statement, said, rows_shown, policies = data["cells"][
                    tables[table["table"]][column][number]
                ]
                assert (reach, rows, of) == (cell["reach"], cell["rows"], cell["of"])
                assert (data["texts"][statement], data["texts"][said]) == (cell["statement"], cell["said"])
                assert [data["texts"][one] for one in rows_shown] == list(cell["witnesses"])
                assert [data["texts"][one] for one in policies] == list(cell["policies"])
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
        label = "ann on public.</script><b>notes: select all, insert none, update all, delete none"
        assert page.locator("tbody button").nth(1).get_attribute("aria-label") == label
        assert page.locator(".finding:visible").count() == 2
        page.fill("#search", "THING")
        page.select_option("#persona", "bob")
        assert page.locator("tbody tr:visible").count() == 1
        assert page.locator("thead th:visible").count() == 2
        assert page.locator(".finding:visible").count() == 0
        assert page.locator("#count").inner_text() == "0 of 2 findings, 1 of 2 tables"
        browser.close()
    assert errors == []
