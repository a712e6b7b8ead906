"""Why statements failed, each at its place, and what follows from them beneath: what is missing in the database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.finding import NotChecked
from gatepost.schema import PLATFORM_SCHEMAS

if TYPE_CHECKING:
    from psycopg2 import Error

    from gatepost.sql_script import Statement

_PART = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})?"
_MADE = re.compile(
    rf"""\b(?:
        create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unlogged|materialized|recursive|unique|foreign)\s+)*
        (?:table|view|type|domain|function|procedure|schema|sequence|extension|role|aggregate|publication|index)\s+
        (?:concurrently\s+)?(?:if\s+not\s+exists\s+)?
      | add\s+column\s+(?:if\s+not\s+exists\s+)?
      | rename\s+(?:column\s+{_PART}\s+)?to\s+
    )(?P<name>{_NAME})""",
    re.IGNORECASE | re.VERBOSE,
)
_MISSING = re.compile(
    r"""(?:column\ "?(?P<column>[^"\s]+)"?\ of\ relation\ .*
        |(?:relation|type|schema|role|extension|view|table|column|sequence|index|publication)\ "?(?P<name>.+?)"?
        |function\ (?P<function>.+?)\(.*\)
    )\ does\ not\ exist""",
    re.VERBOSE,
)
_REFUSED = re.compile(r"must be owner of|permission denied (?:for|to)|must be (?:member|superuser)|only roles with")
_OF_PLATFORM = re.compile(
    rf"\b(?:{'|'.join(sorted(PLATFORM_SCHEMAS - {'extensions'}))})\b|\bsupabase_(?:\w+_)?admin\b", re.I
)
_PROVIDES = {
    "uuid-ossp": ("uuid_generate_v4", "uuid_generate_v1"),
    "postgis": ("geometry", "geography"),
    "pgcrypto": ("crypt", "gen_salt", "gen_random_bytes", "digest", "hmac"),
    "vector": ("vector", "halfvec"),
    "citext": ("citext",),
    "ltree": ("ltree",),
    "hstore": ("hstore",),
}
"""What is missing where an extension could not be made."""


@dataclass(frozen=True)
class Failure:
    """A statement that was not run, or was refused.

    Args:
        place: Its file and line.
        message: What the server, or the reader of scripts, said.
        code: The SQLSTATE, or the empty string.
        text: The statement, or what could not be read.
        platform: Whether a hosted project refuses it too.
    """

    place: str
    message: str
    code: str = ""
    text: str = ""
    platform: bool = False


@dataclass(frozen=True)
class Cause:
    """A failure that follows from no other, and how many follow from it."""

    failure: Failure
    followers: tuple[Failure, ...] = ()


def causes(failures: Sequence[Failure]) -> tuple[Cause, ...]:
    """Return the failures that follow from no earlier one, in their order.

    One follows from another where it misses an object that the other would have made.
    """
    maker: dict[str, int] = {}
    roots: list[int] = []
    for number, failure in enumerate(failures):
        missing = _missing(failure.message)
        root = maker.get(missing, number) if missing else number
        roots.append(root)
        for name in made(failure.text):
            maker.setdefault(name, root)
    return tuple(
        Cause(failure, tuple(failures[n] for n, root in enumerate(roots) if root == number and n != number))
        for number, failure in enumerate(failures)
        if roots[number] == number
    )


def made(text: str) -> frozenset[str]:
    """Return the names, without their schema, of what a statement or a block makes."""
    found = {_last(match["name"]) for match in _MADE.finditer(text)}
    return frozenset(found).union(*(_PROVIDES[name] for name in found & _PROVIDES.keys()))


def _missing(message: str) -> str:
    match = _MISSING.search(message)
    if match is None:
        return ""
    return _last(match["column"] or match["name"] or match["function"])


def _last(name: str) -> str:
    part = str((re.findall(_PART, name) or [name])[-1])
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()


def places(failures: Iterable[Failure], most: int = 3) -> str:
    """Return where some failures are, the first few of them by name."""
    found = [failure.place for failure in failures]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def of_causes(found: Iterable[Cause]) -> list[NotChecked]:
    """Return each statement that failed, with those that follow from it."""
    return [_of_cause(cause) for cause in found]


def _of_cause(cause: Cause) -> NotChecked:
    failure = cause.failure
    if failure.platform:
        covered = "a hosted project refuses it too"
        return NotChecked(failure.place, f"refused: {failure.message}", ours=True, covered_by=covered)
    follow = ""
    if cause.followers:
        many = len(cause.followers)
        follow = f"; {many} statement{'s' if many > 1 else ''} that need{'' if many > 1 else 's'} it fail too: "
        follow += places(cause.followers)
    return NotChecked(failure.place, f"failed: {failure.message}{follow}")


def failure_of(statement: Statement, error: Error) -> Failure:
    """Return the failure of a statement that the server refused."""
    said = said_by(error)
    platform = (
        error.pgcode == "42501"
        and _REFUSED.search(said) is not None
        and _OF_PLATFORM.search(f"{statement.text} {said}") is not None
    )
    return Failure(statement.place, said, error.pgcode or "", statement.text, platform)


def said_by(error: Error) -> str:
    """Return the server's own sentence, without what psycopg2 adds."""
    return (error.diag.message_primary or str(error)).strip()
