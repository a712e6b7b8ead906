"""Two parsers read conditions: PostgreSQL's own, and sqlglot where that has no wheel. They come to the same terms."""

import pytest

from gatepost.analysis import NotUnderstood
from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.parse import _by_sqlglot, _parsed
from tests.analysis.solver.test_with_the_reader import KINDS
from tests.analysis.test_what_ties_a_row import CASES, ME

OTHERWISE = (
    "NOT (owner", "(n > 5) IS DISTINCT", "n IN (NULL", "(SELECT bool_or", "'2021", "now() >", "((owner)::text",
    "tags[1]", "data ? ", "n IN (SELECT NULL", "n = ANY (tags::int", "name SIMILAR",
)  # fmt: skip
"""What one of the two writes in another way, which comes to the same."""
TEXTS = [one[0].replace("ME", ME) for one in CASES]
TEXTS += [one.strip() for line in KINDS.strip().splitlines() for one in line.split("|")]
TEXTS = [one for one in TEXTS if not one.startswith(OTHERWISE)]


@pytest.mark.skipif(not grammar.available(), reason="there is only one parser here")
@pytest.mark.parametrize("text", TEXTS)
def test_both_parsers_read_a_condition_alike(text):
    try:
        read = _by_sqlglot(f"({text})")
    except NotUnderstood:
        return  # then it is not checked
    assert read == _parsed.__wrapped__(f"({text})")
