"""The fast way gives what the slow way gives, or gives up."""

import random

import pytest

from gatepost.transfer.casts.columns import FAST, NULL
from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.table import cast
from gatepost.transfer.values import Type

HOW = How()
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
ODD |= {"varchar": ODD["text"], "citext": ODD["text"], "timestamp": ODD["timestamptz"]}
ODD |= {"int2": ODD["int4"], "int8": ODD["int4"]}


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


def test_a_column_of_nulls():
    for family, fast in FAST.items():
        found = fast([None, None], Type(family, family), HOW)
        assert found is None or list(found.printed) == [NULL, NULL]


def test_zones_and_precisions_take_the_slow_way():
    moments = ["2025-01-09 22:38:08"]
    assert FAST["timestamptz"](moments, Type("timestamptz", ""), How.of("Europe/Berlin", None)) is None
    assert FAST["timestamptz"](moments, Type("timestamptz", "", limit=0), HOW) is None
