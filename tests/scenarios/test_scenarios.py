"""Whole designs: nothing is said about a sound one, and a leaking one is told by the rule that knows it.

A scenario is a file of SQL. The first line of a leaking one names the rules that must find it. `-- gatepost: as
superuser` runs it as the platform, because the project itself could not.
"""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.analysis.ways.untied_ways import UntiedWays
from gatepost.local.cluster import SUPERUSER
from gatepost.reflect import read
from gatepost.rules import Context, all_rules

HERE = Path(__file__).parent
SOUND = sorted((HERE / "sound").glob("*.sql"))
LEAKING = sorted((HERE / "leaking").glob("*.sql"))


@pytest.fixture(scope="module")
def database(_clone):
    """One database a profile of default privileges for all scenarios: each is rolled back."""
    with _clone("new") as new, _clone("old") as old:
        yield {"new": new, "old": old}


@pytest.fixture
def found(database, server):
    """What the rules say of a scenario, in a database with one of the profiles of default privileges."""

    def look(text, profile):
        user = SUPERUSER if "-- gatepost: as superuser" in text else "postgres"
        with closing(psycopg2.connect(server.url(database[profile], user))) as connection:
            with connection.cursor() as cursor:
                cursor.execute(text)
                context = Context(read(cursor))
            findings = [finding for rule in all_rules() for finding in rule.check(context)]
            suspected = {finding.object for finding in findings if finding.severity != "info"}
            tables = dict.fromkeys(one.table for one in context.decisive)
            unknown = UntiedWays(context.analysis, context.ownership).unsuspected(tables, suspected)
            return findings, list(unknown)

    return look


@pytest.mark.parametrize("profile", ["new", "old"])
def test_nothing_is_said_about_a_fresh_project(found, profile):
    assert [f for f in found("SELECT 1", profile)[0] if f.severity != "info"] == []


@pytest.mark.parametrize("profile", ["new", "old"])
@pytest.mark.parametrize("scenario", SOUND, ids=lambda path: path.stem)
def test_nothing_is_said_about_a_sound_design(found, scenario, profile):
    findings, unknown = found(scenario.read_text(), profile)
    assert [f for f in findings if f.severity != "info"] == []
    assert unknown == []


@pytest.mark.parametrize("profile", ["new", "old"])
@pytest.mark.parametrize("scenario", LEAKING, ids=lambda path: path.stem)
def test_a_leak_is_reported(found, scenario, profile):
    text = scenario.read_text()
    expected = {name.strip() for name in text.partition("\n")[0].removeprefix("-- ").split(",")}
    assert expected <= {finding.rule for finding in found(text, profile)[0] if finding.severity != "info"}
