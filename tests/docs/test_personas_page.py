"""docs/personas.md names everybody who tries."""

import re
from pathlib import Path

import gatepost
from gatepost.observation.attempt.configured_personas import BUILT_IN

PAGE = Path(gatepost.__file__).parents[1] / "docs" / "personas.md"


def test_the_page_names_every_persona():
    named = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert {name for name in BUILT_IN if "," not in name} == set(named)
