"""How rules put names into sentences."""

from __future__ import annotations

from collections.abc import Iterable


def names(found: Iterable[str], last: str = "and") -> str:
    """Return names in quotes, as a list that reads as a sentence: `"anon" and "authenticated"`."""
    return joined((f'"{name}"' for name in found), last)


def joined(found: Iterable[str], last: str = "and") -> str:
    """Return words as a list that reads as a sentence."""
    told = list(found)
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} {last} {told[-1]}"
