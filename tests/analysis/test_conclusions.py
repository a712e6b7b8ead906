"""What the analysis concludes of the designs in `tests/scenarios` is what was recorded in `conclusions.txt`."""

from pathlib import Path

import pytest

from tests.analysis.conclusions import conclusions
from tests.recorded import Recorded
from tests.scenarios.designs import LEAKING, SOUND, context_of


@pytest.fixture(scope="module")
def database(_clone):
    with _clone("old") as name:
        yield name


@pytest.fixture(scope="module")
def recorded(pytestconfig):
    found = Recorded(Path(__file__).with_name("conclusions.txt"), pytestconfig.getoption("--record"))
    yield found
    found.close()


@pytest.mark.parametrize("scenario", [*SOUND, *LEAKING], ids=lambda path: path.stem)
def test_what_is_concluded_of_a_design_is_what_was_recorded(scenario, server, database, recorded):
    recorded.compare(scenario.stem, conclusions(context_of(scenario.read_text(), server, database)))
