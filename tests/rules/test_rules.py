"""Every rule teaches: its example gives exactly one finding, and what to use instead gives none."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from gatepost.declare.declaration import Declaration
from gatepost.finding import SEVERITIES
from gatepost.rules import Context, all_rules
from tests.own_roles import read_without_added_roles

SHOWN = [rule for rule in all_rules() if "## Example" in rule.documentation]
DECLARED_ONLY = {"undeclared-table", "missing-table", "drift"}
"""They hold a database against a declaration: here against one that is empty."""


def blocks(rule, heading):
    """The SQL under a heading of a rule's documentation."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", rule.documentation, re.MULTILINE | re.DOTALL)
    return "\n".join(re.findall(r"```sql\n(.*?)```", section[1], re.DOTALL)) if section else ""


def findings(rule, cursor):
    declaration = Declaration() if rule.name in DECLARED_ONLY else None
    return list(rule.check(Context(read_without_added_roles(cursor), declaration)))


@pytest.fixture
def cursor(rule, rolled_back, rolled_back_as_superuser):
    """A cursor as `postgres`, or as the platform where the example says `-- gatepost: as superuser`."""
    platform = "-- gatepost: as superuser" in rule.documentation
    with (rolled_back_as_superuser if platform else rolled_back).cursor() as cursor:
        yield cursor


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.name)
def test_the_example_gives_one_finding_and_then_none(rule, cursor):
    before = {finding.key for finding in findings(rule, cursor)}
    cursor.execute(blocks(rule, "Example"))
    found = [finding for finding in findings(rule, cursor) if finding.key not in before]
    assert len(found) == 1, found
    assert found[0].rule == rule.name
    assert SEVERITIES.index(found[0].severity) >= SEVERITIES.index(rule.severity)
    assert found[0].message
    cursor.execute(blocks(rule, "Use instead"))
    assert [finding for finding in findings(rule, cursor) if finding.key not in before] == []


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.name)
def test_the_fix_is_sql_that_runs_and_removes_the_finding(rule, cursor):
    before = {finding.key for finding in findings(rule, cursor)}
    cursor.execute(blocks(rule, "Example"))
    (found,) = [finding for finding in findings(rule, cursor) if finding.key not in before]
    if not found.fix or not found.fix.endswith(";"):
        pytest.skip("it is mended elsewhere than in the database")
    cursor.execute(found.fix)
    assert [finding for finding in findings(rule, cursor) if finding.key not in before] == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_is_a_file_that_teaches(rule):
    module = rule.look.__module__
    assert module == f"gatepost.rules.{rule.name.replace('-', '_')}"
    assert Path(find_spec(module).origin).exists()
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.title.endswith(".")
    assert "## Why is this bad?" in rule.documentation
    if rule.name not in ("drift", "missing-table"):
        assert "## Example" in rule.documentation
        assert "## Use instead" in rule.documentation
