"""One finding a cause, each proved, witnessed or suspected; what was tried and refused is gone."""

import pytest

from gatepost.report import formats, render
from gatepost.report.parts.order import by_object


@pytest.fixture
def found(checked):
    """The errors and warnings about a table or its policies."""

    def about(table):
        return [one for one in checked.findings if one.object.startswith(f"public.{table}") and one.severity != "info"]

    return about


def test_row_security_that_is_off_is_proved_and_one_cause(found):
    (finding,) = found("open_note")
    assert (finding.rule, finding.severity, finding.verdict) == ("row-security-off", "error", "proved")
    assert {"foreign-row-read", "foreign-row-written", "anonymous-write"} <= {one.rule for one in finding.consequences}
    assert finding.witness


def test_a_fix_that_locks_owners_out_is_not_offered(found):
    (finding,) = found("open_note")
    assert (finding.fix, finding.fix_trial) == ("", "failed")
    assert "ENABLE ROW LEVEL SECURITY was tried, and takes select on rows of their own from ann, bob" in finding.decide


def test_what_a_rule_suspects_and_a_trial_shows_is_one_finding(found):
    (finding,) = found("payslip")
    assert (finding.object, finding.severity, finding.verdict) == ("public.payslip.readers", "error", "witnessed")
    assert "foreign-row-read" in {one.rule for one in finding.consequences}
    assert "a row of" in finding.witness


def test_a_fix_that_passes_is_shown(found):
    (finding,) = found("payslip")
    assert finding.fix_trial == "passed"
    assert finding.fix.startswith('ALTER POLICY "readers" ON "public"."payslip" USING')


def test_what_was_tried_and_refused_is_gone_and_counted(checked, found):
    assert found("draft") == []
    assert [one["object"] for one in checked.sections["refuted"]] == ["public.longest_draft()"]
    assert checked.summary["refuted"] == 1


def test_a_call_that_returned_nothing_refutes_nothing(checked):
    (finding,) = [one for one in checked.findings if one.object == "public.old_drafts()"]
    assert (finding.verdict, finding.reason.split(",")[0]) == ("suspected", "it returned no row at all")


def test_a_call_that_took_one_way_of_several_refutes_nothing(checked):
    (finding,) = [one for one in checked.findings if one.object == "public.my_drafts()"]
    assert finding.verdict == "suspected"
    assert finding.reason == "it gave nothing away by one of the 2 ways in which it returns rows"


def test_what_no_trial_decides_is_suspected_with_the_reason(found):
    (finding,) = found("patient")
    assert (finding.severity, finding.verdict, finding.witness) == ("warning", "suspected", None)
    assert "nobody got past it" in finding.reason


def test_what_was_refused_with_rows_that_could_not_show_it_stays_suspected(found):
    (finding,) = found("memo")
    assert (finding.severity, finding.verdict, finding.witness) == ("warning", "suspected", None)
    assert "no planted row meets public.memo.writers: body ~ '^keep [0-9]+'::text" in finding.reason


def test_a_condition_that_postgresql_reduces_to_true_is_no_suspicion(found):
    (finding,) = found("invoice")
    assert (finding.severity, finding.object) == ("error", "public.invoice.readers")
    assert finding.verdict == "proved"


def test_the_worst_comes_first_and_the_tables_are_counted(checked):
    assert by_object(checked.findings)[0][0] == "public.open_note"
    counted = [checked.summary[f"tables_{state}"] for state in ("open", "not_checked", "fine")]
    assert counted == [5, 0, 1]
    assert checked.fails()


def test_style_is_information(checked):
    from gatepost.rules import all_rules

    style = {rule.name for rule in all_rules() if rule.decided_by == "style"}
    assert {one.severity for one in checked.findings if one.rule in style} == {"info"}


@pytest.mark.parametrize("form", formats())
def test_every_format_says_the_verdict_and_why(checked, form):
    shown = render(checked, form)
    for word in ("proved", "witnessed", "suspected", "nobody got past it", "was tried, and takes select"):
        assert word in shown, word
