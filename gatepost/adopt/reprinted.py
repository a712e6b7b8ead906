"""What PostgreSQL prints of a condition, and reads as another one: `IN` over varchar gains a cast with each dump."""

from __future__ import annotations

import re

_LIST_OF_VARCHAR = re.compile(
    r"\(\((?P<column>(?:\w+\.)?(?:\w+|\"[^\"]+\"))\)::text = ANY \(\(ARRAY\["
    r"(?P<values>(?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]\)\)"
)


def as_written(text: str) -> str:
    """Return SQL in which such lists are written so that PostgreSQL prints them as they were found."""
    return _LIST_OF_VARCHAR.sub(_as_list, text)


def _as_list(found: re.Match[str]) -> str:
    """Return a list of varchar as its author wrote it, because PostgreSQL reads what it prints of one differently."""
    return f"({found['column']} IN ({found['values'].replace('::character varying', '')}))"
