"""What a migration does on its way: windows in which a table is open, locks on tables, downgrades that open one.

The two states of a review are what stands before and after; these are about the statements in between, which only
SQL files and revisions show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gatepost.sources.files import Script
from gatepost.sources.statements.splitting import split
from gatepost.sql_script import Statement, first_words

_NAME = r"(?P<{}>(?:\"[^\"]+\"|[\w$]+)(?:\.(?:\"[^\"]+\"|[\w$]+))?)"
_TABLE = re.compile(rf"create\s+table\s+(?:if\s+not\s+exists\s+)?{_NAME.format('table')}", re.IGNORECASE)
_ALTER = re.compile(
    rf"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME.format('table')}\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_POLICY = re.compile(
    rf"(?P<how>create|drop)\s+policy\s+(?:if\s+exists\s+)?{_NAME.format('policy')}\s+on\s+{_NAME.format('table')}",
    re.IGNORECASE,
)
_GRANT = re.compile(
    rf"grant\s+.*?\s+on\s+(?:table\s+)?{_NAME.format('table')}\s+to\s+(?P<roles>.*)", re.IGNORECASE | re.DOTALL
)
_INDEX = re.compile(
    rf"create\s+(?:unique\s+)?index\s+(?!concurrently)(?:if\s+not\s+exists\s+)?.*?\bon\s+(?:only\s+)?{_NAME.format('table')}",
    re.IGNORECASE | re.DOTALL,
)
_REWRITES = re.compile(
    r"\b(?:set\s+data\s+type|alter\s+column\s+\S+\s+type|set\s+(?:logged|unlogged))\b", re.IGNORECASE
)
_SCANS = re.compile(r"\bset\s+not\s+null\b|\badd\s+(?:constraint\s+\S+\s+)?(?:check|foreign\s+key)\b", re.IGNORECASE)
_DOWNGRADE = re.compile(r"\bdef\s+downgrade\b.*", re.DOTALL)
_OPENS = re.compile(r"disable\s+row\s+level\s+security|no\s+force\s+row\s+level\s+security", re.IGNORECASE)
_ENDS = frozenset({("commit",), ("end",)})
_BIG = 10_000
"""From how many rows on a lock while all of them are read is noticed."""
_API = frozenset({"anon", "authenticated", "public"})


@dataclass
class _Seen:
    """What has happened to one table so far in these files."""

    made: str = ""
    protected: bool = False
    policies: set[str] = field(default_factory=set)
    granted: str = ""
    dropped: dict[str, str] = field(default_factory=dict)


def hazards(
    scripts: Sequence[Script], *, open_grants: bool, sizes: Mapping[str, float] | None = None
) -> tuple[str, ...]:  # fmt: skip
    """Return what is dangerous while new migrations run, one sentence each.

    Args:
        scripts: The migrations that the head adds, in their order; each runs in a transaction of its own.
        open_grants: Whether a new table is open to the API's roles by default privileges.
        sizes: About how many rows each table holds, where that is known: a small one is locked for a moment only.
    """
    seen: dict[str, _Seen] = {}
    found: list[str] = []
    for script in scripts:
        made_here: set[str] = set()
        for statement in split(script)[0]:
            if first_words(statement.text, 1) in _ENDS:
                found += _at_the_end(statement.place, seen, made_here, open_grants=open_grants)
            found += _of_statement(statement, seen, made_here, sizes or {})
        found += _at_the_end(script.name, seen, made_here, open_grants=open_grants)
    return tuple(dict.fromkeys(found))


def _of_statement(
    statement: Statement, seen: dict[str, _Seen], made_here: set[str], sizes: Mapping[str, float]
) -> Iterator[str]:  # fmt: skip
    text = statement.text.strip()
    if made := _TABLE.match(text):
        name = _bare(made["table"])
        seen[name] = _Seen(made=statement.place)
        made_here.add(name)
    elif policy := _POLICY.match(text):
        one = seen.setdefault(_bare(policy["table"]), _Seen())
        if policy["how"].lower() == "create":
            one.policies.add(policy["policy"])
            one.dropped.pop(policy["policy"], None)
        else:
            one.policies.discard(policy["policy"])
            one.dropped[policy["policy"]] = statement.place
    elif altered := _ALTER.match(text):
        yield from _of_alter(statement, _bare(altered["table"]), altered["rest"], seen, made_here, sizes)
    elif granted := _GRANT.match(text):
        if _API & set(re.findall(r"\w+", granted["roles"].lower())):
            seen.setdefault(_bare(granted["table"]), _Seen()).granted = statement.place
    elif indexed := _INDEX.match(text):
        name = _bare(indexed["table"])
        if name not in made_here and _is_big(name, sizes):
            shown = _sized(name, sizes)
            yield f"{statement.place}: CREATE INDEX without CONCURRENTLY blocks writes to {shown} until it is built"


def _of_alter(
    statement: Statement, name: str, rest: str, seen: dict[str, _Seen], made_here: set[str], sizes: Mapping[str, float]
) -> Iterator[str]:  # fmt: skip
    words = " ".join(rest.lower().split())
    one = seen.setdefault(name, _Seen())
    if words.startswith("enable row level security"):
        one.protected = True
        if name not in made_here and not one.policies and not one.made:
            yield f"{statement.place}: row security of {name} is on before its policies exist, and nobody reads it"
    elif words.startswith("disable row level security"):
        one.protected = False
        yield f"{statement.place}: row security of {name} is off from here on"
    if name in made_here or not _is_big(name, sizes):
        return
    if _REWRITES.search(rest):
        yield f"{statement.place}: rewrites {_sized(name, sizes)}, which nobody can read meanwhile"
    elif _SCANS.search(rest) and "not valid" not in words:
        shown = _sized(name, sizes)
        yield f"{statement.place}: checks every row of {shown} under a lock: NOT VALID, then VALIDATE CONSTRAINT"


def _is_big(name: str, sizes: Mapping[str, float]) -> bool:
    """Return whether a lock on a table may be noticed: it is not known to hold few rows."""
    return not 0 <= sizes.get(name, -1) < _BIG


def _sized(name: str, sizes: Mapping[str, float]) -> str:
    rows = sizes.get(name, -1)
    return f"{name} (about {rows:,.0f} rows)" if rows >= 0 else name


def _at_the_end(
    script: str, seen: dict[str, _Seen], made_here: set[str], *, open_grants: bool
) -> Iterator[str]:  # fmt: skip
    """Yield what stands open between this file's transaction and the next."""
    for name, one in seen.items():
        if name in made_here and not one.protected and (open_grants or one.granted):
            yield f"{script}: {name} is open to the API between this migration and the one that protects it"
        for policy, place in one.dropped.items():
            yield f"{place}: the policy {policy} of {name} is gone from here on, until another migration creates it"
        one.dropped.clear()


def downgrade_hazards(files: Iterable[Path]) -> Iterator[str]:
    """Yield the revisions whose downgrade opens a table.

    Args:
        files: Alembic revisions.
    """
    for file in files:
        try:
            found = _DOWNGRADE.search(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        if found is not None and _OPENS.search(found[0]):
            yield f"{file.name}: its downgrade takes row security off a table that keeps its rows"


def _bare(name: str) -> str:
    text = name.replace('"', "")
    return text if "." in text else f"public.{text}"
