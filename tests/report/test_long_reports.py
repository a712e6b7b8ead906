"""A report of many findings is short where a person reads it, and whole where a program does."""

import re

import pytest

from gatepost.finding import Finding, NotChecked, Result, table_states
from gatepost.report import render
from gatepost.report.text import render as text

TOLD = 'as ann (authenticated, {"sub": "1", "aal": "aal2"})'
BECOME = 'SELECT set_config(\'request.jwt.claims\', \'{"sub": "1"}\', true); SET LOCAL ROLE "authenticated";'
NAMES = [f"public.t{number}" for number in range(6)]
RESULT = Result(
    "check",
    "supabase/migrations (a label that is longer than the line of a terminal, so that its figures come after it)",
    (
        *(
            Finding("row-forged", "warning", name, f'ann adds to {name} by "p{name}"', detail="a", witness=f"{TOLD}: x")
            for name in NAMES
        ),
        Finding("row-forged", "warning", "public.t0", "ann can insert something else", detail="b"),
    ),
    tuple(
        NotChecked(name, f'the extension of "{name}" is a stand-in', ours=True, covered_by="its policies")
        for name in NAMES
    ),
    {"declared": True, "tables": 6, "policies": 1},
    {
        "matrix": {
            "personas": [{"name": "ann", "role": "authenticated", "told": TOLD, "sql": BECOME}],
            "tables": [],
        }
    },
)  # fmt: skip


def test_a_terminal_shows_once_what_is_alike_and_a_file_shows_each():
    shown = text(RESULT, width=80)
    assert shown.count("reproduce: ") == 1
    assert "and 5 alike: public.t1, public.t2, public.t3, public.t4, public.t5" in " ".join(shown.split())
    assert "ann can insert something else" in shown
    assert "public.t0, public.t1, public.t2, public.t3 and 2 more: the extension of" in " ".join(shown.split())
    assert max(len(one) for one in shown.split("\n") if not one.startswith("as ann: ")) <= 80
    assert text(RESULT).count("reproduce: ") == len(NAMES)


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_the_claims_of_a_persona_stand_once_as_sql(name):
    shown = render(RESULT, name)
    assert len(re.findall("request.jwt.claims", shown)) == 1
    assert "aal2" not in shown
    assert shown.count("as ann: x") == len(NAMES)


def test_what_another_way_covers_leaves_a_table_fine():
    found = table_states(NAMES, (), (*RESULT.not_checked, NotChecked("public.t1: select", "too slow", ours=True)))
    assert (found.not_checked, len(found.fine)) == (("public.t1",), 5)
