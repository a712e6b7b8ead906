"""Whole databases: nothing is found in a sound one, and in a leaking one what its first lines name, and no more.

A database is a file in tests/scenarios/observed/sound/ or leaking/; nothing is declared, so who owns what is inferred.
"""

import re
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.access.observation.running import run

SCENARIOS = Path(__file__).parents[2] / "scenarios" / "observed"


def files(kind):
    return [pytest.param(path, id=path.stem) for path in sorted((SCENARIOS / kind).glob("*.sql"))]


@pytest.fixture
def observed(database_url, superuser_url):
    def observe(path):
        with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(path.read_text())
        with closing(psycopg2.connect(superuser_url)) as connection:
            return run(connection)

    return observe


@pytest.mark.parametrize("path", files("sound"))
def test_a_sound_design_gives_no_alarm(path, observed):
    result = observed(path)
    assert [(f.key, f.witness) for f in result.findings if f.severity != "info"] == []
    assert result.not_checked == ()


@pytest.mark.parametrize("path", files("leaking"))
def test_a_leak_is_found_with_a_witness(path, observed):
    result = observed(path)
    named = set(re.findall(r"^-- finds: (\S+) (.+)$", path.read_text(), re.MULTILINE))
    assert {(f.rule, f.object) for f in result.findings if f.severity != "info"} == named
    assert all(finding.witness for finding in result.findings)
    assert result.not_checked == ()


def test_there_are_enough_of_both():
    assert len(files("sound")) >= 12
    assert len(files("leaking")) >= 12
