"""Casts to truth values and numbers: the same number, or a refusal."""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type

RANGES = {"int2": (-(2**15), 2**15 - 1), "int4": (-(2**31), 2**31 - 1), "int8": (-(2**63), 2**63 - 1)}
"""https://www.postgresql.org/docs/17/datatype-numeric.html#DATATYPE-INT"""

_TRUE = frozenset({"t", "true", "y", "yes", "on", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "off", "0"})
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity", "-inf": "-Infinity", "-infinity": "-Infinity"}
_EXACT_INTEGER = 2**53
_LONGEST = 30
"""More characters than any integer of PostgreSQL's has, with a sign and zeros before it."""
_DIGITS_BEFORE, _DIGITS_AFTER = 131_072, 16_383
"""https://www.postgresql.org/docs/17/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL"""


def bool_from_number(value: float, _target: Type, _how: TimeOptions) -> str:
    """Take 0 and 1, and nothing else that is merely not zero."""
    if value == 0:
        return "f"
    if value == 1:
        return "t"
    raise Refused("is neither 0 nor 1")


def bool_from_text(value: str, _target: Type, _how: TimeOptions) -> str:
    """Take the words that PostgreSQL itself takes, https://www.postgresql.org/docs/17/datatype-boolean.html."""
    word = value.lower()
    if word in _TRUE:
        return "t"
    if word in _FALSE:
        return "f"
    raise Refused("is not a truth value (0, 1, true, false, t, f, yes, no, on, off)")


def integer_from_integer(value: int, target: Type, _how: TimeOptions) -> str:
    """Take the number, if the target's width holds it."""
    low, high = RANGES[target.family]
    if not low <= value <= high:
        raise Refused(f"is outside {target.printed} ({low} to {high})")
    return str(value)


def integer_from_float(value: float, target: Type, how: TimeOptions) -> str:
    """Take a float that is a whole number; above 2^53 it may already have lost a digit."""
    if how.rounding and math.isfinite(value):
        value = float(round(value))
    if not value.is_integer():
        raise Refused("is not a whole number, and would have to be rounded")
    if abs(value) > _EXACT_INTEGER:
        raise Refused("is a float above 2^53, where whole numbers are no longer exact")
    return integer_from_integer(int(value), target, how)


def integer_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take digits with a sign."""
    if how.rounding and len(value) <= _LONGEST and _DECIMAL.fullmatch(value) and Decimal(value).adjusted() < _LONGEST:
        return integer_from_integer(int(Decimal(value).to_integral_value(ROUND_HALF_EVEN)), target, how)
    if not _WHOLE.fullmatch(value):
        raise Refused("is an empty string, not a number" if not value else "is not a whole number")
    if len(value) > _LONGEST:
        raise Refused(f"is outside {target.printed}")
    return integer_from_integer(int(value), target, how)


def float_from_integer(value: int, target: Type, how: TimeOptions) -> str:
    """Take an integer that the float holds exactly."""
    if int(float(value)) != value and not how.rounding:
        raise Refused(f"has more digits than {target.printed} keeps")
    return float_from_float(float(value), target, how)


def float_from_float(value: float, target: Type, how: TimeOptions) -> str:
    """Take Python's shortest digits, laid out as PostgreSQL prints them."""
    if target.family == "float8":
        return printed_float8(value)
    return _printed_float4(value, target, how)


def float_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take decimal text whose digits survive; `nan` and `infinity` are values of the type."""
    special = _NOT_FINITE.get(value.lower())
    if special:
        return special
    if not _DECIMAL.fullmatch(value):
        raise Refused("is an empty string, not a number" if not value else "is not a number")
    number = float(value)
    if math.isinf(number) or (Decimal(repr(number)) != Decimal(value) and not how.rounding):
        raise Refused(f"has more digits than {target.printed} keeps")
    return float_from_float(number, target, how)


def printed_float8(value: float) -> str:
    """Return a double as PostgreSQL prints it: shortest digits, an exponent from 1e+15 on, no `.0`."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if text.endswith(".0") and abs(value) < 1e15:
        return text[:-2]
    return text if abs(value) < 1e15 else _scientific(Decimal(text))


