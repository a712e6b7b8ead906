"""Rows in COPY's binary format are the rows that the casts print, and both sides find one fingerprint for them."""

import json
import random
import struct
from dataclasses import replace
from io import BytesIO

import pytest

from gatepost.transfer.api import plan as plan_of
from gatepost.transfer.api import run
from gatepost.transfer.casts.registry import cast
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.whole_columns import NULL
from gatepost.transfer.compare import server_hash
from gatepost.transfer.compare.fingerprints import tally_target
from gatepost.transfer.encode import copy_binary
from gatepost.transfer.encode.binary_values import to_binary
from gatepost.transfer.encode.copy_binary import encoder_of
from gatepost.transfer.load.copy import copy_statement, whole
from gatepost.transfer.planning import make_plan as planning
from gatepost.transfer.planning.make_plan import make_plan
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.values import Options, Type

rows_module = pytest.importorskip(
    "gatepost.transfer.encode._rows", reason="gatepost was installed without a compiler for C"
)

SAMPLES = (
    "-2",
    "2147483647",
    "-9000000000000000000",
    "t",
    "0.1",
    "2026-02-28",
    "23:59:59.5",
    "1999-12-31 23:59:59.999999",
    "2026-02-28 12:00:00.25+00",
    "6f1c0c1e-0f0a-4b1c-9d2e-3a4b5c6d7e8f",
    "twelve bytes",
    "gold" * 200,
    NULL,
    '{"a": 1}',
    "12.50",
)
"""What PostgreSQL prints of the values of `expression._SAMPLES`."""


def encoded(values, kind):
    return rows_module.encode([list(values)], kind, [-1], len(values))


def sent(value, kind):
    """Return the bytes of one value, or None where it is left to the casts."""
    found = encoded([value], kind)
    if isinstance(found, int):
        return None
    (length,) = struct.unpack(">i", found[0][2:6])
    assert len(found[0]) == 6 + length
    return found[0][6:]


def test_the_fingerprint_of_the_server_is_the_one_of_this_side():
    families = [family for _, family in server_hash._SAMPLES]
    kinds, columns = zip(*(to_binary([t], Type(f, f)) for t, f in zip(SAMPLES, families, strict=True)), strict=True)
    _, fingerprint, nulls = rows_module.encode(columns, b"".join(kinds), [-1] * len(kinds), 1)
    assert fingerprint == server_hash.AGREED
    assert sum(nulls) == 1


def test_the_server_agrees(connection):
    assert server_hash.agrees(connection)


def test_every_type_that_has_a_binary_form_can_be_encoded():
    for family in server_hash.FAMILIES:
        to_binary([NULL], Type(family, family))
    assert copy_binary._KINDS.keys() <= server_hash.FAMILIES


def document(dice, depth=0):
    """Return a random document as text, often in a form that PostgreSQL would print otherwise."""
    blank = dice.choice(["", "", " ", "\n", " \t"])
    kind = dice.randrange(8 if depth < 3 else 5)
    if kind == 0:
        text = dice.choice(
            ["0", "-0", "1.50", "-12.0", "1e3", "01", "-", "12345678901234567890.5", "0.0", "-0.0", "7."]
        )
    elif kind == 1:
        text = dice.choice(["true", "false", "null", "NaN", "nul", "Infinity", ""])
    elif kind < 5:
        text = string(dice)
    elif kind == 5:
        text = "[" + ("," + blank).join(document(dice, depth + 1) for _ in range(dice.randrange(4))) + blank + "]"
    else:
        keys = [string(dice) for _ in range(dice.randrange(5))]
        text = "{" + ("," + blank).join(f"{key}{blank}:{document(dice, depth + 1)}" for key in keys) + blank + "}"
    return blank + text + blank


def string(dice):
    parts = [
        "a",
        "b",
        "gold",
        "é",
        "🦝",
        "\\n",
        '\\"',
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\ud83e\\udd9d",
        "\\ud83e",
        "\\u0000",
    ]
    parts += ["\\u0007", "\\u001f", "\\u0022", "\\x", "\x01", "", "", ":", ",", "\x7f", "\\u20AC", "\\u0062"]
    return '"' + "".join(dice.choice(parts) for _ in range(dice.choice([0, 1, 1, 1, 2, 3]))) + '"'


def test_a_document_is_printed_as_the_casts_print_it_or_left_to_them():
    """The casts are held against PostgreSQL by tests of their own."""
    dice = random.Random(1)
    taken = 0
    for _ in range(20_000):
        text = document(dice)
        try:
            expected = cast(text, Type("jsonb", "jsonb"), TimeOptions())
        except Refused:
            expected = None
        found = sent(text, b"j")
        if found is not None:
            taken += 1
            assert expected is not None, text
            assert found == b"\x01" + expected.encode(), text
    assert taken > 5_000


