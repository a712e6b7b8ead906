"""Whatever somebody calls a table, every format of every report says it, and does nothing else."""

import json
import re
import shutil
import unicodedata
from contextlib import closing
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from gatepost import sql
from gatepost.cli import _doctor as doctor
from gatepost.cli import app
from gatepost.display import line, statement
from gatepost.doctor.answer import Answer, Report
from gatepost.finding import Finding, NotChecked, Result
from gatepost.report import access, render
from gatepost.report.access import page, text
from tests.hostile import NAMES

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
PLAIN = "plain"
EVERY = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())


def verified(name):
    """What `verify` would say of a database in which everything has this name."""
    fix = f"{sql.comment(name)}\nDROP POLICY {sql.identifier(name)} ON {sql.qualified(name, name)};"
    findings = [
        Finding("row-security-off", "error", f"{name}.{name}", f'"{name}" may be read by {name}', fix, name, name),
        *(Finding("no-policy", "info", f"{name}.{number}", name) for number in range(4)),
    ]
    not_checked = (NotChecked(name, name, ours=True, covered_by=name), NotChecked(f"the policies of {name}", name))
    return Result("verify", f"postgresql://***@host/{name}", tuple(findings), not_checked, {"tables": 1})


def observed(name):
    cell = {
        "reach": "all",
        "rows": 1,
        "of": 2,
        "statement": name,
        "witnesses": [name],
        "policies": [name],
        "said": name,
    }
    cells = {command: cell for command in ("select", "insert", "update", "delete")}
    table = {"table": f"{name}.{name}", "declared": False, "owned": True, "row_security": False, "planted": 2}
    matrix = {
        "personas": [{"name": name, "role": name, "told": name}],
        "tables": [table | {"cells": {name: cells}}],
    }
    told = verified(name)
    return Result("observe", told.target, told.findings, told.not_checked, told.summary, {"matrix": matrix})


def examined(name):
    answers = (Answer("verify", "error", name, f"DROP TABLE {sql.identifier(name)}"), Answer("TLS", "unknown", name))
    return Report("doctor", name, answers)


RENDERED = {
    **{form: lambda name, form=form: render(verified(name), form) for form in ("text", "markdown", "github", "html")},
    **{form: lambda name, form=form: render(observed(name), form) for form in ("json", "sarif")},
    "matrix as text": lambda name: text.render(observed(name)),
    "matrix as a page": lambda name: page.render(observed(name)),
    "doctor as text": lambda name: doctor.as_text(examined(name)),
    "doctor as markdown": lambda name: doctor.as_markdown(examined(name)),
    "doctor as json": lambda name: doctor.as_json(examined(name)),
}
FORMATS = pytest.mark.parametrize("form", RENDERED)


def hidden(shown):
    return [character for character in shown if unicodedata.category(character) in HIDDEN and character != "\n"]


def commands(shown):
    """What a build server would carry out: at the start of a line, or anywhere in it."""
    return re.findall(r"^\s*::([\w-]+)", shown, re.MULTILINE) + re.findall(r"##\w*\[", shown)


@FORMATS
@EVERY
def test_no_format_lets_a_control_or_a_command_through(form, name):
    shown, plain = RENDERED[form](name), RENDERED[form](PLAIN)
    assert not hidden(shown)
    assert commands(shown) == commands(plain)
    assert shown.count("\n") == plain.count("\n")


@EVERY
def test_the_text_says_the_name(name):
    lines = render(verified(name), "text").split("\n")
    assert lines[0] == line(f"{name}.{name}")
    assert lines[-3] == "not checked  " + line(f"{name}: {name} (a limit of Gatepost); covered by {name}")
    assert lines[-1] == line(f"verify of postgresql://***@host/{name}: 1 error, 4 info, 2 not checked (1 table)")
    assert statement(sql.identifier(name)) in "\n".join(lines)


@pytest.mark.parametrize("form", ["json", "sarif"])
@EVERY
def test_a_program_gets_the_true_name(form, name):
    told = json.loads(RENDERED[form](name))
    if form == "json":
        assert told["target"].endswith(f"/{name}")
        assert told["findings"][0]["object"] == f"{name}.{name}"
        assert told["matrix"]["personas"][0]["name"] == name
    else:
        result = told["runs"][0]["results"][0]
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == f"{name}.{name}"
        assert result["partialFingerprints"]["key/v1"].endswith(name)
        assert not re.search(r"(?<!\\)\[[^\]]*\]\(", result["message"]["text"])


