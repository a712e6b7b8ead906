"""Designs in the way of strangers' projects: `verify` reports each leak, and no error on the repaired design."""

from pathlib import Path

import pytest

from gatepost.verification import verify

DESIGNS = sorted((Path(__file__).parent / "strangers").glob("*.sql"))
OPEN = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO anon, authenticated, service_role;
SET LOCAL search_path = public, extensions;
"""
NOT_SEEN = {
    "08_case_policy": "who reads drafts of a table named like a public one",
    "11_time_window": "a window in time whose columns are named like a state",
    "16_audit_trigger": "a table of which no policy and no name says whose its rows are",
    "36_insert_member_check": "the writer's name is checked, and the place only where the other side of an OR counts",
    "52_raise_guard": "a refusal that asks about the caller, and not about the argument",
}
"""Leaks that need a trial."""
DOUBTED = {
    "47_bookings_range": "rooms that belong to a host and are shown to everybody",
    "54_case_helper": "a helper tells everybody who may do what with a folder",
    "57_state_machine": "jobs that belong to a recruiter and are shown to everybody",
}
"""Sound designs with a warning: names alone say that it is intended."""


def variants(file):
    common, _, rest = file.read_text().partition("-- @leak")
    return [f"{common}--{part}" for part in rest.split("-- @sound")]


@pytest.fixture
def found(rolled_back, monkeypatch, tmp_path):
    """The findings of `verify` that are no information, in a database in which default privileges are open."""
    monkeypatch.chdir(tmp_path)  # outside of any project

    def look(text):
        with rolled_back.cursor() as cursor:
            cursor.execute("SAVEPOINT design")
            cursor.execute(OPEN)
            cursor.execute(text)
            result = verify(rolled_back)
            cursor.execute("ROLLBACK TO SAVEPOINT design")
        unknown = [one.what for one in result.not_checked if not one.covered_by]
        return {(one.severity, one.rule, one.object) for one in result.findings if one.severity != "info"}, unknown

    return look


@pytest.mark.parametrize("file", DESIGNS, ids=[file.stem for file in DESIGNS])
def test_a_leak_is_told_apart_from_its_repair(found, file):
    (leak, unknown), (sound, not_followed) = map(found, variants(file))
    assert not [one for one in sound if one[0] == "error"]
    assert bool(sound) == (file.stem in DOUBTED)
    assert not_followed == []
    assert bool(leak - sound or unknown) == (file.stem not in NOT_SEEN)
