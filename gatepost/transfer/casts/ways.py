"""What a person may allow for a column, value by value: try the exact cast first, and count every other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatepost.transfer.casts.registry import FAMILIES, MOMENTS, cast
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.times import may_be_julian_day
from gatepost.transfer.mapping.values import UNITS, WAYS, Way
from gatepost.transfer.values import Type

_BEFORE: tuple[Way, ...] = ("utf8", "empty-as-null")
"""The ways that make another value of one in the source, before it is cast."""


def prepared(value: Any, ways: tuple[Way, ...]) -> tuple[Any, Way | None]:  # noqa: ANN401 - SQLite keeps any value
    """Return a value as it is cast, and the way that changed it before, if any did."""
    used: Way | None = None
    if type(value) is bytes and "utf8" in ways:
        try:
            value, used = value.decode(), "utf8"
        except UnicodeDecodeError:
            return value, None
    if value == "" and "empty-as-null" in ways:
        return None, "empty-as-null"
    return value, used


def prepares(ways: tuple[Way, ...]) -> bool:
    """Return whether values of a column may be changed before they are cast."""
    return any(way in ways for way in _BEFORE)


def cast_allowed(value: Any, target: Type, how: TimeOptions, ways: tuple[Way, ...]) -> tuple[str, Way | None]:  # noqa: ANN401 - as above
    """Return the text of a value in the target's type, and the way that was needed for it, if any.

    Raises:
        Refused: there is no exact counterpart, and none that was allowed.
    """
    exact = how.counting(ways)
    try:
        return cast(value, target, exact), None
    except Refused:
        if "round" in ways and target.family in FAMILIES:
            return cast(value, target, replace(exact, rounding=True)), "round"
        if "as-stored" in ways and target.family not in FAMILIES:
            return cast(value, target, replace(exact, as_stored=True)), "as-stored"
        raise


def suggestions(value: Any, target: Type, how: TimeOptions, ways: tuple[Way, ...]) -> tuple[Way, ...]:  # noqa: ANN401 - as above
    """Return the ways that would accept a value which was refused, each beside those that are allowed."""
    counted = how.epoch is not None or set(ways) & set(UNITS)
    if value is None or (target.family in MOMENTS and not counted and may_be_julian_day(value)):
        return ()  # nothing makes a value of NULL, and as seconds since 1970 such a day would be one of that winter
    return tuple(way for way in WAYS if way not in ways and _accepts(value, target, how, (*ways, way)))


def _accepts(value: Any, target: Type, how: TimeOptions, ways: tuple[Way, ...]) -> bool:  # noqa: ANN401 - as above
    if ways[-1] in UNITS:
        if how.epoch or set(ways[:-1]) & set(UNITS) or _accepts(value, target, how, (*ways[:-1], "round")):
            return False
        # What a number counts is decided first; whether it is rounded is another question.
        ways = (*ways, "round")
    read, changed = prepared(value, ways)
    if ways[-1] in _BEFORE and changed != ways[-1]:
        return False
    if read is None:
        return True
    try:
        cast_allowed(read, target, how, ways)
    except Refused:
        return False
    return True
