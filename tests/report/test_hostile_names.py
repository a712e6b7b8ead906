"""Whatever somebody calls a table, every format of every report says it, and does nothing else."""

import json
import re
import shutil

import pytest

from gatepost import sql
from gatepost.cli import _doctor as doctor
from gatepost.display import line, statement
from gatepost.doctor.answer import Answer, Report
from gatepost.finding import Finding, NotChecked, Result
from gatepost.report import render, text
from tests.hostile import NAMES, Shown, commands, hidden, rendered

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
    cells = dict.fromkeys(("select", "insert", "update", "delete"), cell)
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
    "matrix as a page": lambda name: render(observed(name), "html"),
    "doctor as text": lambda name: doctor.as_text(examined(name)),
    "doctor as markdown": lambda name: doctor.as_markdown(examined(name)),
    "doctor as json": lambda name: doctor.as_json(examined(name)),
}


@EVERY
def test_no_format_lets_a_control_or_a_command_through(name):
    for form, rendering in RENDERED.items():
        shown, plain = rendering(name), rendering(PLAIN)
        assert not hidden(shown), form
        assert commands(shown) == commands(plain), form
        assert shown.count("\n") == plain.count("\n"), form


@EVERY
def test_the_text_says_the_name(name):
    lines = render(verified(name), "text").split("\n")
    assert lines[0] == line(f"{name}.{name}")
    assert lines[-3] == "not checked  " + line(f"{name}: {name} (a limit of Gatepost); covered by {name}")
    assert lines[-1] == line(f"verify of postgresql://***@host/{name}: 1 error, 4 info, 2 not checked (1 table)")
    assert statement(sql.identifier(name)) in "\n".join(lines)


@EVERY
def test_an_annotation_is_read_as_what_is_shown(name):
    finding = verified(name).findings[0]
    data = render(verified(name), "github").partition("\n")[0].removeprefix("::error title=row-security-off::")
    read = data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%").split("\n")
    assert read[0] == line(f"{finding.object}: {finding.message}")
    assert read[1:] == [
        line(f"reproduce, in a transaction that is rolled back: {name}"),
        *statement(finding.fix).split("\n"),
    ]


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


ACTIVE = re.compile(r"@[\w-]|#\d|GH-\d|https?://|www\.|:\w+:|!\d", re.ASCII)
"""What GitHub and GitLab make a link, a mention or a picture of, wherever it stands in a text node."""


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
    heading = shown.of("bdi")
    assert [one for one in heading if one.startswith(line(f"{name}.{name}"))]


def together(results):
    """The findings, what was not checked and the matrices of several results, about a target that takes most on."""
    results = list(results)
    people = {one["name"]: one for result in results for one in result.sections["matrix"]["personas"]}
    cell = next(iter(results[0].sections["matrix"]["tables"][0]["cells"].values()))
    tables = [
        table | {"cells": dict.fromkeys(people, cell)} for r in results for table in r.sections["matrix"]["tables"]
    ]
    return Result(
        "observe",
        "</title><script>document.title='owned'</script>\u202e",
        tuple(finding for result in results for finding in result.findings),
        tuple(one for result in results for one in result.not_checked),
        sections={"matrix": {"personas": list(people.values()), "tables": tables}},
    )


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_in_a_browser(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    result = together(observed(name) for name in NAMES.values())
    (tmp_path / "report.html").write_text(render(result, "html"), encoding="utf-8")
    requests, errors = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("dialog", lambda dialog: errors.append(dialog.message))
        tab.goto((tmp_path / "report.html").as_uri())
        assert tab.title() == f"gatepost observe: {line(result.target)}"
        headings = tab.locator("#findings h3 bdi").all_text_contents()
        assert sorted(headings) == sorted(line(f"{name}.{name}") for name in NAMES.values())
        opened = tab.evaluate(
            "[...document.querySelectorAll('tbody tr')].map((row, at) => { row.cells[at + 1].firstChild.click();"
            " const title = byId('cell-title').textContent; dialog.close(); return title; })"
        )
        assert opened == [f"{line(name)} on {line(f'{name}.{name}')}" for name in NAMES.values()]
        browser.close()
    assert errors == []
    assert [url.rpartition("/")[2] for url in requests] == ["report.html"]
