"""What the reports of a review share: its first line, and its changes in the order in which they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gatepost.display import line
from gatepost.finding import Result
from gatepost.sql import identifier, literal

Change = Mapping[str, Any]
_LONGEST = 140
"""How many characters of a definition are shown."""
_KEPT = 30
"""How many characters are shown before the first one that differs."""
DOES = {
    "select": "read", "insert": "add", "update": "change", "delete": "delete", "truncate": "empty", "call": "call",
    "public url": "read by URL",
}  # fmt: skip


def changes(result: Result, *verdicts: str) -> list[Change]:
    """Return the changes of some verdicts, the gravest first; those that nobody accepted before the others."""
    found: Any = result.sections.get("changes", [])
    return sorted((one for one in found if one["verdict"] in verdicts), key=lambda one: not one["fails"])


def section(result: Result, name: str) -> list[Any]:
    """Return a list of the result."""
    found: Any = result.sections.get(name, [])
    return list(found)


def headline(result: Result) -> str:
    """Return the one line that says it."""
    gains, may = changes(result, "gains"), changes(result, "may gain")
    failing = [one for one in gains if one["fails"]]
    parts = []
    hidden = unknown(result)
    if failing:
        parts.append(f"{_who(failing)} can do more than before: {_what(failing)}")
    elif gains:
        parts.append(f"every gain is accepted or declared: {_what(gains)}")
    if may:
        parts.append(f"{_who(may)} may be able to do more: {_what(may)}")
    if broken := changes(result, "breaks"):
        parts.append(f"{_who(broken)} gets an error now: {_what(broken)}")
    if not gains and not may:
        parts.insert(0, "nobody gains by the rest" if hidden else "nobody gains access")
    if lost := changes(result, "loses", "may lose"):
        parts.append(f"{_who(lost)} can do less: {_what(lost)}")
    elif not gains and not may and not changes(result, "breaks"):
        parts.append(unchanged(result))
    return "; ".join([hidden, *parts] if hidden else parts)


def unknown(result: Result) -> str:
    """Return what could not be compared, in a few words, or the empty string."""
    several = [one for one in result.not_checked if one.fails]
    if not several:
        return ""
    more = f" and {len(several) - 1} more" if len(several) > 1 else ""
    return f"not everything could be compared: {several[0].what} {several[0].why.partition(';')[0]}{more}"


def unchanged(result: Result) -> str:
    """Return how it is known that nothing changes; nothing is proved where something could not be compared."""
    if unknown(result) and not result.summary["rows"]:
        return "nothing else that decides about access differs"
    if not result.summary["tables"] and not result.summary["rows"]:
        return "equal (proved): nothing that decides about access differs"
    rows, callers = result.summary["rows"], result.summary["callers"]
    return f"no change seen in {rows} rows × {callers} callers"  # noqa: RUF001  the sign for times


def tried(result: Result) -> str:
    """Return how much was tried."""
    rows, callers = result.summary["rows"], result.summary["callers"]
    if not rows:
        return unchanged(result)
    return f"{callers} made-up callers tried every command on the same {rows} made-up rows, before and after"


def _who(several: Sequence[Change]) -> str:
    return " and ".join(dict.fromkeys(one["role"] for one in several))


def _what(several: Sequence[Change]) -> str:
    by_object: dict[str, dict[str, None]] = {}
    for one in several:
        command = str(one["command"])
        by_object.setdefault(str(one["object"]), {})[DOES.get(command, command)] = None
    shown = [f"{', '.join(commands)} {name}" for name, commands in by_object.items()]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")


def schema_change(one: Change, shown: Callable[[str], str]) -> str:
    """Return what happened to an object of the schema in one line, with what a policy says before and after.

    Args:
        one: An entry of the list `objects`.
        shown: What prints a name or a definition.
    """
    if one["how"] == "renamed":
        was = str(one["name"]).removesuffix(one["after"]) + one["before"]
        how = ", taken for a rename" if one["what"] in ("table", "column") else " renamed"
        return f"{one['what']} {shown(was)} → {shown(one['name'])}{how}"
    text = f"{one['what']} {shown(one['name'])} {one['how']}"
    if one["how"] == "changed":
        return f"{text}: {' → '.join(shown(side) for side in _differing(one['before'], one['after']))}"
    return f"{text}: {shown(_cut(one['before'] or one['after']))}" if one["what"] == "policy" else text


def _differing(before: str, after: str) -> tuple[str, str]:
    """Return two definitions on one line each, cut so that the first difference is in what is left."""
    old, new = (" ".join(side.split()) or "—" for side in (before, after))
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    pairs = enumerate(zip(old, new, strict=False))
    start = next((at for at, (was, now) in pairs if was != now), min(len(old), len(new))) - _KEPT
    start = old.rfind(" ", 0, start) + 1 if start > 0 else 0
    mark = "… " if start else ""
    return mark + _cut(old[start:]), mark + _cut(new[start:])


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else (text[:_LONGEST].rpartition(" ")[0] or text[:_LONGEST]) + " …"


def whose(change: Change) -> str:
    """Return the callers of a change where they are not everybody of the role; a comma may stand in a name."""
    names = list(change["callers"])
    return f"{len(names)} callers: {'; '.join(names)}" if len(names) > 1 else names[0]


def script(change: Change) -> str:
    """Return SQL that shows a change: run it on both sides, in a database with the row."""
    if change["statement"].startswith("GET "):
        return str(change["statement"])
    lines = ["BEGIN;"]
    if change["claims"]:
        lines.append(f"SELECT pg_catalog.set_config('request.jwt.claims', {literal(_brief(change['claims']))}, true);")
    lines += [f"SET LOCAL ROLE {identifier(change['role'])};", f"{change['statement']};", "ROLLBACK;"]
    lines += [f"-- {line(change['row'])}"] if change["row"] else []
    lines += [f"-- before: {change['before']}", f"-- after: {change['after']}"]
    return "\n".join(lines)


def _brief(claims: str) -> str:
    """Return claims without those that every token has."""
    values = json.loads(claims)
    usual = {"aud", "session_id", "email", "is_anonymous"}
    kept = {name: value for name, value in values.items() if name not in usual and value not in ({}, None)}
    if kept.get("app_metadata") == {"provider": "email", "providers": ["email"]}:
        del kept["app_metadata"]
    return json.dumps(kept)
