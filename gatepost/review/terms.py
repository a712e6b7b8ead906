"""What a project never allows to be gained, what it accepts, and what a pull request declares in its own words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from gatepost.errors import SettingsError
from gatepost.review.verdict.access_change import AccessChange

_TRAILER = re.compile(r"^[ \t>*-]*access:[ \t]*(?P<said>.+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_PATTERN = re.compile(
    r"(?P<role>\S+)(?:\s+(?:gains|may gain))?"
    r"\s+(?P<commands>public url|[\w*]+(?:\s*(?:,|\band\b)\s*[\w*]+)*)\s+on\s+(?P<object>\S.*)",
    re.IGNORECASE,
)
_EXAMPLE = 'never = ["anon insert on *", "* select on public.provider_credentials"]'
_ACCEPTED = '{ change = "anon gains select on public.notices", reason = "published on purpose", until = 2027-01-31 }'
_COMMANDS = frozenset("select insert update delete truncate call write * any".split()) | {"public url"}
_WRITE = ("insert", "update", "delete", "truncate")


@dataclass(frozen=True)
class Pattern:
    """Some changes, by role, command and object; `*` stands for any."""

    text: str
    role: str
    commands: tuple[str, ...]
    object: str

    def covers(self, change: AccessChange) -> bool:
        """Return whether a change is one of them."""
        if not fnmatchcase(change.role, self.role) and change.role != self.role:
            return False
        commands = {one for name in self.commands for one in (_WRITE if name == "write" else (name,))}
        if not commands & {change.command, "*", "any"}:
            return False
        return change.object == self.object or fnmatchcase(change.object, self.object)


@dataclass(frozen=True)
class Accepted:
    """Changes that the project accepts, with the reason; not after `until`."""

    pattern: Pattern
    reason: str
    until: date | None = None


@dataclass(frozen=True)
class Terms:
    """`[tool.gatepost.review]`, and what a pull request declares.

    Args:
        never: What nobody may gain, whoever accepts or declares it.
        accepted: What is fine.
        declared: What the pull request says that it does.
    """

    never: tuple[Pattern, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    declared: tuple[Pattern, ...] = ()

    def judge(self, change: AccessChange, today: date) -> AccessChange:
        """Return a change with what the terms say of it."""
        if change.verdict not in ("gains", "may gain"):
            return change
        if forbidden := next((one for one in self.never if one.covers(change)), None):
            return replace(change, never=forbidden.text)
        for one in self.accepted:
            if one.pattern.covers(change) and (one.until is None or today <= one.until):
                return replace(change, accepted=one.reason)
        if any(one.covers(change) for one in self.declared):
            return replace(change, accepted="declared by the pull request")
        return change

    def unused(self, changes: Sequence[AccessChange], today: date) -> Iterable[str]:
        """Yield what the pull request declares and does not do, and what was accepted until a day that is past."""
        gains = [one for one in changes if one.verdict in ("gains", "may gain")]
        for pattern in self.declared:
            if not any(pattern.covers(one) for one in gains):
                yield f'"Access: {pattern.text}" is declared, and nobody gains that'
        for one in self.accepted:
            if one.until is not None and today > one.until and any(one.pattern.covers(gain) for gain in gains):
                yield f'"{one.pattern.text}" was accepted until {one.until}'


def read_terms(
    table: Mapping[str, object],
    description: str = "",
    base: Mapping[str, object] | None = None,
    *,
    trusted: bool = True,
) -> Terms:
    """Read what a project says in `[tool.gatepost.review]`, and the declarations of a description or of trailers.

    Args:
        table: The settings.
        description: The pull request's description, or messages of commits, with lines `Access: ROLE gains …`.
        base: The settings before the pull request: what they say never holds, whatever the pull request says.
        trusted: Whether the pull request may accept something in its own settings; else those of the base count alone.

    Raises:
        SettingsError: something in the table is not known, or is no pattern.
    """
    own, old = _of_settings(table), _of_settings(base or {})
    declared = (_pattern(found["said"]) for found in _TRAILER.finditer(description))
    return Terms(
        tuple(dict.fromkeys((*old.never, *own.never))),
        own.accepted if trusted else old.accepted,
        tuple(one for one in declared if one is not None),
    )


def _of_settings(table: Mapping[str, object]) -> Terms:
    for key in table:
        if key not in ("never", "accept"):
            near = difflib.get_close_matches(key, ("never", "accept"), 1)
            raise SettingsError(
                f'unknown key "{key}" in [tool.gatepost.review]', f'Did you mean "{near[0]}"?' if near else _EXAMPLE
            )
    never, accept = table.get("never", []), table.get("accept", [])
    if not isinstance(never, list) or not all(isinstance(one, str) for one in never):
        raise SettingsError('"never" in [tool.gatepost.review] is not a list of texts', _EXAMPLE)
    if not isinstance(accept, list) or not all(isinstance(one, dict) for one in accept):
        raise SettingsError('"accept" in [tool.gatepost.review] is not a list of tables', f"accept = [{_ACCEPTED}]")
    return Terms(tuple(_known(one) for one in never), tuple(_accepted(one) for one in accept))


def _accepted(said: Mapping[str, object]) -> Accepted:
    change, reason, until = said.get("change"), said.get("reason"), said.get("until")
    if not isinstance(change, str) or not isinstance(reason, str) or not reason.strip():
        raise SettingsError("an entry of accept in [tool.gatepost.review] has no change or no reason", _ACCEPTED)
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            raise SettingsError(f'"until" of "{change}" is "{until}", which is no day', _ACCEPTED) from None
    if until is not None and not isinstance(until, date):
        raise SettingsError(f'"until" of "{change}" is no day', _ACCEPTED)
    return Accepted(_known(change), reason.strip(), until)


def _known(text: str) -> Pattern:
    found = _pattern(text)
    if found is None:
        raise SettingsError(
            f'"{text}" in [tool.gatepost.review] is no change of access', "ROLE COMMAND on SCHEMA.TABLE"
        )
    return found


def _pattern(text: str) -> Pattern | None:
    """Return a pattern, or None where a text is none: a description may hold any words after "Access:"."""
    found = _PATTERN.fullmatch(text.strip().rstrip("."))
    if found is None:
        return None
    commands = tuple(re.split(r"\s*,\s*|\s+and\s+", found["commands"].lower()))
    if not set(commands) <= _COMMANDS:
        return None
    name = found["object"].strip("`\"' ")
    if "." not in name and "*" not in name and not name.startswith("storage bucket"):
        name = f"public.{name}"
    return Pattern(text.strip(), found["role"].strip("`"), commands, name)
