"""What the analysis concludes of the designs of scenarios and reviews is what was recorded in `conclusions.txt`."""

from pathlib import Path

import pytest

from tests.analysis.conclusions import conclusions
from tests.recorded import Recorded
from tests.scenarios.designs import context_of, texts


@pytest.fixture(scope="module")
def database(_clone):
    with _clone("old") as name:
        yield name


@pytest.fixture(scope="module")
def recorded(pytestconfig):
    found = Recorded(Path(__file__).with_name("conclusions.txt"), pytestconfig.getoption("--record"))
    yield found
    found.close()


DESIGNS = dict(texts())


@pytest.mark.parametrize("name", DESIGNS)
def test_what_is_concluded_of_a_design_is_what_was_recorded(name, server, database, recorded):
    recorded.compare(name, conclusions(context_of(DESIGNS[name], server, database)))
