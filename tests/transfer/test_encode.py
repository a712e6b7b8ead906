"""A batch written out is what PostgreSQL reads back, whatever signs its texts hold."""

import random
from io import BytesIO

import pytest

from gatepost.transfer.casts.how import How
from gatepost.transfer.check import tally_target
from gatepost.transfer.encode import Encoder, shortened
from gatepost.transfer.load import copy_statement
from gatepost.transfer.planning import make_plan
from gatepost.transfer.source import Source
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


@pytest.fixture
def pairs(sqlite_file, target):
    connection = target("CREATE TABLE pair (a text, b text, c bytea)")
    source = Source(sqlite_file("CREATE TABLE pair (a TEXT, b TEXT, c BLOB)"))
    yield make_plan(source, connection, Options()).tables[0], connection
    source.close()


def written(pairs, rows):
    plan, connection = pairs
    encoded = Encoder(plan, How()).encode([(*row, 1) for row in rows])
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pair")
        cursor.copy_expert(copy_statement(plan), BytesIO(encoded.data))
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


def test_values_are_shortened():
    assert shortened("x" * 200) == "'" + "x" * 78 + "…"
    assert shortened(b"\xff" * 200) == "b'" + r"\xff" * 19 + r"\…"
    assert shortened(None) == "NULL"
