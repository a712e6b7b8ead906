"""A batch written out is what PostgreSQL reads back, whatever signs its texts hold."""

import random
from dataclasses import replace
from io import BytesIO

import pytest

from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.compare.fingerprints import tally_target
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.encode.copy_text import Encoder, shortened
from gatepost.transfer.load.copy import copy_statement, whole
from gatepost.transfer.planning.make_plan import make_plan
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options

SIGNS = [
    "",
    "\\N",
    "\\",
    "\\\\N",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\x01",
    "\x02",
    "\x03",
    "\x1f",
    "a",
    "é",
    "🦝",
    "\\.",
    "'",
    None,
]


@pytest.fixture(params=["binary", "text"])
def pairs(sqlite_file, target, request):
    connection = target("CREATE TABLE pair (a text, b text, c bytea)")
    with Source(sqlite_file("CREATE TABLE pair (a TEXT, b TEXT, c BLOB)")) as source:
        plan = make_plan(source, connection, Options()).tables[0]
    if request.param == "binary" and not plan.binary:
        pytest.skip("gatepost was installed without a compiler")
    return replace(plan, binary=request.param == "binary"), connection


def written(pairs, rows):
    plan, connection = pairs
    encoded = encoder_of(plan, TimeOptions()).encode([(*row, 1) for row in rows])
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pair")
        cursor.copy_expert(copy_statement(plan), BytesIO(b"".join(whole(plan, [encoded.data]))))
        cursor.execute("SELECT a, b, c FROM pair ORDER BY ctid")
        back = [(a, b, None if c is None else bytes(c)) for a, b, c in cursor.fetchall()]
    found = tally_target(connection, plan)
    assert (found.rows, found.fingerprint, found.nulls) == (encoded.rows, encoded.fingerprint, encoded.nulls)
    return back, encoded.rejects


def test_every_sign_comes_back(pairs):
    rows = [(sign, "x", b"\x00\\\n") for sign in SIGNS]
    assert written(pairs, rows) == (rows, ())
    for row in rows:
        assert written(pairs, [row]) == ([row], ())


def test_signs_in_every_order_come_back(pairs):
    dice = random.Random(1)

    def text():
        return None if dice.random() < 0.1 else "".join(dice.choice(SIGNS[:-1]) for _ in range(dice.randint(0, 4)))

    for _ in range(40):
        rows = [(text(), text(), dice.choice([None, b"", b"\xff"])) for _ in range(dice.randint(1, 30))]
        assert written(pairs, rows) == (rows, ())


def test_a_bad_text_does_not_take_its_batch_along(pairs):
    rows = [("fine", None, None), ("a\0b", "x", None), ("\udcff", "y", None), ("\x01", "\\N", b"")]
    back, rejects = written(pairs, rows)
    assert back == [rows[0], rows[3]]
    assert [(problems[0].column, row[0]) for problems, row in rejects] == [("a", "a\0b"), ("a", "\udcff")]


def test_whole_columns_and_single_values_give_the_same_bytes(sqlite_file, target):
    """Random values of every usual kind, clean and dirty: the fast ways change nothing but the time."""
    types = "i int, b bool, f float8, t text, v varchar(5), m timestamptz, j jsonb, n numeric, d date"
    connection = target(f"CREATE TABLE pair ({types})")
    dice = random.Random(2)
    usual = (
        lambda: dice.randrange(-(2**31), 2**31),
        lambda: dice.randrange(2),
        lambda: dice.choice([dice.random(), dice.random() * 1e9, float(dice.randrange(100)), -0.0]),
        lambda: "".join(dice.choice(["a", "é", "🦝", "\t", "\n", "\\", "\r", "\\N"]) for _ in range(dice.randrange(9))),
        lambda: "".join(dice.choice("abé") for _ in range(dice.randrange(6))),
        lambda: (
            f"2025-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02} 10:20:30"
            + dice.choice(["", f".{dice.randrange(10**6):06}", ".000000", ".120000"])
        ),
        lambda: dice.choice(["null", '{"b": 1.50, "aa": [1, "x"], "a": "é"}', '["\\u00e9"]', "-0", "1e2", '{"x": 2}']),
        lambda: dice.choice([dice.randrange(9), "1.50", 2.5]),
        lambda: "2025-01-09",
    )
    odd = [
        None,
        3.7,
        "x" * 9,
        b"blob",
        2**40,
        "",
        "a\0b",
        "\udcff",
        "2025-02-30 00:00:00",
        "\x01",
        '{"a":1,"a":2}',
        1e16,
    ]
    with Source(sqlite_file("CREATE TABLE pair (i, b, f, t, v, m, j, n, d)")) as source:
        plan = make_plan(source, connection, Options()).tables[0]
    fast, slow = Encoder(plan, TimeOptions()), Encoder(plan, TimeOptions())
    slow._fast = slow._strict = [None] * len(plan.columns)
    for share in (0, 0.002, 0.05, 0.5):
        for _ in range(40):
            rows = [
                (*((dice.choice(odd) if dice.random() < share else value()) for value in usual), number)
                for number in range(dice.randint(1, 200))
            ]
            assert fast.encode(rows) == slow.encode(rows)


def test_values_are_shortened():
    assert shortened("x" * 200) == "'" + "x" * 78 + "…"
    assert shortened(b"\xff" * 200) == "b'" + r"\xff" * 19 + r"\…"
    assert shortened(None) == "NULL"
