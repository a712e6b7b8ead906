"""Plan which users can be pushed, and list the problems of the others; nothing is sent here."""

from __future__ import annotations

import math
import re
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.casts.times import moment_from_text
from gatepost.transfer.encode.copy_text import shortened
from gatepost.transfer.masking import shown
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.users.columns import Columns, find_columns
from gatepost.transfer.users.passwords import recognise
from gatepost.transfer.users.values import Problem, User, UsersOptions, UsersPlan
from gatepost.transfer.values import Type

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[1-9][0-9]{1,14}")
_CALLED = re.compile(r"phone|mobile|(?<![a-z])(?:cell|tel|msisdn)", re.IGNORECASE)
"""A name of a column that may hold phone numbers."""

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NIL = str(uuid.UUID(int=0))
_MOMENT = Type("timestamptz", "timestamp with time zone")
_YES = frozenset("1 true t yes y on active enabled verified confirmed".split())
_NO = frozenset("0 false f no n off inactive disabled unverified unconfirmed".split())
_WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{9,}")
"""A moment, which in a column such as `deleted_at` or `verified_at` says that it has happened."""


def plan_users(path: Path, options: UsersOptions | None = None) -> UsersPlan:
    """Read the app's users and check each against what Auth demands.

    Args:
        path: The SQLite file.
        options: The table, its columns, and what becomes of accounts that may not sign in.

    Raises:
        TransferError: the file cannot be read, or has no such table or column.
    """
    options = options or UsersOptions()
    with Source(path) as source:
        source.quick_check()
        found = next((t for t in source.tables if t.name.lower() == options.table.lower()), None)
        if found is None:
            raise TransferError(f'"{path}" has no table "{options.table}"', "--table NAME")
        columns = find_columns(found, options.columns, options.ignore)
        names = tuple(name for _, name in columns.of)
        rows = [dict(zip(names, row, strict=False)) for batch in source.batches(found, names) for row in batch]
        left = tuple((name, source.values(found, name)) for name in (*columns.ignored, *columns.passed_over))
    if options.new_ids is not None:
        identity = columns.one("id") or ""
        rows = [{**row, identity: options.new_ids.of(row[identity])} for row in rows]
    return replace(_Planning(columns, options, rows).plan(), left=left)