class Shown(HTMLParser):
    """The tags of a page, and what a reader sees in each: text nodes as they stand, since a renderer links in those."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self._open = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in ("mark", "span"):
            self.tags.append((tag, sorted(key for key, _ in attributes)))
            self._open.append(tag)
            self.texts.append((tag, []))

    def handle_endtag(self, tag):
        if tag not in ("mark", "span"):
            self._open.pop()
            self.texts.append((self._open[-1] if self._open else "", []))

    def handle_data(self, data):
        if self.texts:
            self.texts[-1][1].append(data)

    def of(self, tag):
        return ["".join(pieces) for found, pieces in self.texts if found == tag]

    @property
    def prose(self):
        return [piece for tag, pieces in self.texts if tag not in ("code", "pre") for piece in pieces]


ACTIVE = re.compile(r"@[\w-]|#\d|GH-\d|https?://|www\.|:\w+:|!\d", re.ASCII)
"""What GitHub and GitLab make a link, a mention or a picture of, wherever it stands in a text node."""


def rendered(markdown):
    return Shown(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


@pytest.mark.parametrize("form", ["markdown", "doctor as markdown"])
@EVERY
def test_markdown_is_rendered_as_the_text_that_it_shows(form, name):
    shown, plain = rendered(RENDERED[form](name)), rendered(RENDERED[form](PLAIN))
    assert shown.tags == plain.tags
    assert not [piece for piece in shown.prose if ACTIVE.search(piece)]
    everything = "".join(piece for _, pieces in shown.texts for piece in pieces)
    if form == "markdown":
        assert shown.of("code")[1] == line(f"{name}.{name}")
        assert line(f'"{name}" may be read by {name}').strip() in everything
        assert line(f"{name}: {name} (a limit of Gatepost); covered by {name}").strip() in everything
        assert statement(sql.identifier(name)) in "".join(shown.of("code"))
    else:
        assert shown.of("code")[0] == line(name)
        assert line(name).strip() in everything


@pytest.mark.parametrize("form", ["html", "matrix as a page"])
@EVERY
def test_html_holds_the_tags_of_a_plain_name(form, name):
    shown, plain = Shown(RENDERED[form](name)), Shown(RENDERED[form](PLAIN))
    assert shown.tags == plain.tags
    heading = shown.of("bdi" if form == "html" else "th")
    assert [one for one in heading if one.startswith(line(f"{name}.{name}"))]


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_in_a_browser(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    forms = ("html", "matrix as a page")
    requests, errors = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("dialog", lambda dialog: errors.append(dialog.message))
        for number, name in enumerate(NAMES.values()):
            for form in forms:
                file = tmp_path / f"{number} {form}.html"
                file.write_text(RENDERED[form](name), encoding="utf-8")
                tab.goto(file.as_uri())
                before = "gatepost verify: " if form == "html" else "Who reaches what: "
                title = line(f"{before}postgresql://***@host/{name}")
                assert tab.title().split() == title.split()
                if form == "html":
                    assert tab.locator("h2").first.text_content() == line(f"{name}.{name}")
                else:
                    tab.locator("tbody button").first.click()
                    assert tab.locator("#cell-title").text_content() == f"{line(name)} on {line(f'{name}.{name}')}"
                    assert tab.locator("#cell pre").first.text_content() == line(name)
        browser.close()
    assert errors == []
    assert {url.partition(":")[0] for url in requests} == {"file"}
    assert len(requests) == len(NAMES) * len(forms)


@pytest.fixture
def hostile(connection):
    """A database in which tables, columns, policies, functions, views and schemas have such names."""
    with connection, connection.cursor() as cursor:
        for number, name in enumerate(NAMES.values()):
            table, policy, schema = (sql.identifier(one) for one in (name, name, f"s{number}{name[:30]}"))
            column = sql.identifier(f"{name[:20]}_id")
            cursor.execute(
                f"CREATE TABLE {table} ({column} uuid, body text); GRANT ALL ON {table} TO anon, authenticated;"
                f"CREATE TABLE p{number} (user_id uuid, body text); GRANT ALL ON p{number} TO authenticated;"
                f"ALTER TABLE p{number} ENABLE ROW LEVEL SECURITY;"
                f"CREATE POLICY {policy} ON p{number} USING (true);"
                f"CREATE POLICY more ON p{number} FOR SELECT USING (body = {sql.literal(name)}"
                f" AND user_id IN (SELECT {column} FROM {table}));"
                f"COMMENT ON TABLE {table} IS {sql.literal(name)};"
                f"CREATE VIEW {sql.identifier(f'v{name[:30]}')} AS SELECT * FROM p{number};"
                f"GRANT SELECT ON {sql.identifier(f'v{name[:30]}')} TO anon;"
                f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.{table} (user_id uuid);"
                f"CREATE FUNCTION {sql.identifier(f'f{name[:30]}')}({column} uuid) RETURNS SETOF p{number}"
                f" LANGUAGE sql SECURITY DEFINER AS $f$ SELECT * FROM p{number} $f$"
            )


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """An empty folder, in which nothing is declared."""
    monkeypatch.chdir(tmp_path)


def test_a_database_of_hostile_names(hostile, connection, database_url, outside):
    shown = {}
    for form in ("text", "json", "markdown", "sarif", "github", "html"):
        done = CliRunner().invoke(app, ["verify", database_url, "--format", form])
        assert done.exit_code == 1, done.output
        shown[form] = done.stdout
        assert not hidden(done.stdout), form
    findings = json.loads(shown["json"])["findings"]
    objects = {finding["object"] for finding in findings}
    assert {f"public.{name}" for name in NAMES.values()} <= objects
    assert set(commands(shown["github"])) <= {"error", "warning", "notice"}
    assert len(commands(shown["github"])) == shown["github"].count("\n") - 1
    assert not [
        commands(shown[form]) for form in ("text", "markdown", "json", "sarif", "html") if commands(shown[form])
    ]
    assert not {"h1", "img", "a", "script", "table"} & {tag for tag, _ in rendered(shown["markdown"]).tags}
    assert not {"img", "a", "script"} & {tag for tag, _ in Shown(shown["html"]).tags}
    assert {line(one) for one in objects} <= {*rendered(shown["markdown"]).of("code")}
    with closing(connection.cursor()) as cursor:
        for finding in findings:
            if finding["fix"].startswith(("ALTER", "DROP", "REVOKE", "CREATE")):
                cursor.execute(f"SAVEPOINT one;\n{statement(finding['fix'])}\n;ROLLBACK TO one")
