"""Conditions that PostgreSQL prints in a form which it reads as another one."""

import pytest

from gatepost.adopt.reprinted import as_written


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (
            "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            "(state IN ('a', 'b'))",
        ),
        (
            "((COALESCE(state, 'a'::character varying))::text <> ALL ((ARRAY['b'::character varying])::text[]))",
            "(COALESCE(state, 'a'::character varying) NOT IN ('b'))",
        ),
        ("(((a >= 1) AND (a <= (2 + 3))) AND (b = 4))", "((a BETWEEN 1 AND (2 + 3)) AND (b = 4))"),
        ("(((t.a = u.a) AND (t.b = u.b)) AND c)", "(((t.a, t.b) = (u.a, u.b)) AND c)"),
        ("(((a >= 1) AND (b <= 2)) AND c)", "(((a >= 1) AND (b <= 2)) AND c)"),
        ("(c AND ((a >= 1) AND (a <= 2)))", "(c AND ((a >= 1) AND (a <= 2)))"),
        ("((((a >= 1) AND (a <= 2)) AND b) OR ('(((' = c))", "(((a BETWEEN 1 AND 2) AND b) OR ('(((' = c))"),
    ],
)
def test_such_a_condition_is_written_as_its_author_did(printed, written):
    assert as_written(printed) == written
