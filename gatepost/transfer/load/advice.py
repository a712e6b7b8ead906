"""What can be done about refused values: the options that would accept them, and what each does to how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gatepost.display import line
from gatepost.transfer.mapping.values import Way, counted
from gatepost.transfer.values import Reject

_DOES: dict[Way, str] = {
    "round": "rounds",
    "utf8": "reads the BLOB as text",
    "empty-as-null": "makes NULL of the empty string",
    "as-stored": "takes what PostgreSQL makes of it",
}


_NO_UUID = "is an integer, which uuid cannot hold exactly"
_NO_USER = 'has no row in "auth.users"'


def advice(rejects: Sequence[Reject]) -> str:
    """Return what can be done about rejects: what to allow, where that would accept values, else what always helps."""
    ways = allowing(rejects)
    if any(one.reason == _NO_UUID for one in rejects):
        ways.append(("--write-mapping mapping.toml", "makes a UUID of each number, the same in every run"))
    if any(one.reason == _NO_USER for one in rejects):
        ways.insert(0, ("gatepost users push SQLITE --url $DATABASE_URL", "creates the users, who have to come first"))
    fix = "fix the rows in the source, or add --rejects DIR to move the rest"
    return "\n  ".join([*(line(f"{option}  # {what}") for option, what in ways), *([f"or {fix}"] if ways else [fix])])


def allowing(rejects: Iterable[Reject]) -> list[tuple[str, str]]:
    """Return the options that would accept refused values, each with what it would do to how many."""
    refused: Counter[tuple[str, tuple[Way, ...]]] = Counter(
        (f"{one.table}.{one.column}", one.ways) for one in rejects if one.ways
    )
    return [option for (name, ways), values in refused.items() for option in _options(name, ways, values)]


def _options(name: str, ways: tuple[Way, ...], values: int) -> list[tuple[str, str]]:
    """Return the options for one column; of the units, which all of them fit as well, somebody has to choose one."""
    number = counted(values, "value")
    found = [(f"--cast {name}={way}", f"{_DOES[way]}: {number}") for way in ways if way in _DOES]
    units = [way for way in ways if way not in _DOES]
    if units:
        found.append((f"--cast {name}={units[0]}", f"or {', '.join(units[1:])}: what the number counts, in {number}"))
    return found
