"""Casts to time stamps, dates, times of day and intervals: nothing is rounded, and no zone is guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from decimal import ROUND_HALF_EVEN, Context, Decimal

from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.mapping.values import Unit
from gatepost.transfer.values import Type

_DATE = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_TIME = r"(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,](?P<fraction>[0-9]+))?"
_OFFSET = (
    r"(?: ?(?P<offset>Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?(?::[0-9]{2})?)"
    r"(?: (?:[A-Z]{1,5}|[+-][0-9]{2,4})(?: m=[+-][0-9.]+)?)?)?"
)
"""Go prints the name of the zone behind its offset, and what its own clock said."""
_MOMENT = re.compile(rf"{_DATE}(?:[ Tt]{_TIME}{_OFFSET})?")
_TIME_OF_DAY = re.compile(rf"(?:2000-01-01 )?{_TIME}")
"""Rails writes every time of day with this date into SQLite: activerecord, sqlite3/quoting.rb."""
_MIDNIGHT = re.compile(r"24:00(?::00(?:[.,]0+)?)?")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_CLOCK_SPAN = re.compile(
    r"(?:(?P<years>[+-]?[0-9]+) years?(?: |$))?(?:(?P<months>[+-]?[0-9]+) mons?(?: |$))?"
    r"(?:(?P<days>[+-]?[0-9]+) days?(?:,? (?=\S)|$))?"
    r"(?:(?P<sign>[+-]?)(?P<hours>[0-9]+):(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])(?:\.(?P<fraction>[0-9]+))?)?"
)
_ISO_SPAN = re.compile(
    r"P(?:(?P<years>-?[0-9]+)Y)?(?:(?P<months>-?[0-9]+)M)?(?:(?P<weeks>-?[0-9]+)W)?(?:(?P<days>-?[0-9]+)D)?"
    r"(?:T(?:(?P<hours>-?[0-9]+)H)?(?:(?P<minutes>-?[0-9]+)M)?(?:(?P<seconds>-?[0-9]+)(?:\.(?P<fraction>[0-9]+))?S)?)?"
)
_EPOCH = datetime(1970, 1, 1)
_FIRST_DAY, _DAY_AFTER_LAST = 1_721_425.5, 5_373_484.5
_MICROSECONDS = {
    "seconds": Decimal(1_000_000),
    "milliseconds": Decimal(1_000),
    "microseconds": Decimal(1),
    "nanoseconds": Decimal("0.001"),
}
_INFINITE = {"infinity", "-infinity"}
_SECOND = 1_000_000
_MOST_DIGITS = 300
_WIDE = Context(prec=3 * _MOST_DIGITS)
"""Wide enough for nothing to be rounded unasked; digits of a second behind the first 300 are as good as zero."""


def moment_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take a time stamp with or without offset, for both of PostgreSQL's types."""
    if value.lower() in _INFINITE:
        return value.lower()
    found = _MOMENT.fullmatch(value)
    if not found:
        if _NUMBER.fullmatch(value):
            return _moment_from_number(Decimal(value), target, how)
        raise Refused("is an empty string, not a moment" if not value else "is not a moment (YYYY-MM-DD HH:MM:SS)")
    return _moment(_naive(found, target, how), _offset(found["offset"]), target, how)


def moment_from_number(value: float, target: Type, how: TimeOptions) -> str:
    """Take what counts from 1970 on, if the person says what it counts."""
    return _moment_from_number(Decimal(repr(value)), target, how)


def date_from_text(value: str, _target: Type, _how: TimeOptions) -> str:
    """Take a date; a time of day beside it must be midnight, or it would be lost."""
    if value.lower() in _INFINITE:
        return value.lower()
    found = _MOMENT.fullmatch(value)
    if not found:
        raise Refused("is an empty string, not a date" if not value else "is not a date (YYYY-MM-DD)")
    if found["offset"] or (found["time"] or "").strip("0:") or (found["fraction"] or "").strip("0"):
        raise Refused("has a time of day that a date does not keep")
    try:
        return datetime.fromisoformat(found["date"]).date().isoformat()
    except ValueError as error:
        raise Refused(f"is not a date that exists: {error}") from None


