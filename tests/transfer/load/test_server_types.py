"""Types that have no cast of ours: PostgreSQL reads the values, and what it prints is compared with them."""

import pytest

from gatepost import transfer
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.casts.same_value import same_value

SAME = [
    ("inet", "192.168.0.1", "192.168.0.1"),
    ("inet", "2001:DB8:0::1/64", "2001:db8::1/64"),
    ("cidr", "10.1.0.0/16", "10.1.0.0/16"),
    ("macaddr", "08-00-2B-01-02-03", "08:00:2b:01:02:03"),
    ("int4range", "[1, 5)", "[1,5)"),
    ("numrange", "(1.50,)", "(1.50,)"),
    ("tsrange", "[2020-01-01 00:00:00, 2020-02-01 00:00:00)", '["2020-01-01 00:00:00","2020-02-01 00:00:00")'),
    ("bit(3)", "101", "101"),
    ("bit varying", "10101", "10101"),
    ("money", "1000.5", "$1,000.50"),
    ("money", 12.25, "$12.25"),
    ("point", "( 1.0 , 2 )", "(1,2)"),
    ("tsvector", "'a' 'b'", "'a' 'b'"),
    ("inet[]", '["10.0.0.1", null]', "{10.0.0.1,NULL}"),
    ("timetz", "12:00:00+02", "12:00:00+02"),
    ("interval day to second", "1 day", "1 day"),
    ("jsonpath", '$."a"', '$."a"'),
    ("pg_lsn", "16/B374D848", "16/B374D848"),
]
OTHER = [
    ("inet", "not an address", "is refused by PostgreSQL: invalid input syntax for type inet"),
    ("inet", b"\x01", "is a BLOB, which inet cannot hold exactly"),
    ("inet", "a\0b", "holds a NUL character"),
    ("bit(3)", "10101", "would be stored as '101'"),
    ("money", "1.005", "would be stored as '$1.01'"),
    ("int4range", "[1,5]", "would be stored as '[1,6)'"),
    ("tsvector", "The Fat", "would be stored as"),
    ("name", "x" * 70, "would be stored as"),
]


def table(cases):
    return ", ".join(f"c{number} {kind}" for number, (kind, *_) in enumerate(cases))


@pytest.fixture
def sides(sqlite_file, target):
    def make(cases, *more):
        columns = ", ".join(f"c{number}" for number in range(len(cases)))
        path = sqlite_file(
            f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})",
            (f"INSERT INTO t VALUES (1, {', '.join('?' * len(cases))})", [[value for _, value, _ in cases]]),
            "INSERT INTO t (id) VALUES (2)",
        )
        return path, target(*more, f"CREATE TABLE t (id int PRIMARY KEY, {table(cases)})")

    return make


def test_every_value_that_is_the_same_arrives(sides, rows):
    path, connection = sides(SAME)
    planned = transfer.plan(path, connection)
    assert transfer.run(planned, connection).rows == 2
    assert transfer.check(path, connection).mismatches == ()
    (found,) = rows(f"SELECT {', '.join(f'concat(c{n})' for n in range(len(SAME)))} FROM t WHERE id = 1")
    assert list(found) == [printed for *_, printed in SAME]


def test_every_other_value_is_refused_and_taken_as_stored_where_that_is_allowed(sides, rows):
    path, connection = sides(OTHER)
    with pytest.raises(RowsRefused) as caught:
        transfer.run(transfer.plan(path, connection), connection)
    found = {reject.column: reject for reject in caught.value.rejects}
    assert [reason in found[f"c{number}"].reason for number, (_, _, reason) in enumerate(OTHER)] == [True] * len(OTHER)
    stored = [number for number, (_, _, reason) in enumerate(OTHER) if "stored" in reason]
    assert [number for number in range(len(OTHER)) if found[f"c{number}"].ways] == stored
    assert rows("SELECT count(*) FROM t") == [(0,)]
    ways = tuple((f"t.c{number}", "as-stored") for number in stored)
    left = tuple(f"t.c{number}" for number in range(len(OTHER)) if number not in stored)
    result = transfer.run(transfer.plan(path, connection, options=Options(casts=ways, ignore_columns=left)), connection)
    assert [values for _, _, values in result.tables[0].changed] == [1] * len(stored)


def test_beside_processes_that_cast(sides, rows):
    path, connection = sides(SAME[:2])
    assert transfer.run(transfer.plan(path, connection, options=Options(parallel=2)), connection).rows == 2


@pytest.mark.parametrize(
    ("family", "text", "printed", "same"),
    [
        ("hstore", '"a b" => "1"', '"a b"=>"1"', True),
        ("hstore", '"a b"=>"1"', '"ab"=>"1"', False),
        ("vector", "[1.0, 2.50]", "[1,2.5]", True),
        ("vector", "[0.123456789]", "[0.12345679]", False),
        ("inet", "10.10.0.0", "10.1.0.0", False),
        ("ltree", "a.b", "a.b", True),
        ("ltree", "A.b", "a.b", False),
        ("money", "12,50 €", "12.50", False),
        ("numrange", "[1.0,2]", "[1,2]", True),
    ],
)
def test_what_counts_as_the_same(family, text, printed, same):
    assert same_value(text, printed, family) is same
