"""Names that differ only in the style in which they are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_LONGEST = 63
"""Bytes of a name that PostgreSQL keeps."""


def style(name: str) -> str:
    """Return what is left of a name without its style: `createdAt` is `created_at`, and a long name is cut."""
    kept = name.encode(errors="surrogateescape")[:_LONGEST].decode(errors="ignore")
    return re.sub(r"[\W_]", "", kept).lower()


def alike(here: Iterable[str], there: Iterable[str]) -> dict[str, str]:
    """Return the names of one side by those of the other that differ only in style.

    A name with two counterparts, on either side, is left out: somebody has to choose.

    Args:
        here: Names of the source.
        there: Names of the target.
    """
    ours, theirs = list(here), list(there)
    of_ours, of_theirs = Counter(map(style, ours)), Counter(map(style, theirs))
    by_style = {style(name): name for name in ours if style(name) and of_ours[style(name)] == 1}
    return {name: by_style[style(name)] for name in theirs if style(name) in by_style and of_theirs[style(name)] == 1}
