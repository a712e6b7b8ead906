"""The pages of the rules in docs/rules are what the rules say, and reports link to them where they are published."""

import json
from pathlib import Path

import pytest

from gatepost.finding import Finding, Result
from gatepost.report import render
from gatepost.rules import _pages, all_rules, pages

PAGES = Path(__file__).parents[2] / "docs" / "rules"
RESULT = Result("verify", "", (Finding("row-security-off", "error", "public.t", "it is open"),))


def test_the_pages_are_current():
    written = {file.name: file.read_text() for file in PAGES.glob("*.md")}
    assert written == pages(), "gatepost rules --write docs/rules"
    assert len(written) == len(all_rules()) + 1


@pytest.fixture
def published(monkeypatch):
    """A project that publishes its documentation."""
    monkeypatch.setattr(_pages, "_address", lambda: "https://docs.example.org")


@pytest.mark.parametrize("form", ["sarif", "markdown"])
def test_a_report_links_to_a_published_page(published, form):
    address = "https://docs.example.org/rules/row-security-off.md"
    assert address in render(RESULT, form)


def test_no_address_is_invented():
    (rule,) = json.loads(render(RESULT, "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    assert "helpUri" not in rule
    assert "## Why is this bad?" in rule["help"]["markdown"]
