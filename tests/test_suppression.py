"""What a project accepts, with a reason, and what it had when it began."""

import json
import re
from pathlib import Path

import pytest

import gatepost
from gatepost.errors import SettingsError
from gatepost.finding import Finding, Result
from gatepost.report import formats, render
from gatepost.rules import all_rules, named_rule
from gatepost.suppression import BY_TRIAL, RENAMED, beyond_baseline, read_baseline, suppressed, write_baseline

OFF = Finding("row-security-off", "error", "public.country", "off")
RESULT = Result("verify", "here", (OFF, Finding("drift", "error", "public.task", "differs", detail="grants")))
RULES = ["drift", "row-security-off"]


def test_a_suppressed_finding_is_gone_and_counted():
    result = suppressed(RESULT, {"row-security-off:public.country": "reference data"}, RULES)
    assert [finding.rule for finding in result.findings] == ["drift"]
    assert result.summary["suppressed"] == 1
    assert result.summary["error"] == 1


@pytest.mark.parametrize("form", formats())
def test_no_report_is_silent_about_what_is_accepted(form):
    only = Result("verify", "here", (OFF,), summary={"tables": 1})
    accepted = suppressed(only, {OFF.key: "reference data"}, RULES)
    shown = render(accepted, form)
    assert "row-security-off:public.country" in shown
    assert "reference data" in shown
    assert not accepted.fails("info")
    if form in ("text", "markdown", "github"):
        assert "clean, 1 accepted in pyproject.toml (1 table)" in shown


def test_a_verdict_names_what_a_baseline_hides(tmp_path):
    file = tmp_path / "baseline.json"
    write_baseline(file, RESULT.findings)
    assert render(beyond_baseline(RESULT, read_baseline(file)), "text") == "verify of here: clean, 2 in the baseline"


def test_a_suppression_needs_a_reason():
    with pytest.raises(SettingsError, match="without a reason"):
        suppressed(RESULT, {OFF.key: " "}, RULES)


def test_an_unused_suppression_is_a_finding():
    result = suppressed(RESULT, {"drift:public.gone": "once"}, RULES)
    assert [f.key for f in result.findings if f.rule == "unused-suppression"] == [
        "unused-suppression:public.gone:drift"
    ]
    assert result.fails("warning")


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("row-securty-off:public.country", 'write "row-security-off:public.country"'),
        ("*", "write the key of a finding: rule:schema.table"),
        ("row-forged:public.task", None),
    ],
)
def test_a_suppression_for_what_no_rule_is_called_is_a_finding(key, fix):
    every = [rule.name for rule in all_rules()]
    found = suppressed(RESULT, {key: "once"}, ["drift"], every).findings
    assert [one.fix for one in found if one.rule == "unused-suppression"] == ([fix] if fix else [])


def test_the_names_of_what_is_found_by_trying_are_complete():
    judges = Path(gatepost.__file__).parent / "observation" / "judge"
    named = {name for file in judges.glob("*.py") for name in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', file.read_text())}
    assert named - {"sign-up"} <= {*BY_TRIAL, *(rule.name for rule in all_rules())}


def test_a_suppression_of_a_rule_that_was_not_checked_is_not_unused():
    assert suppressed(RESULT, {"always-true:public.gone": "once"}, RULES).findings == RESULT.findings


def test_a_baseline_hides_what_was_there_and_nothing_else(tmp_path):
    file = tmp_path / "baseline.json"
    write_baseline(file, [OFF])
    result = beyond_baseline(RESULT, read_baseline(file))
    assert [finding.rule for finding in result.findings] == ["drift"]
    assert result.summary["in_baseline"] == 1
    assert json.loads(file.read_text()) == {"version": 1, "keys": ["row-security-off:public.country"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"version": 2, "keys": []}', "has version 2, but this Gatepost reads version 1"),
        ("[]", "has version None"),
        ("{", "is not JSON"),
    ],
)
def test_a_baseline_of_another_kind_is_refused(tmp_path, text, sentence):
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        read_baseline(file)


def test_a_baseline_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_baseline(tmp_path / "none.json")


def test_an_old_name_of_a_rule_is_refused_with_the_new_one(tmp_path):
    old, new = next(iter(RENAMED.items()))
    with pytest.raises(SettingsError, match=f'"{old}" is now called "{new}"') as refusal:
        suppressed(Result("verify", "db"), {f"{old}:public.note": "we know"}, [new])
    assert refusal.value.hint == f'write "{new}:public.note"'
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"version": 1, "keys": [f"{old}:public.note:detail"]}))
    with pytest.raises(SettingsError, match=r"baseline\.json") as refusal:
        read_baseline(baseline)
    assert refusal.value.hint == f'write "{new}:public.note:detail"'
    with pytest.raises(SettingsError, match=f'"{new}"'):
        named_rule(old)


def test_the_new_names_are_rules_and_the_old_ones_are_none():
    names = {rule.name for rule in all_rules()}
    assert set(RENAMED.values()) <= names
    assert not set(RENAMED) & names
