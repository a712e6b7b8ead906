"""Written Python is laid out as a formatter would."""

import pytest

from gatepost.adopt.layout import WIDTH, laid_out

LONG = "a" * 60


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("owner(Task.user_id, 'select')", ['    owner(Task.user_id, "select"),']),
        ("""text('it\\'s', 'a "b"', "c")""", ["""    text('it\\'s', 'a "b"', "c"),"""]),
        (
            f"allow('all', to=({LONG}, b), where=select({LONG}).exists())",
            [
                "    allow(",
                '        "all",',
                f"        to=({LONG}, b),",
                f"        where=select({LONG}).exists(),",
                "    ),",
            ],
        ),
        (
            f"({LONG} == {LONG}).is_(true())",
            ["    (", f"        {LONG} == {LONG}", "    ).is_(true()),"],
        ),
    ],
)
def test_a_line_is_divided_where_it_is_too_long(code, lines):
    written = laid_out(code, 4, ",")
    assert written.splitlines() == lines
    assert eval(f"lambda: {code}").__code__.co_names == eval(f"lambda: ({written.strip()[:-1]})").__code__.co_names


def test_what_cannot_be_divided_stays_one_line():
    assert laid_out(repr("x" * 200)) == f'"{"x" * 200}"'
    assert WIDTH == 120
