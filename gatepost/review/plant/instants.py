"""Instants inside and outside of the intervals that conditions compare times with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from gatepost.observation.plant.canaries import FUTURE, PAST

_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400, "week": 604800,
            "mon": 2592000, "month": 2592000, "year": 31557600}  # fmt: skip
_LENGTH = re.compile(r"(\d+)\s*(second|sec|minute|min|hour|day|week|month|mon|year)s?\b", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+) days? )?(\d\d):(\d\d):(\d\d)(?:\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")
_DAYS = re.compile(r"\bcurrent_date\s*[-+]\s*\(*(\d+)", re.IGNORECASE)
_MADE = re.compile(r"\b(sec|min|hour|day|week|month|year)s\s*=>\s*\(*(\d+)", re.IGNORECASE)
_TIMES = re.compile(r"'(?P<one>[^']+)'::interval\s*\*\s*\(*(?P<many>\d+)", re.IGNORECASE)
_MOST = 8


def instants(literals: Iterable[str], now: datetime | None = None) -> tuple[str, ...]:
    """Return instants on either side of every threshold that literals name, with one long ago and one far ahead.

    Args:
        literals: The literals of conditions: lengths of time, which count from now either way, and instants.
        now: The current time.
    """
    now = now or datetime.now(UTC)
    lengths = {seconds for literal in literals if (seconds := _seconds(literal))}
    places = sorted({0.0, *lengths, *(-one for one in lengths)})
    between = [(one + other) / 2 for one, other in pairwise(places)]
    if lengths:
        between += [places[0] * 1.5, places[-1] * 1.5]
    found = [(now + timedelta(seconds=one)).strftime("%Y-%m-%d %H:%M:%S") for one in between]
    for literal in literals:
        if _INSTANT.fullmatch(literal):
            at = datetime.fromisoformat(literal)
            found += [(at + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S") for hours in (-36, 36)]
    return (PAST, FUTURE, *dict.fromkeys(found[:_MOST]))


def _seconds(literal: str) -> float:
    if clock := _CLOCK.fullmatch(literal.strip()):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return days * 86400.0 + hours * 3600 + minutes * 60 + seconds
    found = _LENGTH.findall(literal)
    if not found or _LENGTH.sub("", literal).strip(" ,+-"):
        return 0.0
    return float(sum(int(number) * _SECONDS[unit.lower()] for number, unit in found))


def lengths(texts: Iterable[str]) -> frozenset[str]:
    """Return the lengths of time that texts do not write as one literal: days beside a date, and what is multiplied.

    Args:
        texts: Conditions and bodies.
    """
    found: set[str] = set()
    for text in texts:
        found |= {f"{days} days" for days in _DAYS.findall(text)}
        found |= {f"{many} {unit.lower()}s" for unit, many in _MADE.findall(text)}
        for one in _TIMES.finditer(text):
            if seconds := _seconds(one["one"]):
                found.add(f"{int(seconds * int(one['many']))} seconds")
    return frozenset(found)
