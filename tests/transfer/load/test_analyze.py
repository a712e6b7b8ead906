"""After the commit every table is analyzed, and no other; that it cannot be does not take a row back."""

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer.load import analyze

ANALYZED = (
    "SELECT relname FROM pg_class WHERE reltuples >= 0 AND relnamespace = 'public'::regnamespace AND relkind = 'r'"
)


@pytest.fixture
def pair(sqlite_file, target):
    """A source of two tables, and a target with a third that is not moved."""
    connection = target("CREATE TABLE a (id int)", "CREATE TABLE b (id int)", "CREATE TABLE c (id int)")
    path = sqlite_file(
        "CREATE TABLE a (id)", "CREATE TABLE b (id)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)"
    )
    return path, connection


def moved(pair, **options):
    chosen = transfer.Options(ignore_tables=("c",), **options)
    return transfer.run(transfer.plan(*pair, options=chosen), pair[1])


@pytest.mark.parametrize("resumable", [False, True])
@pytest.mark.parametrize("worth", [0, 10**9])
def test_every_table_that_was_moved_is_analyzed(pair, rows, monkeypatch, worth, resumable):
    monkeypatch.setattr(analyze, "_WORTH", worth)
    moved(pair, resumable=resumable)
    assert sorted(rows(ANALYZED)) == [("a",), ("b",)]


def test_one_table_leaves_nothing_for_the_second_connection(pair, rows, monkeypatch):
    monkeypatch.setattr(analyze, "_WORTH", 0)
    moved(pair, tables=("a",))
    assert rows(ANALYZED) == [("a",)]


def test_a_second_connection_of_another_role_is_not_taken(connection):
    """ANALYZE passes over the tables of somebody else with a warning that nobody reads."""
    other = analyze._other(connection)
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE authenticated")
    assert analyze._other(connection) is None


def test_rows_stay_where_they_cannot_be_analyzed(pair, target, rows):
    target(
        """
        CREATE FUNCTION shy(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
        BEGIN
            IF current_query() LIKE 'ANALYZE%' THEN RAISE 'not now'; END IF;
            RETURN $1;
        END $$
        """,
        "CREATE INDEX ON a (shy(id))",
    )
    with pytest.raises(TransferError, match="every row is in the target, but ANALYZE was not finished: not now"):
        moved(pair)
    assert rows("SELECT id FROM a UNION ALL SELECT id FROM b") == [(1,), (1,)]