def time_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take a time of day."""
    found = _TIME_OF_DAY.fullmatch(value)
    if not found:
        raise Refused("is an empty string, not a time" if not value else "is not a time of day (HH:MM:SS)")
    if _MIDNIGHT.fullmatch(value):
        return "24:00:00"  # PostgreSQL's time of day knows the end of a day, Python's does not
    try:
        clock = day_time.fromisoformat(found["time"])
    except ValueError as error:
        raise Refused(f"is not a time that exists: {error}") from None
    micros = _micros(found["fraction"], target, how)
    if micros == _SECOND:  # rounded up
        following = datetime.combine(_EPOCH, clock) + timedelta(seconds=1)
        return "24:00:00" if following.day > 1 else following.time().isoformat()
    return _trimmed(clock.replace(microsecond=micros).isoformat())


def interval_from_number(value: float, target: Type, how: TimeOptions) -> str:
    """Take a number of what the person says that it counts."""
    if how.span is None:
        raise Refused("is a number, not a span; --cast TABLE.COLUMN=microseconds (or seconds …) says what it counts")
    return _span_of_days(_counted(Decimal(repr(value)), target, how, how.span))


def interval_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take a span: ISO 8601, Python's or PostgreSQL's printing, or SQLAlchemy's distance from 1970."""
    if found := _MOMENT.fullmatch(value):
        if found["offset"]:
            raise Refused("is a moment with an offset, not a span")
        return _span_of_days((_naive(found, target, how) - _EPOCH) // timedelta(microseconds=1))
    if (found := _ISO_SPAN.fullmatch(value)) and len(value) > 2 and value[-1] != "T":
        n = {name: int(text) for name, text in found.groupdict().items() if text and name != "fraction"}
        part = _micros(found["fraction"], target, how) * (-1 if (found["seconds"] or "").startswith("-") else 1)
        seconds = n.get("hours", 0) * 3600 + n.get("minutes", 0) * 60 + n.get("seconds", 0)
        months, days = n.get("years", 0) * 12 + n.get("months", 0), n.get("weeks", 0) * 7 + n.get("days", 0)
        return _span(months, days, seconds * _SECOND + part)
    if value and value[-1] != " " and (found := _CLOCK_SPAN.fullmatch(value)):
        seconds = int(found["hours"] or 0) * 3600 + int(found["minutes"] or 0) * 60 + int(found["seconds"] or 0)
        micros = seconds * _SECOND + _micros(found["fraction"], target, how)
        months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
        return _span(months, int(found["days"] or 0), -micros if found["sign"] == "-" else micros)
    if _NUMBER.fullmatch(value) and how.span is not None:
        return _span_of_days(_counted(Decimal(value), target, how, how.span))
    raise Refused("is an empty string, not a span" if not value else "is not a span (P1DT2H, 1 day, 2:00:00)")


def _span_of_days(micros: int) -> str:
    """Return a span in whole days and what is left of one, as Python's timedelta is sent."""
    return _span(0, *divmod(micros, 24 * 3600 * _SECOND))


def _naive(found: re.Match[str], target: Type, how: TimeOptions) -> datetime:
    """Return the moment of a date and a time of day, which PostgreSQL's ends at 24:00."""
    clock = found["time"] or "00:00:00"
    ends = clock.startswith("24:") and not clock.strip("24:0") and not (found["fraction"] or "").strip("0")
    try:
        begun = datetime.fromisoformat(f"{found['date']} {'00:00:00' if ends else clock}")
        return begun + timedelta(days=int(ends), microseconds=_micros(found["fraction"], target, how))
    except (ValueError, OverflowError) as error:
        raise Refused(f"is not a moment that exists: {error}") from None


def may_be_julian_day(value: object) -> bool:
    """Return whether a number is a day of the years 1 to 9999 as SQLite's julianday() counts."""
    return isinstance(value, int | float | Decimal) and _FIRST_DAY <= value < _DAY_AFTER_LAST


def _moment_from_number(value: Decimal, target: Type, how: TimeOptions) -> str:
    if how.epoch is None and may_be_julian_day(value):
        taken = "--compute \"TABLE.COLUMN=strftime('%Y-%m-%d %H:%M:%f', COLUMN)\""
        raise Refused(f"is a number, not a moment; where it counts Julian days: {taken}")
    if how.epoch is None:
        raise Refused("is a number, not a moment; --epoch seconds or --epoch milliseconds says what it counts")
    try:
        moment = _EPOCH + timedelta(microseconds=_counted(value, target, how, how.epoch))
    except OverflowError:
        raise Refused(f"is outside the years 1 to 9999 as {how.epoch} since 1970") from None
    return _moment(moment, timedelta(0), target, how)


def _moment(naive: datetime, offset: timedelta | None, target: Type, how: TimeOptions) -> str:
    try:
        if target.family == "timestamptz":
            text = _trimmed((naive - (offset if offset is not None else _zone_offset(naive, how))).isoformat(" "))
            return text + "+00"
        if offset is not None:
            # Naive values of this column are wall-clock times of the zone, so one with an offset becomes one too.
            naive = naive - offset
            if how.zone is not None:
                naive = naive.replace(tzinfo=UTC).astimezone(how.zone).replace(tzinfo=None)
        return _trimmed(naive.isoformat(" "))
    except OverflowError:
        raise Refused("leaves the years 1 to 9999 when its offset is applied") from None


def _zone_offset(naive: datetime, how: TimeOptions) -> timedelta:
    if how.zone is None:
        return timedelta(0)
    early, late = (naive.replace(tzinfo=how.zone, fold=fold).utcoffset() for fold in (0, 1))
    if early is None or early != late:
        raise Refused(f"is skipped or comes twice in {how.zone}, where the clock was moved")
    return early


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text in ("Z", "z", "UTC"):
        return timedelta(0)
    digits = text[1:].replace(":", "")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    if hours > 15 or minutes > 59 or seconds > 59:
        raise Refused("has an offset that no zone has")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds) * (-1 if text[0] == "-" else 1)


