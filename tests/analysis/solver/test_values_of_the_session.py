"""Functions without arguments are values of their own to the solver, and no application of a function."""

import pytest

from gatepost.analysis.solver import Candidate
from tests.analysis.schemas import policy
from tests.analysis.solver.test_access_question import answer


@pytest.mark.parametrize(
    "condition",
    ["(inet_server_addr() IS NOT NULL)", "((current_database() = 'postgres'::name) AND (inet_server_addr() IS NULL))"],
)
def test_a_function_without_arguments_may_come_to_anything(condition):
    assert isinstance(answer(policy("note", "p", "select", condition)), Candidate)
