"""Every leaking scenario and its repair, both ways: the leak is a gain with a witness, and the repair is none."""

import re
from pathlib import Path

import pytest

from tests.versions import AS_SUPERUSER

SCENARIOS = Path(__file__).parents[1] / "scenarios"
REPAIRS = dict(
    re.findall(
        r"^-- scenario: (\w+)\n(.*?)(?=^-- scenario: |\Z)",
        (SCENARIOS / "repairs.sql").read_text(),
        re.DOTALL | re.MULTILINE,
    )
)
NOBODY_GAINS = frozenset(
    """any_user_at_all asks_auth_users blind_update equals_null function_sends_requests
    future_tables never_equal_quotes never_equal_types
    no_index one_of_many performed_in_vain per_row_helper per_row_session recursion recursion_in_invoker
    recursion_of_two restrictive_alone said_twice search_path several_policies""".split()
)
NOT_SEEN = {
    "rbac_hook_trigger_role_from_meta": "what a token hook makes of a role is not tried",
}
QUICK = frozenset(
    """definer_view partition_open function_reads check_true self_made_member role_bypasses
    friends_symmetric_not_accepted""".split()
)


def scenarios():
    for name in sorted(REPAIRS):
        marks = [] if name in QUICK else [pytest.mark.slow]
        if name in NOT_SEEN:
            marks.append(pytest.mark.xfail(reason=NOT_SEEN[name], strict=True))
        yield pytest.param(name, id=name, marks=marks)


def test_every_leaking_scenario_has_a_repair():
    leaking = {path.stem for path in (SCENARIOS / "leaking").glob("*.sql")}
    assert set(REPAIRS) | NOBODY_GAINS == leaking
    assert not set(REPAIRS) & NOBODY_GAINS


@pytest.mark.parametrize("name", list(scenarios()))
def test_a_leak_is_a_gain_and_its_repair_is_none(name, versions):
    text = (SCENARIOS / "leaking" / f"{name}.sql").read_text()
    leak = (AS_SUPERUSER if AS_SUPERUSER in text else "") + text
    repaired = f"{leak};\n{REPAIRS[name]}"
    there = versions.compare(repaired, leak)
    gains = [one for one in there.access if one.fails]
    assert gains, there.access
    assert all(one.statement for one in gains)
    back = versions.compare(leak, repaired)
    assert [one for one in back.access if one.fails] == []
    assert [one for one in back.access if one.verdict in ("loses", "may lose", "breaks")]
