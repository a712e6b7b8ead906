"""Whether a text and what PostgreSQL prints of it are one value, for types that have no cast of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from ipaddress import ip_interface

Same = Callable[[str, str], bool]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.|"")*"|'(?:[^']|'')*')|\s+""", re.DOTALL)


def same_value(text: str, printed: str, family: str) -> bool:
    """Return whether nothing was lost between a text and what PostgreSQL prints of it.

    Args:
        text: The value in the source.
        printed: What PostgreSQL prints after it read that.
        family: The name of PostgreSQL's type.
    """
    if text == printed:
        return True
    same = _range if family.endswith("range") else _SAME.get(family, _but_for_blanks)
    return same(text, printed)


def _but_for_blanks(text: str, printed: str) -> bool:
    """Compare without blanks outside of quotes, which many types print in their own way."""
    one, other = (_QUOTED.sub(lambda found: found[1] or "", both) for both in (text, printed))
    return one == other


def _numbers(text: str, printed: str) -> bool:
    """Compare numbers by their value, and what stands between them without blanks."""
    here, there = _NUMBER.findall(text), _NUMBER.findall(printed)
    between = ("".join("".join(_NUMBER.split(both)).split()) for both in (text, printed))
    one, other = between
    return one == other and list(map(Decimal, here)) == list(map(Decimal, there))


def _range(text: str, printed: str) -> bool:
    one, other = (both.replace('"', "") for both in (text, printed))
    return "".join(one.split()) == "".join(other.split()) or _numbers(one, other)


def _address(text: str, printed: str) -> bool:
    try:
        return ip_interface(text.strip()) == ip_interface(printed)
    except ValueError:
        return False


def _digits(text: str, printed: str) -> bool:
    """Compare hexadecimal digits, whatever stands between them."""
    one, other = (re.sub(r"[-:.\s]", "", both).lower() for both in (text, printed))
    return one == other


def _amount(text: str, printed: str) -> bool:
    """Compare an amount of money, of which a server with a decimal comma prints another text."""
    try:
        one, other = (Decimal(re.sub(r"[$£€¥,\s]", "", both)) for both in (text, printed))
    except InvalidOperation:
        return False
    return one == other


_SAME: dict[str, Same] = {
    "inet": _address,
    "cidr": _address,
    "macaddr": _digits,
    "macaddr8": _digits,
    "money": _amount,
    **dict.fromkeys("point line lseg box path polygon circle cube vector halfvec sparsevec oid".split(), _numbers),
}
