"""The table of casts: for each kind of value in SQLite and type in PostgreSQL, the function that casts it.

A pair that is not in the table is refused. A cast returns the text that PostgreSQL itself prints for the
value (with `TimeZone` UTC and the other settings of `settings.py`), so that both sides can be compared without
reading anything back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatepost.transfer.casts import documents, numbers, text, times
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type

Cast = Callable[[Any, Type, TimeOptions], str]

_INTEGERS = ("int2", "int4", "int8")
_FLOATS = ("float4", "float8")
_TEXTS = ("text", "varchar", "bpchar", "citext")
MOMENTS = ("timestamp", "timestamptz")
"""The types whose numbers can count from 1970 on."""

_DOCUMENTS = ("json", "jsonb")


def _each(families: tuple[str, ...], rules: dict[type, Cast]) -> dict[tuple[type, str], Cast]:
    return {(kind, family): rule for family in families for kind, rule in rules.items()}


def cast(value: Any, target: Type, how: TimeOptions) -> str:  # noqa: ANN401 - SQLite keeps any value in any column
    """Return the text of a value in the target's type.

    Raises:
        Refused: there is no exact counterpart.
    """
    rule = RULES.get((type(value), target.family))
    if rule is None and how.server is not None and target.family not in FAMILIES:
        return how.server.stored(value, target, exact=not how.as_stored)
    if rule is None:
        raise Refused(f"is {_KINDS[type(value)]}, which {target.printed} cannot hold exactly")
    return rule(value, target, how)


_KINDS: dict[type, str] = {int: "an integer", float: "a float", str: "text", bytes: "a BLOB"}

RULES: dict[tuple[type, str], Cast] = {
    **_each(("bool",), {int: numbers.bool_from_number, float: numbers.bool_from_number, str: numbers.bool_from_text}),
    **_each(
        _INTEGERS,
        {int: numbers.integer_from_integer, float: numbers.integer_from_float, str: numbers.integer_from_text},
    ),
    **_each(_FLOATS, {int: numbers.float_from_integer, float: numbers.float_from_float, str: numbers.float_from_text}),
    **_each(
        ("numeric",),
        {int: numbers.numeric_from_integer, float: numbers.numeric_from_float, str: numbers.numeric_from_text},
    ),
    **_each(_TEXTS, {int: text.text_from_number, float: text.text_from_number, str: text.text_from_text}),
    **_each(
        _DOCUMENTS,
        {
            int: documents.json_from_integer,
            float: documents.json_from_float,
            str: documents.json_from_text,
            bytes: documents.json_from_bytes,
        },
    ),
    **_each(MOMENTS, {int: times.moment_from_number, float: times.moment_from_number, str: times.moment_from_text}),
    (str, "date"): times.date_from_text,
    (str, "time"): times.time_from_text,
    **_each(("interval",), {int: times.interval_from_number, float: times.interval_from_number}),
    (str, "interval"): times.interval_from_text,
    (str, "uuid"): text.uuid_from_text,
    (bytes, "uuid"): text.uuid_from_bytes,
    (bytes, "bytea"): text.bytea_from_bytes,
    (str, "enum"): text.enum_from_text,
    (str, "array"): text.array_rule(cast),
}
"""Every exact cast."""

FAMILIES = frozenset(family for _, family in RULES)
"""The types of PostgreSQL that have a cast of ours; every other is read by the server."""
