"""The fast way gives what the slow way gives, or gives up."""

import json
import random

import pytest

from gatepost.transfer.casts import documents
from gatepost.transfer.casts.registry import cast
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.whole_columns import FAST, NULL
from gatepost.transfer.values import Type

HOW = TimeOptions()
ODD = {
    "text": ["", "\\N", "\\", "a\tb", "a\nb", "a\r\nb", "a\0b", "\udcff", "🦝", b"x", 1, "\x01", "é" * 9],
    "int4": [0, -1, 2**31 - 1, 2**31, -(2**31) - 1, 3.0, 3.7, "3", ""],
    "bool": [0, 1, 2, 1.0, "t", True],
    "float8": [0.0, -0.0, 1.0, 0.1, 1e15, 999999999999999.9, 1e-5, -1e300, 5, "x", float("inf"), 123456789.0],
    "timestamptz": [
        "2025-01-09 22:38:08.041300", "2025-01-09 22:38:08", "2025-01-09T22:38:08", "2025-01-09 22:38:08.000000",
        "2025-01-09 22:38:00", "2025-02-30 00:00:00", "2025-01-09 22:38:08.5", "2025-01-09 22:38:08.041+05",
        "2025-W02-4T22:38:08", "2025-01-09x22:38:08", "2025-01-0922:38:08.0", "202-501-09 22:38:08", 5, "",
        "\u0662\u066025-01-09 22:38:08",
    ],
}  # fmt: skip
ODD["jsonb"] = [
    '{"b": 1, "a": [1.5, "\\u00e9", null]}', "null", "[]", " {} ", '{"a":1,"a":2}', "[NaN]", "-0", "[-0.0]", "1e3",
    "[1.0]",
    '"\\u0000"', '"\\ud800"', '["\udcff"]', "", "[1", "1 2", '{"b": {"aa": 1, "b": 2}, "a": "x"}', 42, 0.5, b"{}",
    '"\\\\u0000"', '{"\\u0061": 1, "b": 2}', "12345678901234567890.123456789", '"🦝\\/"',
]  # fmt: skip
ODD |= {"varchar": ODD["text"], "citext": ODD["text"], "timestamp": ODD["timestamptz"]}
ODD |= {"int2": ODD["int4"], "int8": ODD["int4"], "json": ODD["jsonb"]}


def slow(values, target):
    try:
        return [NULL if value is None else cast(value, target, HOW) for value in values]
    except Refused:
        return None


@pytest.mark.parametrize("family", sorted(FAST))
def test_the_fast_way_agrees(family):
    dice = random.Random(0)
    target = Type(family, family, limit=8 if family == "varchar" else None)
    taken = 0
    values = ODD[family]
    columns = [[value] for value in values] + [[None]]
    columns += [[dice.choice([*values, None]) for _ in range(dice.randint(1, 4))] for _ in range(2000)]
    for column in columns:
        found = FAST[family](column, target, HOW)
        if found is None:
            continue
        taken += 1
        expected = slow(column, target)
        if expected is None:
            # What only the whole batch can tell: a NUL character, or half of a surrogate pair.
            assert "\0" in "".join(found.printed) or "\udcff" in "".join(found.printed)
            continue
        assert list(found.printed) == expected
        assert found.nulls == column.count(None)
    assert taken > 20


@pytest.mark.parametrize("family", sorted(FAST))
def test_one_odd_value_among_thousands_is_not_lost(family):
    """Whatever else a column holds, a way that takes it prints the odd value as its rule does."""
    target = Type(family, family, limit=8 if family == "varchar" else None)
    usual = {
        **dict.fromkeys(("text", "varchar", "citext"), "plain"),
        **dict.fromkeys(("int2", "int4", "int8"), 7),
        **dict.fromkeys(("timestamp", "timestamptz"), "2025-01-09 22:38:08.041300"),
        **{"bool": 1, "float8": 0.25, "json": '{"b": 1, "a": 2}', "jsonb": '{"b": 1, "a": 2}'},
    }[family]
    for odd in ODD[family]:
        column = [usual] * 5_000
        column[3_333] = odd
        found = FAST[family](column, target, HOW)
        if found is None:
            continue  # value by value, then
        expected = slow(column, target)
        if expected is not None:
            assert list(found.printed) == expected
        else:
            # What only the whole batch can tell.
            assert "\0" in odd or "\udcff" in odd


def document(dice, depth=0):
    """Return a random document with every kind of value, its texts and keys of few letters so that they meet."""
    kind = dice.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return dice.choice([None, True, False])
    if kind == 1:
        return dice.choice([0, -1, 10**20, dice.randrange(10**6)])
    if kind == 2:
        return dice.choice([0.5, -2.25, 1e-7, 1e30, 100.0, dice.random()])
    if kind < 6:
        return "".join(
            dice.choice(["a", "é", "🦝", '"', "\\", "/", "\n", "\x01", "\x1f", "b"]) for _ in range(dice.randrange(5))
        )
    if kind == 6:
        return [document(dice, depth + 1) for _ in range(dice.randrange(4))]
    keys = [dice.choice(["", "a", "b", "aa", "é", "🦝", "zz", "ab"]) for _ in range(dice.randrange(5))]
    return {key: document(dice, depth + 1) for key in keys}


def test_documents_are_printed_as_the_slow_way_prints_them():
    dice = random.Random(3)
    for _ in range(5_000):
        separators = dice.choice([(",", ":"), (", ", ": "), (" ,", " :\n")])
        text = json.dumps(document(dice), ensure_ascii=dice.random() < 0.5, separators=separators)
        assert documents._jsonb(text) == documents._exactly(text)


def test_a_column_of_nulls():
    for family, fast in FAST.items():
        found = fast([None, None], Type(family, family), HOW)
        assert found is None or list(found.printed) == [NULL, NULL]


def test_zones_and_precisions_take_the_slow_way():
    moments = ["2025-01-09 22:38:08"]
    assert FAST["timestamptz"](moments, Type("timestamptz", ""), TimeOptions.of("Europe/Berlin", None)) is None
    assert FAST["timestamptz"](moments, Type("timestamptz", "", limit=0), HOW) is None
