"""A leak is an error of its own kind, and its repair has none: one check of all leaks, and one of all repairs."""

import pytest

from gatepost.check import Options, check
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from tests.check.pairs import PAIRS


@pytest.fixture(scope="module")
def errors(new_database, tmp_path_factory):
    """The errors of each variant of all pairs together, as (rule, object)."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nowhere"))
        for variant in ("leak", "repair"):
            with new_database("old") as url:
                connection = connect(parse_url(url), application_name="test")
                with connection, connection.cursor() as cursor:
                    for pair in PAIRS.values():
                        cursor.execute(f"{pair.given};{getattr(pair, variant)}")
                connection.close()
                result = check(parse_url(url), options=Options(fix_seconds=0))
                found[variant] = {
                    (rule.rule, one.object)
                    for one in result.findings
                    if one.severity == "error"
                    for rule in (one, *one.consequences)
                    if rule.severity == "error"
                }
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_a_leak_is_told_apart_from_its_repair(errors, name):
    pair = PAIRS[name]
    assert pair.rules <= {rule for rule, about in errors["leak"] if about == pair.about}
    assert {rule for rule, about in errors["repair"] if about == pair.about} == set()


def test_the_repairs_together_have_no_error(errors):
    assert errors["repair"] == set()
