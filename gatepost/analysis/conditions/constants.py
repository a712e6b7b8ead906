"""Compare literals where that needs no PostgreSQL.

Only comparisons with the same result on every PostgreSQL, whatever its settings, are computed here: numbers, booleans,
equal texts, ids and moments in ISO 8601. Everything else is not known.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.terms import Call, Cast, Const, OncePerStatement, Session, Term

_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "oid"})
_TEXTS = frozenset({"text", "character varying", "name"})
_MOMENTS = frozenset({"date", "timestamp with time zone", "timestamp without time zone"})
_A_DAY = timedelta(days=2)
_NOW = (Call(("", "now")), *(Cast(Call(("", "now")), kind) for kind in _MOMENTS))


def holds(caller: Caller, op: str, left: Term, right: Term) -> bool | None:
    """Return whether a comparison of two known values holds, or None where only PostgreSQL can say.

    Args:
        caller: Whose claims are known.
        op: The operator.
        left: What stands before it.
        right: What stands behind it.
    """
    sides = [folded(_unwrapped(side)) for side in (left, right)]
    one, other = _as_literal(caller, sides[0]), _as_literal(caller, sides[1])
    order = None
    if one is not None and other is not None:
        if op in ("=", "<>"):
            same = equal(one, other)
            return None if same is None else same == (op == "=")
        if op == "like":
            texts = _of_one_kind(one, other, _TEXTS)
            return None if texts is None else _is_like(*texts)
        order = compared(one, other)
    elif sides[0] in _NOW:
        order = beside_now(sides[1])
    elif sides[1] in _NOW:
        later = beside_now(sides[0])
        order = None if later is None else -later
    orders = {"=": (0,), "<>": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}.get(op)
    return None if order is None or orders is None else order in orders


def equal(one: Const, other: Const) -> bool | None:
    """Return whether two literals are equal, or return None where that is not known."""
    order = compared(one, other)
    if order is not None:
        return order == 0
    values = _of_one_kind(one, other, _TEXTS)
    if values is None:
        return None
    return values[0] == values[1]


def compared(one: Const, other: Const) -> int | None:
    """Return -1, 0 or 1 as one literal is less than, equal to or greater than another, or None where not known."""
    if isinstance(one.value, bool) and isinstance(other.value, bool):
        return int(one.value) - int(other.value)
    numbers = (_number(one), _number(other))
    if None not in numbers:
        return _order(*numbers)
    if {one.type, other.type} <= {"uuid", ""} and "uuid" in (one.type, other.type):
        ids = (_id(one), _id(other))
        return None if None in ids else _order(*ids)
    if one.type in _MOMENTS or other.type in _MOMENTS:
        moments = (_moment(one), _moment(other))
        return None if None in moments else _order(*moments)
    return None


def _is_like(text: str, pattern: str) -> bool | None:
    """Return whether a text is like a pattern, or None where the pattern escapes something."""
    if "\\" in pattern or not text.isascii():
        return None
    parts = (".*" if one == "%" else "." if one == "_" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def beside_now(other: Term) -> int | None:
    """Return 1 where now() is later than a literal, and stays later; None where that is not known."""
    moment = _moment(other) if isinstance(other, Const) else None
    return 1 if moment is not None and moment < datetime.now(UTC) - _A_DAY else None


def folded(term: Term) -> Term:
    """Return a literal under casts that change its type alone as one literal."""
    if isinstance(term, Cast):
        inner = folded(term.term)
        if isinstance(inner, Const) and isinstance(inner.value, bool) and term.type in ("integer", "text"):
            value = int(inner.value) if term.type == "integer" else str(inner.value).lower()
            return Const(value, term.type)
        if isinstance(inner, Const) and term.type == "boolean" and inner.value in ("true", "false"):
            return Const(inner.value == "true", "boolean")
    if isinstance(term, Call) and term.name == ("", "neg") and len(term.args) == 1:
        number = _number(term.args[0]) if isinstance(term.args[0], Const) else None
        return term if number is None else Const(str(-number), "numeric")
    return term


def _as_literal(caller: Caller, side: Term) -> Const | None:
    if isinstance(side, Const):
        return side if side.value is not None else None
    value = caller.value(side) if isinstance(side, Session) else None
    return Const(value, "text") if isinstance(value, str) else None


def _unwrapped(term: Term) -> Term:
    """Return a value without the sub-selects around it; its casts stay."""
    while isinstance(term, OncePerStatement):
        term = term.term
    return term


def _order(one: Any, other: Any) -> int:  # noqa: ANN401  two values of one kind, which have an order
    return int(one > other) - int(one < other)


def _of_one_kind(one: Const, other: Const, kinds: frozenset[str]) -> tuple[str, str] | None:
    for const in (one, other):
        if not isinstance(const.value, str) or (const.type and const.type not in kinds):
            return None
    return str(one.value), str(other.value)


def _number(const: Const) -> Decimal | None:
    if isinstance(const.value, bool) or const.value is None:
        return None
    if const.type not in _NUMBERS and not (isinstance(const.value, int) and not const.type):
        return None
    try:
        number = Decimal(str(const.value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _id(const: Const) -> UUID | None:
    try:
        return UUID(str(const.value))
    except ValueError:
        return None


def _moment(const: Const) -> datetime | None:
    if not isinstance(const.value, str) or const.type not in (*_MOMENTS, ""):
        return None
    try:
        found = datetime.fromisoformat(const.value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


__all__ = ["beside_now", "compared", "equal", "folded"]
