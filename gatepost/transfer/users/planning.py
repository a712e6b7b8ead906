"""Which users can be pushed, and what stands against the others; nothing is sent here."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.times import moment_from_text
from gatepost.transfer.encode import shortened
from gatepost.transfer.source import Source
from gatepost.transfer.values import Type

_HASHES = re.compile(
    r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"  # bcrypt, at a cost that it has
    r"|\$argon2(?:i|id)\$v=[0-9]+\$[mtp=,0-9]+\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*"
    r"|\$fbscrypt\$v=1,\S+\$\S+\$\S+"  # Firebase scrypt
)
"""What Supabase Auth takes as `password_hash`: supabase/auth, internal/models/user.go."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MOMENT = Type("timestamptz", "timestamp with time zone")
_WANTED = ("id", "email", "password_hash", "name", "created_at")


@dataclass(frozen=True, slots=True)
class User:
    """A user as Auth takes it; the hash is not printed."""

    id: str
    email: str
    password_hash: str | None = field(default=None, repr=False)
    name: str | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands against one user; `value` is shortened, and never a hash."""

    user: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class UsersPlan:
    """The users that can be pushed, and the problems of those that cannot."""

    users: tuple[User, ...]
    problems: tuple[Problem, ...]

    @property
    def without_password(self) -> int:
        """The number of users who will have to ask for a new password or sign in another way."""
        return sum(user.password_hash is None for user in self.users)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did."""

    created: int
    present: int


def plan_users(path: Path, table: str = "users") -> UsersPlan:
    """Read the app's users and hold each against what Auth demands.

    Args:
        path: The SQLite file.
        table: The table of users, with columns `id` and `email`, and `password_hash`, `name`, `created_at` if any.

    Raises:
        TransferError: the file cannot be read, or has no such table.
    """
    with Source(path) as source:
        source.quick_check()
        found = next((t for t in source.tables if t.name.lower() == table.lower()), None)
        if found is None:
            raise TransferError(f'"{path}" has no table "{table}"', "--table NAME")
        columns = {column.name.lower(): column.name for column in found.columns}
        missing = [name for name in ("id", "email") if name not in columns]
        if missing:
            raise TransferError(f'table "{table}" has no column "{missing[0]}"')
        present = tuple(columns[name] for name in _WANTED if name in columns)
        names = tuple(name for name in _WANTED if name in columns)
        rows = [dict(zip(names, row, strict=False)) for batch in source.batches(found, present) for row in batch]
    return _plan(rows)


def _plan(rows: list[dict[str, Any]]) -> UsersPlan:
    emails = Counter(_folded(row["email"]) for row in rows)
    ids = Counter(str(row["id"]).lower() for row in rows)
    users, problems = [], []
    for row in rows:
        found = [*_of_id(row, ids), *_of_email(row, emails), *_of_rest(row)]
        if found:
            problems += found
        else:
            users.append(
                User(row["id"], _folded(row["email"]), row.get("password_hash"), row.get("name"), _created(row))
            )
    return UsersPlan(tuple(users), tuple(problems))


def _folded(email: Any) -> str:  # noqa: ANN401 - SQLite keeps any value in any column
    # Auth folds an address to lower case before it stores and compares it.
    return email.strip().lower() if isinstance(email, str) else ""


def _of_id(row: dict[str, Any], ids: Counter[str]) -> list[Problem]:
    value = row["id"]
    who = shortened(value)
    try:
        canonical = str(uuid.UUID(value)) if isinstance(value, str) else ""
    except ValueError:
        canonical = ""
    if not canonical:
        return [Problem(who, "id", who, "is not a UUID, which every id of Auth is")]
    if canonical == str(uuid.UUID(int=0)):
        return [Problem(who, "id", who, "is the nil UUID, which Auth refuses")]
    if value != canonical:
        reason = f'is not written as auth.uid() prints it ("{canonical}"), so no policy would find its rows'
        return [Problem(who, "id", who, reason)]
    if ids[value] > 1:
        return [Problem(who, "id", who, "is there more than once")]
    return []


def _of_email(row: dict[str, Any], emails: Counter[str]) -> list[Problem]:
    who, value, folded = shortened(row["id"]), row["email"], _folded(row["email"])
    if not folded:
        return [Problem(who, "email", shortened(value), "is no e-mail address, without which nobody can sign in")]
    if not _EMAIL.fullmatch(folded) or len(folded) > 255:
        return [Problem(who, "email", shortened(value), "is not an e-mail address")]
    if emails[folded] > 1:
        return [
            Problem(who, "email", shortened(value), f"is the address of {emails[folded]} users, and Auth allows one")
        ]
    return []


def _of_rest(row: dict[str, Any]) -> list[Problem]:
    who, secret, name = shortened(row["id"]), row.get("password_hash"), row.get("name")
    problems = []
    if secret is not None and not (isinstance(secret, str) and _HASHES.fullmatch(secret)):
        problems.append(Problem(who, "password_hash", "…", "is in no form that Auth knows (bcrypt, argon2, fbscrypt)"))
    if name is not None and not (isinstance(name, str) and _storable(name)):
        problems.append(Problem(who, "name", shortened(name), "is not text that can be stored"))
    try:
        _created(row)
    except Refused as refused:
        problems.append(Problem(who, "created_at", shortened(row["created_at"]), str(refused)))
    return problems


def _storable(text: str) -> bool:
    try:
        return "\0" not in text and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False


def _created(row: dict[str, Any]) -> str | None:
    value = row.get("created_at")
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused("is not a moment (YYYY-MM-DD HH:MM:SS)")
    return moment_from_text(value, _MOMENT, How())
