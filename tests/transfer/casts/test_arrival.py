"""Every case of the table of casts once more, the whole way: a SQLite file, COPY, the comparison, and back."""

import math

import pytest

from gatepost import transfer
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.casts.time_options import TimeOptions

from .test_registry import BERLIN, DOCUMENTS, HOW, MILLISECONDS, NUMBERS, REFUSED, SECONDS, TIMES, UTC, WORDS

ASKED = {
    UTC: Options(),
    BERLIN: Options(timezone="Europe/Berlin"),
    SECONDS: Options(epoch="seconds"),
    MILLISECONDS: Options(epoch="milliseconds"),
    TimeOptions(BERLIN.zone, "seconds"): Options(timezone="Europe/Berlin", epoch="seconds"),
}
EXACT = [(value, kind, UTC, after) for value, kind, after in NUMBERS + WORDS + DOCUMENTS + TIMES] + HOW


def kept(value):
    """Whether SQLite keeps a value as it is: text of surrogates has its own test, and a negative zero becomes 0."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)
    return value != 0 or math.copysign(1, value) > 0


def sides(sqlite_file, target, cases):
    """Make a table of one row with a column a case on both sides."""
    names = [f"c{number}" for number in range(len(cases))]
    path = sqlite_file(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(names)})",
        (f"INSERT INTO t VALUES (1, {', '.join('?' * len(cases))})", [[value for value, *_ in cases]]),
    )
    columns = ", ".join(f"{name} {kind}" for name, (_, kind, _, _) in zip(names, cases, strict=True))
    return path, target(f"CREATE TABLE t (id int PRIMARY KEY, {columns})"), names


@pytest.mark.parametrize("how", list(ASKED))
def test_every_exact_value_arrives(types, sqlite_file, target, rows, how):
    cases = [case for case in EXACT if case[2] == how and kept(case[0])]
    path, connection, names = sides(sqlite_file, target, cases)
    transfer.run(transfer.plan(path, connection, options=ASKED[how]), connection)
    target("SET timezone = 'UTC'")
    (arrived,) = rows(f"SELECT {', '.join(f'concat({name})' for name in names)} FROM t")
    wrong = [
        (value, kind, after, text)
        for (value, kind, _, after), text in zip(cases, arrived, strict=True)
        if text != after
    ]
    assert wrong == []


@pytest.mark.parametrize("how", sorted({how for _, _, how, _ in REFUSED}, key=str))
def test_every_other_value_is_refused_and_nothing_arrives(types, sqlite_file, target, rows, how):
    cases = [case for case in REFUSED if case[2] == how and kept(case[0])]
    path, connection, names = sides(sqlite_file, target, cases)
    spans = tuple((f"t.{name}", how.span) for name in names) if how.span else ()
    options = ASKED.get(how, Options(epoch=None if spans else how.epoch, casts=spans))
    with pytest.raises(RowsRefused) as caught:
        transfer.run(transfer.plan(path, connection, options=options), connection)
    said = {reject.column: reject.reason for reject in caught.value.rejects}
    wrong = [
        (value, kind, reason, said.get(name))
        for name, (value, kind, _, reason) in zip(names, cases, strict=True)
        if reason not in said.get(name, "").replace("public.", "")
    ]
    assert wrong == []
    assert rows("SELECT count(*) FROM t") == [(0,)]


def test_text_that_is_not_text_is_refused(sqlite_file, target, rows):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "INSERT INTO t VALUES (1, CAST(x'ff41' AS TEXT)), (2, CAST(x'eda080' AS TEXT)), (3, 'a' || char(0)), (4, NULL)",
    )
    connection = target("CREATE TABLE t (id int PRIMARY KEY, x text NOT NULL)")
    with pytest.raises(RowsRefused) as caught:
        transfer.run(transfer.plan(path, connection), connection)
    assert [(reject.key, reject.reason) for reject in caught.value.rejects] == [
        ("id=1", "is not valid UTF-8"),
        ("id=2", "is not valid UTF-8"),
        ("id=3", "holds a NUL character, which PostgreSQL cannot store"),
        ("id=4", "is NULL, and the column may not be"),
    ]


def test_columns_that_fill_themselves(sqlite_file, target, rows):
    """A generated column is left to PostgreSQL, an identity that is ALWAYS keeps the numbers of the source."""
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, big TEXT GENERATED ALWAYS AS (upper(word)) STORED, Mail)",
        "INSERT INTO t (id, word, Mail) VALUES (5, 'abc', 'One@Example.org')",
    )
    connection = target(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word varchar(3) CHECK (word <> 'no'), "
        "big text GENERATED ALWAYS AS (upper(word)) STORED, mail text NOT NULL)"
    )
    transfer.run(transfer.plan(path, connection), connection)
    target("INSERT INTO t (word, mail) VALUES ('two', 'x')")
    assert rows("SELECT id, word, big, mail FROM t ORDER BY id") == [
        (5, "abc", "ABC", "One@Example.org"),
        (6, "two", "TWO", "x"),
    ]


def test_what_only_the_target_knows_is_refused_with_its_words(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, few, mail)",
        "INSERT INTO t VALUES (1, 50, 'a@x'), (2, 3, 'A@X'), (3, NULL, 'b@x')",
    )
    connection = target(
        "CREATE DOMAIN few AS int CHECK (VALUE < 10)",
        "CREATE DOMAIN told AS few NOT NULL",
        "CREATE TABLE t (id int PRIMARY KEY, few told, mail text)",
        "CREATE UNIQUE INDEX once ON t (lower(mail))",
    )
    with pytest.raises(RowsRefused) as caught:
        transfer.run(transfer.plan(path, connection), connection)
    assert [(reject.key, reject.reason.partition(" (")[0]) for reject in caught.value.rejects] == [
        ("id=1", 'is refused by PostgreSQL: value for domain told violates check constraint "few_check"'),
        ("id=3", "is refused by PostgreSQL: domain told does not allow null values"),
    ]
