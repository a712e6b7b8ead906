"""Whole designs: nothing is said about a sound one, and a leaking one is told by the rule that knows it.

A scenario is a file of SQL. The first line of a leaking one names the rules that must find it. What else is found, as
information too, is in `findings.txt`.
"""

from pathlib import Path

import pytest

from gatepost.analysis.ways.untied_ways import UntiedWays
from gatepost.rules import all_rules
from tests.recorded import VARIANTS, Recorded
from tests.scenarios.designs import LEAKING, SOUND, context_of


@pytest.fixture(scope="module")
def databases(_clone):
    """One database a profile of default privileges for all scenarios: each is rolled back."""
    with _clone("new") as new, _clone("old") as old:
        yield {"new": new, "old": old}


@pytest.fixture(scope="module")
def recorded(pytestconfig):
    found = Recorded(Path(__file__).with_name("findings.txt"), pytestconfig.getoption("--record"))
    yield found
    found.close()


@pytest.fixture
def found(databases, server, recorded):
    """What the rules find in a scenario, with one of the profiles of default privileges, and what stays unknown.

    Findings are what was recorded.
    """

    def look(name, text, profile):
        context = context_of(text, server, databases[profile])
        findings = [finding for rule in all_rules() for finding in rule.check(context)]
        lines = [_line(one) for one in findings] + [
            f"not checked {one.what}: {one.why}" for one in context.not_analysed()
        ]
        recorded.compare(name, [line.replace(databases[profile], "DATABASE") for line in lines], profile)
        suspected = {finding.object for finding in findings if finding.severity != "info"}
        tables = dict.fromkeys(one.table for one in context.decisive)
        unknown = UntiedWays(context.analysis, context.ownership).unsuspected(tables, suspected)
        return findings, list(unknown)

    return look


def _line(one):
    """Return a finding as one line; information without its sentence."""
    return (
        f"{one.severity} {one.key}"
        if one.severity == "info"
        else f"{one.severity}, {one.verdict}: {one.key}: {one.message}"
    )


@pytest.mark.parametrize("profile", VARIANTS)
def test_nothing_is_said_about_a_fresh_project(found, profile):
    assert [f for f in found("a fresh project", "SELECT 1", profile)[0] if f.severity != "info"] == []


@pytest.mark.parametrize("profile", VARIANTS)
@pytest.mark.parametrize("scenario", SOUND, ids=lambda path: path.stem)
def test_nothing_is_said_about_a_sound_design(found, scenario, profile):
    findings, unknown = found(scenario.stem, scenario.read_text(), profile)
    assert [f for f in findings if f.severity != "info"] == []
    assert unknown == []


@pytest.mark.parametrize("profile", VARIANTS)
@pytest.mark.parametrize("scenario", LEAKING, ids=lambda path: path.stem)
def test_a_leak_is_reported(found, scenario, profile):
    text = scenario.read_text()
    expected = {name.strip() for name in text.partition("\n")[0].removeprefix("-- ").split(",")}
    assert expected <= {f.rule for f in found(scenario.stem, text, profile)[0] if f.severity != "info"}
