"""`--scan`: every value that will not fit, counted, and nothing written."""

from gatepost import transfer
from gatepost.transfer import Misfit, Options


def test_every_value_that_will_not_fit_is_counted_by_column_and_reason(sqlite_file, target, rows):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at, password TEXT)",
        ("INSERT INTO t VALUES (?, ?, ?)", [(n, 1700000000.1234567 + n, "longer than ten") for n in range(1200)]),
        "INSERT INTO t VALUES (1200, 'soon', 'short')",
    )
    connection = target("CREATE TABLE t (id int PRIMARY KEY, at timestamptz, password varchar(10))")
    found = transfer.scan(transfer.plan(path, connection, options=Options(epoch="seconds")), connection)
    fine = found[0]
    assert (fine.column, fine.values, fine.key, fine.options) == ("at", fine.values, "id=0", ("--cast t.at=round",))
    assert fine.values > 1000
    assert found[1:] == (
        Misfit("t", "password", "has 15 characters, more than character varying(10) keeps", 1200, "id=0", "…", ()),
        Misfit("t", "at", "is not a moment (YYYY-MM-DD HH:MM:SS)", 1, "id=1200", "'soon'", ()),
    )
    assert rows("SELECT count(*) FROM t") == [(0,)]
    rounded = Options(epoch="seconds", round_times=True)
    assert {one.reason for one in transfer.scan(transfer.plan(path, connection, options=rounded), connection)} == {
        one.reason for one in found[1:]
    }


def test_rows_that_a_key_will_refuse_are_counted_too(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE team (code TEXT, land TEXT)",
        "INSERT INTO team VALUES ('a', 'x'), ('a', 'x'), ('b', 'x'), (NULL, 'x')",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, team TEXT, land TEXT, up INTEGER)",
        "INSERT INTO note VALUES (1, 'a', 'x', 1), (2, 'a', 'y', 9), (3, NULL, 'y', NULL), (4, 'c', 'x', 8)",
    )
    connection = target(
        "CREATE TABLE team (code text, land text, PRIMARY KEY (code, land))",
        "CREATE TABLE note (id int PRIMARY KEY, team text, land text, up int REFERENCES note,"
        " FOREIGN KEY (team, land) REFERENCES team)",
    )
    found = transfer.scan(transfer.plan(path, connection), connection)
    assert {(one.table, one.column, one.reason, one.values) for one in found} == {
        ("team", "code", "is NULL, and the column may not be", 1),
        ("team", "code, land", "is there already, and the key allows it once", 1),
        ("note", "team, land", 'has no row in "team"', 2),
        ("note", "up", 'has no row in "note"', 2),
    }


def test_rows_that_a_check_or_another_unique_key_will_refuse_are_counted_too(sqlite_file, target, rows):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT, low INTEGER, high INTEGER, small INTEGER)",
        "INSERT INTO t VALUES (1, 'a', 1, 2, 1), (2, 'a%', 3, 2, 1), (3, 'b', NULL, 1, 1), (4, 'a', 5, 4, 0)",
        "INSERT INTO t VALUES (5, 'c', 1, 2, 100), (6, 'd', 'x', 1, 1)",
    )
    connection = target(
        "CREATE DOMAIN small AS int CHECK (VALUE < 10)",
        "CREATE TABLE t (id int PRIMARY KEY, mail text UNIQUE CHECK (mail NOT LIKE '%\\%'), low int, high int,"
        " small small CHECK (10 / small > 0), CONSTRAINT ordered CHECK (low <= high))",
    )
    found = transfer.scan(transfer.plan(path, connection), connection)
    assert {(one.column, one.reason, one.values, one.key) for one in found} == {
        ("mail", 'violates the check "t_mail_check"', 1, "id=2"),
        ("low, high", 'violates the check "ordered"', 1, "id=2"),
        ("", "is refused by PostgreSQL: division by zero", 1, "id=4"),
        ("", 'is refused by PostgreSQL: value for domain small violates check constraint "small_check"', 1, "id=5"),
        ("low", "is not a whole number", 1, "id=6"),
        ("mail", "is there already, and the key allows it once", 1, ""),
    }
    assert rows("SELECT count(*) FROM t") == [(0,)]
