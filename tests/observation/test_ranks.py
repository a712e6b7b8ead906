"""The rank that a teammate is planted with is none that a policy demands, where the column takes another."""

import pytest

from gatepost.observation.plant.teams import low_rank
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
    assert low_rank(Column("role", "text", default=default), offered, compared) == expected
