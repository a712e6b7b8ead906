"""Whole databases: nothing is found in a sound one, and in a leaking one what its first lines name, and no more.

A database is a file in tests/scenarios/observed/sound/ or leaking/; nothing is declared, so who owns what is inferred.
"""

import re
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[1] / "scenarios" / "observed"


def files(kind):
    return [pytest.param(path, id=path.stem) for path in sorted((SCENARIOS / kind).glob("*.sql"))]


@pytest.mark.parametrize("path", files("sound"))
def test_a_sound_design_gives_no_alarm(path, designs):
    result = designs.observe(path.read_text())
    assert [(f.key, f.witness) for f in result.findings if f.severity != "info"] == []
    assert result.not_checked == ()


@pytest.mark.parametrize("path", files("leaking"))
def test_a_leak_is_found_with_a_witness(path, designs):
    result = designs.observe(path.read_text())
    named = set(re.findall(r"^-- finds: (\S+) (.+)$", path.read_text(), re.MULTILINE))
    assert {(f.rule, f.object) for f in result.findings if f.severity != "info"} == named
    assert all(finding.witness for finding in result.findings)
    assert result.not_checked == ()


def test_there_are_enough_of_both():
    assert len(files("sound")) >= 12
    assert len(files("leaking")) >= 12
