"""Instants on either side of what conditions compare times with."""

from datetime import UTC, datetime

from gatepost.review.plant.instants import instants

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_a_length_of_time_has_instants_inside_and_outside_before_and_after_now():
    found = instants(["7 days", "30 days", "draft"], NOW)
    assert [one for one in found if "2026-06-11" < one < "2026-06-13"]
    assert [one for one in found if "2026-05-16" < one < "2026-06-08"]
    assert [one for one in found if "2026-06-22" < one < "2026-07-15"]


def test_an_instant_has_one_before_and_one_after():
    assert {"2025-12-30 12:00:00", "2026-01-02 12:00:00"} <= set(instants(["2026-01-01"], NOW))


def test_other_texts_are_no_lengths():
    assert instants(["5 days a week", "3", "open"], NOW) == instants([], NOW)