def test_a_document_that_is_cut_or_changed_anywhere_is_never_taken_for_another():
    text = json.dumps({"b": [1, 2.5, {"aa": None, "é": "🦝\n"}], "a": True, "ab": "\\"})
    dice = random.Random(2)
    for _ in range(20_000):
        place = dice.randrange(len(text))
        changed = text[:place] + dice.choice(["", "x", '"', "\\", "{", "}", ",", ":", "\0", "0"]) + text[place + 1 :]
        try:
            expected = b"\x01" + cast(changed, Type("jsonb", "jsonb"), TimeOptions()).encode()
        except Refused:
            expected = None
        assert sent(changed, b"j") in (None, expected), changed


def test_what_is_larger_than_it_expects_is_left_to_the_casts():
    assert sent("[" * 32 + "]" * 32, b"j") is not None
    assert sent("[" * 33 + "]" * 33, b"j") is None
    assert sent(json.dumps({f"k{number:02}": 1 for number in range(32)}), b"j") is not None
    assert sent(json.dumps({f"k{number:02}": 1 for number in range(33)}), b"j") is None
    assert sent("9" * 300, b"j") is not None
    assert sent("9" * 301, b"j") is None


@pytest.mark.parametrize("family", ["timestamptz", "timestamp", "date"])
def test_a_moment_counts_what_the_casts_print_or_is_left_to_them(family):
    dice = random.Random(3)
    parts = (
        ["2025", "2024", "1900", "2000", "0001", "0000", "9999", "25", "20x5"],
        ["-", "/"],
        ["01", "02", "12", "13", "00", "2"],
        ["-"],
        ["01", "28", "29", "30", "31", "32", "00"],
        ["", " ", "T", "t", "  "],
        ["", "00", "23", "24", "12"],
        ["", ":"],
        ["", "00", "59", "60"],
        ["", ":"],
        ["", "00", "59", "60"],
        ["", ".5", ".123456", ".1234567", ".", ".000000", ".12a"],
        ["", "Z", "z", "+00:00", "+01:00", "-00:00", " ", "+00", "x"],
    )
    taken = 0
    for number in range(60_000):
        # Most are whole, with something odd in one place or two.
        usual = ("2025", "-", "02", "-", "28", " ", "12", ":", "30", ":", "59", ".123456", "")
        odd = {dice.randrange(len(parts)) for _ in range(number % 4)}
        text = "".join(dice.choice(part) if place in odd else usual[place] for place, part in enumerate(parts))
        text = text[: dice.choice([10, 19, 40])]
        found = sent(text, b"y" if family == "date" else b"m")
        if found is not None:
            taken += 1
            kind, values = to_binary([cast(text, Type(family, family), TimeOptions())], Type(family, family))
            assert found == sent(values[0], kind), text
    assert taken > 5_000


def test_numbers_are_taken_up_to_the_limits_of_their_types():
    for kind, bits in ((b"h", 16), (b"i", 32), (b"q", 64)):
        for number in (2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 0, -1):
            assert int.from_bytes(sent(number, kind), "big", signed=True) == number
        for number in (2 ** (bits - 1), -(2 ** (bits - 1)) - 1, 2**70):
            assert sent(number, kind) is None
        for other in (1.0, "1", b"1", True):
            assert sent(other, kind) is None
    assert [sent(number, b"b") for number in (0, 1, 2, -1)] == [b"\0", b"\1", None, None]
    assert sent(1, b"d") is None
    assert sent(float("inf"), b"d") == struct.pack(">d", float("inf"))


def test_texts_are_taken_that_postgresql_can_store():
    assert sent("é🦝", b"t") == "é🦝".encode()
    for other in ("a\0b", "\udcff", b"a", 1):
        assert sent(other, b"t") is None
    assert not isinstance(rows_module.encode([["ééé"]], b"t", [3], 1), int)
    assert rows_module.encode([["éééé"]], b"t", [3], 1) == 0
    uuid = "6F1c0c1e-0f0a-4b1c-9d2e-3a4b5c6d7e8f"
    assert sent(uuid, b"u") == bytes.fromhex(uuid.replace("-", ""))
    for place in range(len(uuid)):
        assert sent(uuid[:place] + "x" + uuid[place + 1 :], b"u") is None
        assert sent(uuid[:place] + uuid[place + 1 :], b"u") is None


def test_a_null_is_left_to_the_casts_where_there_may_be_none():
    assert encoded([None], b"i")[2] == (1,)
    assert encoded([1, None], b"I") == 0


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="as many values"):
        rows_module.encode([[1], [1, 2]], b"ii", [-1, -1], 1)
    with pytest.raises(ValueError, match="as many values"):
        rows_module.encode([iter([1])], b"i", [-1], 1)