class _Planning:
    """Checks the rows of one table."""

    def __init__(self, columns: Columns, options: UsersOptions, rows: list[dict[str, Any]]) -> None:
        self.columns = columns
        self.options = options
        self.rows = rows
        self.id, self.email, self.phone = columns.one("id") or "", columns.one("email"), columns.one("phone")
        self.active, self.blocked = columns.one("active"), columns.all("blocked")
        self.verified, self.password = columns.one("verified"), columns.one("password")
        self.name, self.created_at, self.more = columns.one("name"), columns.one("created_at"), columns.all("metadata")
        self.emails = Counter(_folded(row[self.email]) for row in rows) if self.email else Counter()
        self.phones = Counter(_digits(row[self.phone]) for row in rows) if self.phone else Counter()
        self.ids = Counter(str(row[self.id]).lower() for row in rows)
        self.skipped = self.hashes_left = 0

    def plan(self) -> UsersPlan:
        users: list[User] = []
        problems: list[Problem] = []
        for row in self.rows:
            found: list[Problem] = []
            user = self._user(row, found)
            if found:
                problems += found
            elif user is not None:
                users.append(user)
        return UsersPlan(
            tuple(users),
            tuple(problems),
            self.columns,
            len(self.rows),
            self.skipped,
            self.hashes_left,
            self.options.overwrite,
        )

    def _user(self, row: dict[str, Any], found: list[Problem]) -> User | None:
        """Return the user of a row, or None to skip it; add its problems to `found`."""
        may = self._may_sign_in(row, found)
        if may is False and self.options.inactive == "skip":
            self.skipped += 1
            return None
        if may is False and self.options.inactive is None:
            blame = self._blame(row)
            found.append(self._problem(row, blame, row[blame], "may not sign in: --inactive ban, or --inactive skip"))
        found += self._of_id(row)
        phone, email = self._phone(row, found), self._email(row, found)
        confirmed = True if self.verified is None else self._truth(row, self.verified, found)
        secret = self._password(row, found)
        name, created, more = self._name(row, found), self._created(row, found), self._metadata(row, found)
        return User(str(row[self.id]), email, secret, name, created, may is False, confirmed is True, more, phone)

    def _problem(self, row: dict[str, Any], column: str, value: object, reason: str) -> Problem:
        return Problem(shortened(row[self.id]), column, shown(column, shortened(value)), reason)

    def _may_sign_in(self, row: dict[str, Any], found: list[Problem]) -> bool | None:
        """Return whether an account may sign in; None if a column does not say it clearly."""
        answers = [] if self.active is None else [self._truth(row, self.active, found)]
        for column in self.blocked:
            blocked = self._truth(row, column, found)
            answers.append(None if blocked is None else not blocked)
        return False if False in answers else None if None in answers else True

    def _blame(self, row: dict[str, Any]) -> str:
        blocking = next((name for name in self.blocked if self._truth(row, name, [])), None)
        return blocking or self.active or ""

    def _truth(self, row: dict[str, Any], column: str, found: list[Problem]) -> bool | None:
        """Return whether a column says yes; NULL says no, since what nobody set was not granted."""
        value = row[column]
        text = str(value).strip().lower() if isinstance(value, str | int | float) else ""
        if value is None or text in _NO or (isinstance(value, str) and not text):
            return False
        if text in _YES or _WHEN.fullmatch(text):
            return True
        found.append(self._problem(row, column, value, "is neither yes nor no (0, 1, true, false, or a moment)"))
        return None

    def _password(self, row: dict[str, Any], found: list[Problem]) -> str | None:
        column = self.password
        password = recognise(row[column]) if column is not None else None
        if column is None or password is None:
            return None
        if password.hash is None:
            if self.options.without_password:
                self.hashes_left += 1
                return None
            reason = f"is {password.kind}, which Auth does not accept (it accepts bcrypt, argon2 and Firebase scrypt)"
            found.append(Problem(shortened(row[self.id]), column, "…", f"{reason}: --without-password"))
        return password.hash

    def _name(self, row: dict[str, Any], found: list[Problem]) -> str | None:
        column = self.name
        name = row[column] if column is not None else None
        if column is not None and name is not None and not (isinstance(name, str) and _storable(name)):
            found.append(self._problem(row, column, name, "is not text that can be stored"))
            return None
        return name

    def _metadata(self, row: dict[str, Any], found: list[Problem]) -> tuple[tuple[str, object], ...]:
        """Return the values of the columns that somebody put into the metadata; NULL is none."""
        kept = []
        for column in self.more:
            value = row[column]
            if isinstance(value, bytes) or (isinstance(value, str) and not _storable(value)):
                found.append(self._problem(row, column, value, "is not text that can be stored"))
            elif isinstance(value, float) and not math.isfinite(value):
                found.append(self._problem(row, column, value, "is a number that JSON does not have"))
            elif value is not None:
                kept.append((column, value))
        return tuple(kept)

    def _phone(self, row: dict[str, Any], found: list[Problem]) -> str | None:
        value = row[self.phone] if self.phone is not None else None
        if self.phone is None or value is None or value == "":
            return None
        digits = _digits(value)
        if not _PHONE.fullmatch(digits):
            found.append(self._problem(row, self.phone, value, "is not a phone number with its country, +49151…"))
        elif self.phones[digits] > 1:
            reason = f"is the number of {self.phones[digits]} users, and Auth allows one"
            found.append(self._problem(row, self.phone, value, reason))
        return digits

    def _created(self, row: dict[str, Any], found: list[Problem]) -> str | None:
        column = self.created_at
        value = row[column] if column is not None else None
        if column is None or value is None:
            return None
        try:
            if not isinstance(value, str):
                raise Refused("is not a moment (YYYY-MM-DD HH:MM:SS)")
            return moment_from_text(value, _MOMENT, TimeOptions())
        except Refused as refused:
            found.append(self._problem(row, column, value, str(refused)))
            return None

    def _of_id(self, row: dict[str, Any]) -> list[Problem]:
        value = row[self.id]
        if not isinstance(value, str) or not _CANONICAL.fullmatch(value):
            return [self._problem(row, self.id, value, _no_id(value))]
        if value == _NIL:
            return [self._problem(row, self.id, value, "is the nil UUID, which Auth refuses")]
        if self.ids[value] > 1:
            return [self._problem(row, self.id, value, "is there more than once")]
        return []

    def _email(self, row: dict[str, Any], found: list[Problem]) -> str | None:
        """Return the address of a user, None where a phone number does without one."""
        value = row[self.email] if self.email is not None else None
        folded, blamed = _folded(value), self.email or self.phone or ""
        if value is None or (isinstance(value, str) and not folded):
            if self.phone is not None and row[self.phone] not in (None, ""):
                return None
            found.append(self._problem(row, blamed, value, self._unreachable))
        elif not _EMAIL.fullmatch(folded) or len(folded) > 255:
            found.append(self._problem(row, blamed, value, "is not an e-mail address"))
        elif self.emails[folded] > 1:
            reason = f"is the address of {self.emails[folded]} users, and Auth allows one"
            found.append(self._problem(row, blamed, value, reason))
        return folded

    @property
    def _unreachable(self) -> str:
        """The reason against a user without an address, and the way around that the columns of the table leave."""
        if self.phone is not None:
            return "is empty, as is the address or number beside it, and Auth creates nobody without one of the two"
        phones = [name for name in (*self.columns.passed_over, *self.columns.ignored) if _CALLED.search(name)]
        way = f"; --column phone={phones[0]} creates those who have a number there" if phones else ""
        return f"is empty, and Auth creates nobody without an address or a phone number{way}"


def _no_id(value: object) -> str:
    """Return why a value is no id of Auth, and how it is written where it is one."""
    try:
        canonical = str(uuid.UUID(value)) if isinstance(value, str) else ""
    except ValueError:
        canonical = ""
    if canonical:
        return f'is not written as auth.uid() prints it ("{canonical}"), so no policy would find its rows'
    numbered = "; --mapping FILE makes UUIDs of numbers" if isinstance(value, int) else ""
    return f"is not a UUID, which every id of Auth is{numbered}"


def _folded(email: Any) -> str:  # noqa: ANN401 - SQLite keeps any value in any column
    # Auth folds an address to lower case before it stores and compares it.
    return email.strip().lower() if isinstance(email, str) else ""


def _digits(phone: Any) -> str:  # noqa: ANN401 - as above
    # Auth takes the plus sign and spaces away before it stores and compares a number: internal/api/phone.go.
    return phone.strip().removeprefix("+").replace(" ", "") if isinstance(phone, str) else ""


def _storable(text: str) -> bool:
    try:
        return "\0" not in text and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False