def _micros(fraction: str | None, target: Type, how: TimeOptions) -> int:
    """Return the microseconds of a fraction of a second; a whole second where it was rounded up."""
    if not fraction:
        return 0
    fine = "has more than six digits of a second, which PostgreSQL does not keep"
    return _whole_micros(Decimal(f"0.{fraction[:_MOST_DIGITS]}"), Decimal(_SECOND), target, how, fine)


def _counted(value: Decimal, target: Type, how: TimeOptions, unit: Unit) -> int:
    """Return the microseconds that a number of units comes to."""
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        raise Refused(f"is outside what {target.printed} can be as {unit}")
    fine = "counts parts of a microsecond, which a moment does not keep"
    return _whole_micros(value, _MICROSECONDS[unit], target, how, fine)


def _whole_micros(value: Decimal, factor: Decimal, target: Type, how: TimeOptions, fine: str) -> int:
    """Return microseconds as the column keeps them: exactly, or rounded where that is asked for."""
    step = Decimal(10) ** (0 if target.limit is None else 6 - target.limit)
    steps = _WIDE.divide(_WIDE.multiply(value, factor), step)
    if how.rounding:
        return int(steps.to_integral_value(ROUND_HALF_EVEN, _WIDE)) * int(step)
    if _WIDE.remainder(steps, Decimal(1)):
        kept = not _WIDE.remainder(_WIDE.multiply(steps, step), Decimal(1))
        raise Refused(f"has more digits of a second than {target.printed} keeps" if kept else fine)
    return int(steps) * int(step)


def _trimmed(text: str) -> str:
    return text.rstrip("0") if "." in text else text


def _span(months: int, days: int, micros: int) -> str:
    """Return a span as PostgreSQL prints it (IntervalStyle postgres)."""
    if max(abs(months), abs(days)) >= 2**31 or abs(micros) >= 2**63:
        raise Refused("is longer than an interval can be")
    years, months = (abs(months) // 12 * (1 if months > 0 else -1), abs(months) % 12 * (1 if months > 0 else -1))
    parts = [(years, "year"), (months, "mon"), (days, "day")]
    words: list[str] = []
    negative_before = False
    for number, word in parts:
        if number:
            plus = "+" if negative_before and number > 0 else ""
            words.append(f"{plus}{number} {word}{'' if number == 1 else 's'}")
            negative_before = number < 0
    if micros or not words:
        seconds, part = divmod(abs(micros), 1_000_000)
        sign = "-" if micros < 0 else "+" if negative_before else ""
        clock = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        words.append(_trimmed(f"{clock}.{part:06d}") if part else clock)
    return " ".join(words)
