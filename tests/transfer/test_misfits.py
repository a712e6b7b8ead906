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
