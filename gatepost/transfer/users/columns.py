"""Recognise the columns of the app's table of users by name; never skip one that may decide who can sign in."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, get_args

from gatepost.errors import TransferError
from gatepost.transfer.source.tables import SourceTable

Part = Literal["id", "email", "phone", "password", "name", "created_at", "active", "blocked", "verified", "metadata"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What Auth keeps of a user; `active`, `blocked` and `verified` become a ban and an unconfirmed address.

Users can read and change their metadata, and every token holds it; and whoever holds a phone number may sign in by it.
So a column becomes `metadata` or `phone` only where somebody says so."""

_NAMES: dict[Part, tuple[str, ...]] = {
    "id": ("id",),
    "email": ("email", "email_address", "mail", "e_mail"),
    "name": ("name", "full_name", "fullname", "display_name"),
    "created_at": ("created_at", "created", "created_on", "date_joined", "joined_at", "registered_at"),
}
"""Whole names, in the order in which they are taken."""

_ACTIVE = frozenset("active enabled activated".split())
_BLOCKED = frozenset(
    "disabled inactive deactivated banned blocked suspended locked lockout deleted removed archived closed".split()
)
_VERIFIED = frozenset("verified confirmed validated".split())
_PASSWORD = frozenset("password passwd pwd passphrase passhash pwhash".split())
_DECIDING = (
    _ACTIVE
    | _BLOCKED
    | _VERIFIED
    | frozenset(
        "status state approved approval pending invited expires expired expiry allowed access mfa totp otp 2fa"
        " twofactor factor webauthn ban block lock disable verify unverified".split()
    )
)
"""Words of columns that can decide who may sign in."""

_PLAIN = frozenset("is was at on date time until user account email mail flag hash hashed encrypted digest the".split())
"""Words that leave the meaning of those beside them as it is."""

_OTHERWISE = frozenset("last count num number attempts changed change reset token hint salt".split())
"""Words by which a column is about something that happened, and holds no password."""


@dataclass(frozen=True, slots=True)
class Question:
    """A column that somebody who knows the app has to map or ignore."""

    column: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The use of each column of the table.

    `of` are the columns that are taken, by part; several columns can block an account. `passed_over` are not moved, and
    decide nothing that can be read from their names; `ignored` are those that the person named.
    """

    of: tuple[tuple[Part, str], ...]
    passed_over: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    def all(self, part: Part) -> tuple[str, ...]:
        """Return the columns that are this part of a user."""
        return tuple(name for one, name in self.of if one == part)

    def one(self, part: Part) -> str | None:
        """Return the column that is this part, or None."""
        return next(iter(self.all(part)), None)


def find_columns(table: SourceTable, given: tuple[tuple[str, str], ...], ignore: tuple[str, ...]) -> Columns:
    """Decide the use of each column.

    Args:
        table: The app's table of users.
        given: Parts and columns, as the person mapped them.
        ignore: Columns that the person leaves out.

    Raises:
        TransferError: a part or column is not there, or a user would have no id, or neither address nor phone number.
    """
    names = {column.name.lower(): column.name for column in table.columns}
    taken: list[tuple[Part, str]] = [(_part(part), _known(table, names, name)) for part, name in given]
    ignored = tuple(_known(table, names, name) for name in ignore)
    said = {part for part, _ in taken}
    left = [name for name in names.values() if name not in ignored and name not in {found for _, found in taken}]
    for part, usual in _NAMES.items():
        if part not in said:
            found = next((names[name] for name in usual if names.get(name) in left), None)
            taken += [(part, found)] if found is not None else []
            left = [name for name in left if name != found]
    questions: list[Question] = []
    for name in list(left):
        by_name = _by_words(name)
        if by_name is None:
            continue
        left.remove(name)
        if by_name == "decides":
            questions.append(_question(name, "can decide who may sign in"))
        elif by_name in said:
            questions.append(_question(name, f'looks like "{by_name}" too, beside the one that was named'))
        else:
            taken.append((by_name, name))
    questions += _twice(taken)
    found_parts = {part for part, _ in taken}
    if "id" not in found_parts:
        raise TransferError(f'table "{table.name}" has no column "id"', "--column id=NAME")
    if not found_parts & {"email", "phone"}:
        raise TransferError(
            f'table "{table.name}" has no column "email", and Auth creates nobody without an address or a phone number',
            "--column email=NAME, or --column phone=NAME",
        )
    return Columns(tuple(taken), tuple(left), ignored, tuple(questions))


def _by_words(name: str) -> Part | Literal["decides"] | None:
    parts = frozenset(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
    rest = parts - _PLAIN
    if parts & _OTHERWISE:
        return None
    if rest & _PASSWORD:
        return "password"
    kinds: tuple[tuple[Part, frozenset[str]], ...] = (
        ("active", _ACTIVE),
        ("blocked", _BLOCKED),
        ("verified", _VERIFIED),
    )
    for part, known in kinds:
        if rest and rest <= known:
            return part
    return "decides" if rest & _DECIDING else None


def _twice(taken: list[tuple[Part, str]]) -> list[Question]:
    """Add a question if two columns look like the same part; several columns may block an account."""
    once: dict[Part, str] = {}
    found = []
    for part, name in taken:
        if part not in ("blocked", "metadata") and part in once:
            found.append(_question(name, f'looks like "{part}", as "{once[part]}" does'))
        once.setdefault(part, name)
    return found


def _question(name: str, reason: str) -> Question:
    return Question(name, reason, f"--column PART={name} (active, blocked, verified, …) or --ignore-column {name}")


def _part(text: str) -> Part:
    for part in PARTS:
        if text == part:
            return part
    near = difflib.get_close_matches(text, PARTS, 1)
    hint = f'Did you mean "{near[0]}"?' if near else f"--column PART=NAME, where PART is {', '.join(PARTS)}"
    raise TransferError(f'"{text}" is not a part of a user', hint)


def _known(table: SourceTable, names: dict[str, str], name: str) -> str:
    if name.lower() not in names:
        raise TransferError(f'table "{table.name}" has no column "{name}"', f"it has {', '.join(names.values())}")
    return names[name.lower()]
