"""Every format tells the same result, and none is broken by what stands in a name."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gatepost.errors import SettingsError
from gatepost.finding import Finding, NotChecked, Result
from gatepost.report import formats, render

AWKWARD = 'public.my "table"<script>alert(1)</script>.a`b|c: %, [x](y) @all'
RESULT = Result(
    "verify",
    "postgresql://postgres:***@db.example.org/postgres",
    (
        Finding(
            "drift", "error", AWKWARD, f'the policy on "{AWKWARD}" differs\nin two lines', "DROP POLICY `x`;\n-- ```"
        ),
        Finding("always-true", "warning", "public.note", "everybody reads it", witness="anon: SELECT 1 -> 'canary'"),
        Finding("no-policy", "info", "public.note", "nobody reads it"),
    ),
    (NotChecked("the policies of public.x", "permission denied <for> you", ours=True, covered_by="observation"),),
    {"declared": True, "tables": 2, "policies": 1},
)
CLEAN = Result("verify", "here", summary={"declared": True, "tables": 1, "policies": 0})


def test_the_formats_are_those_of_the_contract():
    assert formats() == ("github", "html", "json", "markdown", "sarif", "text")


@pytest.mark.parametrize("name", ["github", "html", "json", "markdown", "sarif", "text"])
def test_every_format_shows_everything_and_the_same_twice(name):
    told = render(RESULT, name)
    assert told == render(RESULT, name)
    for word in ("always-true", "drift", "no-policy", "everybody reads it", "the policies of public.x", "canary"):
        assert word in told, word


@pytest.mark.parametrize("name", ["github", "html", "markdown", "text"])
def test_a_clean_result_says_so_and_of_what(name):
    shown = render(replace(CLEAN, target="postgresql://***@db.example.org/app"), name)
    assert "clean" in shown
    assert "db.example.org" in shown


@pytest.mark.parametrize("name", ["github", "html", "markdown", "sarif", "text"])
def test_what_was_not_checked_says_whose_limit_it_is(name):
    assert "you (a limit of Gatepost); covered by observation" in render(RESULT, name).replace("\\>", ">")
    assert "limit" not in render(replace(RESULT, not_checked=(NotChecked("all", "no right"),)), name)


def test_a_name_is_neither_markup_nor_an_emoji():
    from gatepost.report.text import render as text

    name = "public.[bold]:skull:[/] \\"
    finding = Finding("drift", "error", name, name)
    assert text(Result("verify", "here", (finding,)), colour=True).count(":skull:[/] \\") == 2


def test_an_unknown_format_is_named():
    with pytest.raises(SettingsError, match='"yaml" is not a format'):
        render(CLEAN, "yaml")


def test_json_is_the_contract():
    told = json.loads(render(RESULT, "json"))
    assert list(told) == ["version", "command", "target", "findings", "not_checked", "summary"]
    assert told["version"] == 1
    assert told["findings"][0] == {
        "rule": "drift",
        "severity": "error",
        "object": AWKWARD,
        "message": f'the policy on "{AWKWARD}" differs\nin two lines',
        "fix": "DROP POLICY `x`;\n-- ```",
        "key": f"drift:{AWKWARD}",
    }
    assert told["findings"][1]["witness"] == "anon: SELECT 1 -> 'canary'"
    assert told["not_checked"] == [
        {
            "what": "the policies of public.x",
            "why": "permission denied <for> you",
            "ours": True,
            "covered_by": "observation",
        }
    ]


def test_json_carries_what_only_one_command_says():
    told = json.loads(render(replace(CLEAN, sections={"matrix": [1, 2]}), "json"))
    assert told["matrix"] == [1, 2]


def test_github_s_commands_are_one_line_each():
    lines = render(RESULT, "github").splitlines()
    assert [line.partition(" ")[0] for line in lines[:4]] == ["::error", "::warning", "::notice", "::warning"]
    assert r"differs\nin two lines" in lines[0]
    assert "%0ADROP POLICY `x`;%0A-- ```" in lines[0]
    assert "%25, [x](y)" in lines[0]
    assert len(lines) == 5


def test_html_runs_nothing_and_loads_nothing():
    class Page(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags = []

        def handle_starttag(self, tag, attributes):
            self.tags.append((tag, attributes))

    page = Page()
    page.feed(render(RESULT, "html"))
    assert not {"link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert [tag for tag, _ in page.tags].count("script") == 2  # our own, and its data
    assert not [name for _, attributes in page.tags for name, _ in attributes if name in ("src", "onclick")]
    links = [value for _, attributes in page.tags for name, value in attributes if name == "href"]
    assert links
    assert all(link.startswith("#rule-") for link in links)


def test_html_keeps_what_looks_like_a_placeholder():
    result = replace(CLEAN, target="{{body}} {{verdict}}")
    assert render(result, "html").count("{{body}}") == 2  # the title and the target


def test_markdown_lets_no_name_become_markup():
    told = render(RESULT, "markdown")
    assert told.count("<script>") == 1  # in the code span of the heading
    assert "@all`` " not in told.partition("\n- ")[2].partition("<details>")[0]
    assert "````sql" in told  # the fence is longer than the fix's own


def test_sarif_says_what_code_scanning_needs():
    log = json.loads(render(RESULT, "sarif"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result, finding in zip(run["results"], RESULT.findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.rule
        assert result["partialFingerprints"] == {"key/v1": finding.key}
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == finding.object
    assert "not checked" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_text_is_plain_unless_it_is_for_a_terminal():
    from gatepost.report.text import render as text

    assert "\x1b[" not in text(RESULT)
    assert "\x1b[" in text(RESULT, colour=True)


def test_text_does_not_call_a_result_clean_that_was_not_looked_at():
    told = render(replace(CLEAN, not_checked=RESULT.not_checked), "text")
    assert "1 not checked" in told
    assert "clean" not in told


def test_text_shows_information_about_many_objects_once():
    same = [Finding("no-policy", "info", f"public.t{number}", "nobody reads it") for number in range(5)]
    bad = Finding("drift", "error", "public.t0", "differs")
    told = render(Result("verify", "here", (bad, *same)), "text")
    assert told.count("no-policy") == 1
    assert "5 objects, starting with public.t0" in told
    assert "differs" in told
    assert "5 info" in told
