"""Put lists of names into sentences."""

from __future__ import annotations

from collections.abc import Iterable


def names(found: Iterable[str], last: str = "and") -> str:
    """Return names in quotes, joined as in a sentence: `"anon" and "authenticated"`."""
    return joined((f'"{name}"' for name in found), last)


def joined(found: Iterable[str], last: str = "and") -> str:
    """Return words joined as in a sentence."""
    words = list(found)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