def _printed_float4(value: float, target: Type, how: TimeOptions) -> str:
    if math.isinf(value):
        return printed_float8(value)
    try:
        single = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        raise Refused(f"is outside {target.printed}") from None
    digits = next(f"{single:.{p}g}" for p in range(1, 10) if _to_single(f"{single:.{p}g}") == single)
    # Either the float is a single already, or its shortest digits come back from a single unchanged.
    if single != value and Decimal(digits) != Decimal(repr(value)) and not how.rounding:
        raise Refused(f"has more digits than {target.printed} keeps")
    if single == 0:
        return "-0" if math.copysign(1, single) < 0 else "0"
    number = Decimal(digits)
    return format(number.normalize(), "f") if -4 <= number.adjusted() < 6 else _scientific(number)


def _to_single(text: str) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])
    except OverflowError:
        return math.inf


def _scientific(number: Decimal) -> str:
    sign, digits, _ = number.normalize().as_tuple()
    text = "".join(map(str, digits))
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    exponent = number.adjusted()
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def numeric_from_integer(value: int, target: Type, how: TimeOptions) -> str:
    """Take the number, if precision and scale hold it."""
    return _numeric(Decimal(value), target, how)


def numeric_from_float(value: float, target: Type, how: TimeOptions) -> str:
    """Take the float's shortest digits, if precision and scale hold all of them."""
    if not math.isfinite(value):
        if target.precision is None:
            return _NOT_FINITE[str(value)]
        raise Refused(f"is infinite, which {target.printed} does not hold")
    number = Decimal(repr(value))
    return _numeric(number.to_integral_value() if number == number.to_integral_value() else number, target, how)


def numeric_from_text(value: str, target: Type, how: TimeOptions) -> str:
    """Take decimal text, with its own trailing zeros where the target has no scale."""
    special = _NOT_FINITE.get(value.lower())
    if special == "NaN" or (special and target.precision is None):
        return special
    if special or not _DECIMAL.fullmatch(value):
        raise Refused("is an empty string, not a number" if not value else "is not a number that the column can hold")
    return _numeric(Decimal(value), target, how)


def printed_numeric(number: Decimal) -> str:
    """Return a decimal as PostgreSQL's numeric prints it: all digits, no exponent, no negative zero.

    Raises:
        Refused: it has more digits than a numeric can have.
    """
    exponent = number.as_tuple().exponent
    if number.adjusted() >= _DIGITS_BEFORE or (isinstance(exponent, int) and -exponent > _DIGITS_AFTER):
        raise Refused("has more digits than PostgreSQL's numeric can hold")
    text = format(number, "f")
    return text.lstrip("-") if number.is_zero() else text


def _numeric(number: Decimal, target: Type, how: TimeOptions) -> str:
    if target.precision is None:
        return printed_numeric(number)
    scale = target.limit or 0
    step = Decimal(1).scaleb(-scale)
    digits = number.as_tuple()
    if number.adjusted() > _DIGITS_BEFORE:
        raise Refused(f"has more digits than {target.printed} keeps")
    wide = Context(prec=len(digits.digits) + abs(number.adjusted()) + abs(scale) + 2)
    exponent = digits.exponent if isinstance(digits.exponent, int) else 0
    if how.rounding:
        number = number.quantize(step, ROUND_HALF_UP, context=wide)  # as PostgreSQL's numeric rounds
    if exponent < -scale and number != number.quantize(step, context=wide):
        raise Refused(f"has more decimals than {target.printed} keeps, and would be rounded")
    if not number.is_zero() and number.adjusted() >= target.precision - scale:
        raise Refused(f"has more digits than {target.printed} keeps")
    fitted = number.quantize(step, context=wide)
    return printed_numeric(fitted if scale >= 0 else Decimal(int(fitted)))
