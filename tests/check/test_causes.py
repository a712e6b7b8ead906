"""How findings are joined, on values alone."""

import pytest

from gatepost.check.causes import join
from gatepost.check.cells import Cells
from gatepost.check.subjects import Subjects
from gatepost.finding import Finding, Result
from gatepost.rules import all_rules
from gatepost.schema import COMMANDS, Policy, RowSecurity, Schema, Table

POLICY = Policy("public", "t", "p", "select", ("authenticated",), using="true")
OTHER = Policy("public", "t", "q", "select", ("authenticated",), using="false")
DECIDED = {rule.name: rule.decided_by for rule in all_rules()}
SUSPICION = Finding("signed-in-is-enough", "error", "public.t.p", "everybody who is signed in reads it")


def joined(reach, *policies, rule=SUSPICION, seen=(), always_true=frozenset(), by_rank=False, others="none"):
    """What comes of one suspicion where ann reaches so far, and bob none, all, or as far as is said."""
    table = Table("public", "t", "table", "postgres", RowSecurity(True, False), policies=policies or (POLICY,))
    nothing = {
        "reach": "none",
        "rows": 0,
        "of": 4,
        "own": 0,
        "statement": "",
        "witnesses": [],
        "said": "",
        "outcome": "done",
    }
    cell = nothing | {"reach": reach, "rows": 2, "own": 1, "statement": "SELECT", "witnesses": ["a row of bob's"]}
    cells = {
        "ann": {command: cell if command == "select" else nothing for command in COMMANDS},
        "bob": dict.fromkeys(COMMANDS, nothing | {"reach": others}),
    }
    if reach == "all" and not by_rank:
        cells["bob"] = cells["ann"]
    matrix = {
        "personas": [{"name": name, "role": "authenticated", "told": f"as {name}"} for name in cells],
        "tables": [{"table": "public.t", "planted": 4, "row_security": True, "cells": cells}],
    }
    observed = Result("observe", "", tuple(seen), sections={"matrix": matrix, "doors": []})
    live = Schema("d", 170000, "postgres", (), tables=(table,))
    return join([rule], Cells(observed), Subjects(live), DECIDED, always_true)


@pytest.mark.parametrize(
    ("reach", "verdict"), [("own", None), ("all", "witnessed"), ("some", "suspected"), ("unknown", "suspected")]
)
def test_a_trial_decides_about_a_suspicion(reach, verdict):
    found = joined(reach)
    assert [one.verdict for one in found.findings] == ([verdict] if verdict else [])
    assert [one.key for one in found.refuted] == ([] if verdict else [SUSPICION.key])


def test_what_only_the_one_with_a_rank_reaches_does_not_show_that_everybody_does():
    found = joined("all", by_rank=True).findings[0]
    assert (found.verdict, found.severity) == ("suspected", "warning")


@pytest.mark.parametrize(("others", "verdict"), [("error", "suspected"), ("none", "proved")])
def test_a_condition_that_is_always_true_opens_nothing_where_every_statement_fails(others, verdict):
    (found,) = joined("error", always_true=frozenset({POLICY}), others=others).findings
    assert (found.verdict, found.severity) == (verdict, "warning" if others == "error" else "error")


def test_what_another_policy_gives_too_is_no_witness():
    assert joined("all", POLICY, OTHER).findings[0].verdict == "suspected"


def test_only_a_witness_settles_some_rules():
    rule = Finding("identity-from-caller", "error", "public.t.p", "it believes a header")
    found = joined("own", rule=rule).findings[0]
    assert (found.verdict, found.severity) == ("suspected", "warning")
    assert "other values" in found.reason


def test_a_condition_that_is_true_is_proved():
    assert joined("unknown", always_true=frozenset({POLICY})).findings[0].verdict == "proved"


def test_a_restrictive_policy_leaves_a_true_condition_open():
    limit = Policy("public", "t", "limit", "select", ("authenticated",), permissive=False, using="false")
    found = joined("unknown", POLICY, limit, always_true=frozenset({POLICY}))
    assert found.findings[0].verdict == "suspected"


def test_what_was_seen_by_another_command_is_another_cause():
    seen = Finding("row-forged", "error", "public.t", "ann can insert rows", witness="as ann: INSERT")
    assert [one.rule for one in joined("own", seen=[seen]).findings] == ["row-forged"]


def test_what_was_seen_of_the_same_command_is_a_consequence():
    seen = Finding("foreign-row-read", "error", "public.t", "ann reads rows of bob's", witness="as ann: SELECT")
    (found,) = joined("some", seen=[seen]).findings
    assert (found.rule, found.verdict, found.witness) == (SUSPICION.rule, "witnessed", "as ann: SELECT")
    assert [one.rule for one in found.consequences] == ["foreign-row-read"]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_every_rule_says_what_decides_about_it(rule):
    assert rule.decided_by in ("catalog", "trial", "witness", "style")
    assert rule.severity != "error" or rule.decided_by != "style"


@pytest.mark.parametrize(("write", "causes"), [("INSERT INTO t …", 1), ("UPDATE t SET …", 2)])
def test_a_suspicion_is_witnessed_by_a_statement_of_its_own_command(write, causes):
    insert = Policy("public", "t", "add", "insert", ("authenticated",), check="true")
    rule = Finding("identity-from-caller", "error", "public.t.add", "it believes a header")
    witness = f"as ann: {write}; then SELECT * FROM t shows a row of bob"
    seen = Finding("escalation", "error", "public.t", "ann sees more", detail="public.t", witness=witness)
    found = joined("none", insert, rule=rule, seen=[seen]).findings
    assert len(found) == causes
    assert [one.witness for one in found if one.rule == rule.rule] == ([witness] if causes == 1 else [None])


def test_what_reads_a_table_whose_policies_turn_in_a_circle_fails_for_that_cause():
    rule = Finding("policy-recursion", "error", "public.t", "its policies read themselves")
    reasons = [f'infinite recursion detected in policy for relation "{at}"' for at in ("t", "other")]
    seen = [
        Finding("policy-error", "error", "public.t", f"select ends in an error: {why}", detail=why, witness="as ann")
        for why in (*reasons, "stack depth limit exceeded")
    ]
    found = joined("unknown", rule=rule, seen=seen).findings
    assert {one.rule: len(one.consequences) for one in found} == {"policy-recursion": 2, "policy-error": 0}
    assert {(one.severity, one.verdict) for one in found} == {("error", "witnessed")}
