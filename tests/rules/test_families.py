"""Every rule lies in one family of the benchmark of detections, or compares with a declaration."""

import runpy
from pathlib import Path

from gatepost.rules import all_rules

REASONS = Path(__file__).parents[2] / "benchmarks" / "detection_reasons.py"


def test_every_rule_has_one_family():
    known = runpy.run_path(str(REASONS))
    found = [rule for rules in known["FAMILIES"].values() for rule in rules]
    assert sorted([*found, *known["OF_A_DECLARATION"]]) == sorted(rule.name for rule in all_rules())
