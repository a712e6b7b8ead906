"""What a condition comes to, as a set of TRUE, FALSE, NULL and an error, and how such sets combine."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product


class Outcome:
    """What a condition comes to for a row; a set of outcomes is their sum, by `|`.

    Plain numbers: the operators of `enum.Flag` take many times as long, and every condition is weighed by them.
    """

    TRUE, FALSE, NULL, ERROR = 1, 2, 4, 8
    ANY = TRUE | FALSE | NULL


def all_of(found: Iterable[int]) -> int:
    """Return what AND makes of some conditions."""
    total = Outcome.TRUE
    for one in found:
        total = _AND[total, one]
    return total


def _conjunction(one: int, other: int) -> int:
    found = 0
    for a, b in product((Outcome.TRUE, Outcome.FALSE, Outcome.NULL, Outcome.ERROR), repeat=2):
        if one & a and other & b:
            # PostgreSQL need not come to the error where the other side decides already.
            found |= (
                (Outcome.FALSE | (Outcome.ERROR if Outcome.ERROR in (a, b) else 0))
                if Outcome.FALSE in (a, b)
                else Outcome.ERROR
                if Outcome.ERROR in (a, b)
                else Outcome.NULL
                if Outcome.NULL in (a, b)
                else Outcome.TRUE
            )
    return found


_AND = {(one, other): _conjunction(one, other) for one in range(16) for other in range(16)}


def negated(found: int) -> int:
    """Return what NOT makes of a condition."""
    return (
        (found & (Outcome.NULL | Outcome.ERROR))
        | (Outcome.TRUE if found & Outcome.FALSE else 0)
        | (Outcome.FALSE if found & Outcome.TRUE else 0)
    )
