"""Foreign keys that go round in a circle, while rows are added to rows that are there."""

import pytest

from gatepost import transfer
from gatepost.transfer import Options, RowsRefused

KEYS = "SELECT conname::text, condeferrable, condeferred FROM pg_constraint WHERE contype = 'f' ORDER BY 1"


@pytest.fixture
def circle(sqlite_file, target, connection):
    """`circle(rows of a, rows of b, options)`: two tables that refer to each other, with a row in each."""
    target(
        "CREATE TABLE a (id int PRIMARY KEY, b int, up int REFERENCES a)",
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE)",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
        "INSERT INTO a VALUES (100, NULL, 100)",
        "INSERT INTO b VALUES (100, 100)",
    )

    def move(a, b, **options):
        path = sqlite_file(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER, up INTEGER)",
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER)",
            ("INSERT INTO a VALUES (?, ?, ?)", a),
            ("INSERT INTO b VALUES (?, ?)", b),
        )
        planned = transfer.plan(path, connection, options=Options(mode="append", **options))
        return transfer.run(planned, connection)

    return move


def test_rows_that_refer_to_each_other_are_added_and_the_keys_are_as_before(circle, rows):
    before = rows(KEYS)
    assert circle([(1, 1, 2), (2, 100, 1)], [(1, 1)]).rows == 3
    assert rows("SELECT count(*) FROM a JOIN b ON b.id = a.b") == [(2,)]
    assert rows(KEYS) == before
    with pytest.raises(Exception, match="violates foreign key"):
        rows("INSERT INTO a VALUES (9, 9, NULL)")


def test_a_row_without_a_parent_is_named_and_nothing_is_written(circle, rows):
    with pytest.raises(RowsRefused, match='"a" id=1: column "b" has no row in "b": 7') as caught:
        circle([(1, 7, None), (2, None, 2)], [(1, 1)])
    # A child of a row that cannot be moved cannot be moved either.
    assert {(one.table, one.key) for one in caught.value.rejects} == {("a", "id=1"), ("b", "id=1")}
    assert rows("SELECT count(*) FROM a") == [(1,)]


def test_a_row_without_a_parent_is_put_aside(circle, rows, tmp_path):
    result = circle([(1, 7, None), (2, None, 2)], [(1, 1)], rejects=tmp_path / "aside")
    assert [(t.name, t.rows, t.rejects) for t in result.tables] == [("a", 1, 1), ("b", 0, 1)]
    assert rows("SELECT id FROM a ORDER BY 1") == [(2,), (100,)]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT", "SET DEFAULT"])
def test_what_a_key_does_on_deletion_changes_no_row_that_is_put_aside(circle, target, rows, tmp_path, action):
    """The rows that lead to a missing one are put aside as they were, whatever their keys do to children."""
    target(
        f"ALTER TABLE a DROP CONSTRAINT a_b_fkey, ADD FOREIGN KEY (b) REFERENCES b ON DELETE {action}",
        f"ALTER TABLE b DROP CONSTRAINT b_a_fkey, ADD FOREIGN KEY (a) REFERENCES a ON DELETE {action}",
    )
    result = circle([(1, 7, None), (2, 1, None), (3, 4, 3)], [(1, 1), (4, 3)], rejects=tmp_path / "aside")
    assert [(t.name, t.rows, t.rejects) for t in result.tables] == [("a", 1, 2), ("b", 1, 1)]
    assert rows("SELECT * FROM a ORDER BY id") == [(3, 4, 3), (100, None, 100)]
    assert rows("SELECT * FROM b ORDER BY id") == [(4, 3), (100, 100)]
    aside = {path.stem: path.read_text() for path in (tmp_path / "aside").iterdir()}
    assert '"row": {"id": "2", "b": "1", "up": null}' in aside["a"]
    assert '"row": {"id": "1", "a": "1"}' in aside["b"]