TYPES = {
    "h": "int2",
    "i": "int4",
    "q": "int8",
    "b": "bool",
    "f": "float8",
    "t": "text",
    "v": "varchar(5)",
    "m": "timestamptz",
    "w": "timestamp",
    "p": "timestamptz(3)",
    "d": "date",
    "o": "time",
    "u": "uuid",
    "j": "jsonb",
    "k": "json",
    "n": "numeric",
    "s": "numeric(8,2)",
    "e": "mood",
    "y": "bytea",
}

USUAL = {
    "h": (0, -(2**15), 7),
    "i": (2**31 - 1, 0, -5),
    "q": (-(2**63), 2**63 - 1, 12),
    "b": (0, 1, "true"),
    "f": (0.1, -0.0, 1e300, 2.0, 3, "1e-7", "nan"),
    "t": ("", "x" * 40, "é🦝\t\\N", "\x01", 7),
    "v": ("ééé", "abc", ""),
    "m": ("2025-01-09 10:20:30.5", "2025-01-09T10:20:30Z", "2025-01-09 10:20:30+02:00", "infinity"),
    "w": ("2025-01-09 10:20:30.123456", "0001-01-01 00:00:00", "-infinity"),
    "p": ("2025-01-09 10:20:30.125", "2025-01-09 10:20:30"),
    "d": ("2024-02-29", "2025-01-09 00:00:00", "infinity"),
    "o": ("10:20:30.5", "24:00:00", "00:00"),
    "u": ("6f1c0c1e-0f0a-4b1c-9d2e-3a4b5c6d7e8f", "6F1C0C1E0F0A4B1C9D2E3A4B5C6D7E8F", bytes(16)),
    "j": ('{"b": 1.50, "a": [true, "é"]}', "1e2", '"\\u00e9"', 42, 1.5),
    "k": ('{"a": 1,  "a": 2}', "[ ]"),
    "n": (0, "-0.0001", "12345678901234567890.123450", 2.5, "1E+30", "NaN", "-Infinity", "10000", "0.00"),
    "s": ("123456.78", 5, "0.10"),
    "e": ("glad", "so so"),
    "y": (b"", b"\x00\xff\\"),
}

ODD = (None, 3.7, "x" * 9, b"blob", 2**40, "", "a\0b", "\udcff", "2025-02-30 00:00:00", '{"a":1,"a":2}', 1e16, "-0")


def test_both_forms_bring_the_same_rows(sqlite_file, target):
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    connection = target("CREATE TYPE mood AS ENUM ('glad', 'so so')", f"CREATE TABLE pair ({columns})")
    with Source(sqlite_file(f"CREATE TABLE pair ({', '.join(TYPES)})")) as source:
        (plan,) = make_plan(source, connection, Options()).tables
    assert plan.binary
    dice = random.Random(4)
    for share in (0, 0, 0.002, 0.02):
        for _ in range(12):
            batch = [
                (*(dice.choice(ODD if dice.random() < share else (*values, None)) for values in USUAL.values()), number)
                for number in range(dice.randint(1, 120))
            ]
            there, here = (loaded(connection, replace(plan, binary=binary), batch) for binary in (True, False))
            assert there == here


def loaded(connection, plan, batch):
    """Load a batch, hold it against its tally, and return what is there with what was refused."""
    found = encoder_of(plan, TimeOptions()).encode(batch)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pair")
        if found.rows:
            cursor.copy_expert(copy_statement(plan), BytesIO(b"".join(whole(plan, [found.data]))))
        tally = tally_target(connection, plan)
        assert (tally.rows, tally.fingerprint, tally.nulls) == (found.rows, found.fingerprint, found.nulls)
        cursor.execute("SELECT pair::text FROM pair ORDER BY ctid")
        return cursor.fetchall(), found.rejects


@pytest.mark.parametrize(
    "lack", [("AVAILABLE", False), ("agrees", lambda _connection: False)], ids=["no compiler", "another hash"]
)
def test_rows_go_as_text_where_they_cannot_go_in_binary(sqlite_file, target, rows, monkeypatch, lack):
    monkeypatch.setattr(planning, *lack)
    connection = target("CREATE TABLE pair (a int, b text)")
    path = sqlite_file(
        "CREATE TABLE pair (a INTEGER, b TEXT)", ("INSERT INTO pair VALUES (?, ?)", [(1, "x"), (2, None)])
    )
    planned = plan_of(path, connection)
    assert not planned.tables[0].binary
    assert run(planned, connection).rows == 2
    assert rows("SELECT * FROM pair ORDER BY a") == [(1, "x"), (2, None)]
