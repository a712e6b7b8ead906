"""The rank that a teammate is planted with is none that a policy demands, where the column takes another."""

import pytest

from gatepost.observation.plant.teams import Ranks
from gatepost.schema import Column


@pytest.mark.parametrize(
    ("offered", "compared", "default", "expected"),
    [
        ((), ("admin",), None, "member"),
        ((), ("editor",), None, "member"),
        ((), ("member", "admin"), None, "member"),
        (("owner", "editor"), ("owner",), None, "editor"),
        ((), ("admin",), "'guest'::text", "guest"),
    ],
)
def test_a_teammate_has_the_lowest_rank(offered, compared, default, expected):
    assert Ranks(Column("role", "text", default=default), offered, compared).lowest == expected


@pytest.mark.parametrize(
    ("offered", "compared", "limits", "expected"),
    [
        (("10", "50", "90"), ("90", "50", "49", "51"), {(">=", "50")}, ("10", ["50"], "90")),
        ((), ("2", "1", "3", "5", "4", "6"), {(">=", "2"), (">=", "5")}, ("1", ["5", "4", "3", "2"], "6")),
        ((), ("2", "1", "3"), {("<=", "2")}, ("3", ["2"], "1")),
        ((), (), set(), ("0", [], None)),
    ],
)
def test_ranks_that_are_numbers_have_an_order(offered, compared, limits, expected):
    ranks = Ranks(Column("level", "integer"), offered, compared, frozenset(limits))
    assert (ranks.lowest, ranks.between, ranks.highest) == expected


@pytest.mark.parametrize(
    ("rank", "compared", "limits", "expected"),
    [
        ("50", ("90", "50", "49", "51"), {(">=", "50")}, True),
        ("50", ("50", "49", "51"), {(">=", "50")}, False),
        ("50", ("50", "49", "51"), {(">", "50")}, True),
        ("2", ("2", "1", "3"), {("<=", "2")}, False),
        ("3", ("2", "1", "3"), {("<=", "2")}, True),
    ],
)
def test_a_higher_number_counts_where_a_policy_asks_for_it(rank, compared, limits, expected):
    assert Ranks(Column("level", "integer"), (), compared, frozenset(limits)).may_rise(rank) is expected
