"""What the texts of literals are: numbers, ids and moments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from uuid import UUID

from gatepost.analysis.solver.given import sql_types


def number(value: object, type_: str) -> Fraction | None:
    """Return a literal of a type as a number, or None where it is none."""
    if type_ not in sql_types.NUMBERS and (type_ or not isinstance(value, int)):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not found.is_finite() or (type_ in sql_types.INTEGERS and found != found.to_integral_value()):
        return None
    return Fraction(found)


def canonical(text: str) -> str:
    """Return an id as PostgreSQL prints it."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


def is_uuid(text: str) -> bool:
    """Return whether a text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def moment(text: str) -> tuple[Fraction, bool] | None:
    """Return a moment in seconds, in UTC where it says no zone, and whether it says one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = found.tzinfo is not None
    in_utc = found if zoned else found.replace(tzinfo=UTC)
    return Fraction(in_utc.timestamp()).limit_denominator(1_000_000), zoned


TWO_DAYS = 2 * 86_400


def today() -> Fraction:
    """Return the present moment in seconds."""
    return Fraction(int(datetime.now(UTC).timestamp()))
