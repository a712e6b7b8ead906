"""The options, plan, problems and result of a push of users, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gatepost.transfer.mapping.new_ids import NewIds
from gatepost.transfer.users.columns import Columns, Question

Inactive = Literal["ban", "skip"]
"""What to do with an account that may not sign in."""


@dataclass(frozen=True, slots=True)
class UsersOptions:
    """The options of `gatepost users`.

    Args:
        table: The table of users.
        columns: Parts of a user and the columns that hold them, where their names do not say so.
        ignore: Columns to ignore, although they may decide who can sign in.
        inactive: Whether an account that may not sign in is banned in Auth, or skipped; required if there are any.
        without_password: Whether to create a user without a password if Auth does not accept the hash.
        overwrite: Whether a user that is there already is made as the source says, where the two differ.
        new_ids: What makes UUIDs of the numbers of users, as the mapping of the transfer does.
    """

    table: str = "users"
    columns: tuple[tuple[str, str], ...] = ()
    ignore: tuple[str, ...] = ()
    inactive: Inactive | None = None
    without_password: bool = False
    overwrite: bool = False
    new_ids: NewIds | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user as Auth takes it, with an address, a phone number or both.

    The hash is not printed, and a phone number is only digits, as Auth stores it.
    """

    id: str
    email: str | None
    password_hash: str | None = field(default=None, repr=False)
    name: str | None = None
    created_at: str | None = None
    banned: bool = False
    confirmed: bool = True
    more: tuple[tuple[str, object], ...] = ()
    phone: str | None = None

    @property
    def metadata(self) -> dict[str, object]:
        """What the user may read and change: the name, and the columns that somebody put there."""
        return {**({"name": self.name} if self.name else {}), **dict(self.more)}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of one user; `value` is shortened, and never a hash."""

    user: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between an existing user and the source."""

    user: str
    what: str


def is_same(user: User, email: str, phone: str) -> bool:
    """Return whether the user of the same id in Auth is this one: by its address, or by its number without one."""
    return email.lower() == user.email if user.email is not None else phone == user.phone


def compared_metadata(
    user: User, there: dict[str, object], *, overwrite: bool
) -> tuple[dict[str, object], list[Difference]]:
    """Return the metadata to set of a user that is there already, and the differences that stay."""
    other = {key: value for key, value in user.metadata.items() if there.get(key) != value}
    missing = {key: value for key, value in other.items() if overwrite or there.get(key) is None}
    return missing, [Difference(user.id, f"has another {key} there") for key in other if key not in missing]


@dataclass(frozen=True, slots=True)
class UsersPlan:
    """The users that can be pushed, the problems of those that cannot, and the number of skipped rows.

    `left` counts the values of each column that is not moved.
    """

    users: tuple[User, ...]
    problems: tuple[Problem, ...]
    columns: Columns = field(default_factory=lambda: Columns(()))
    rows: int = 0
    skipped: int = 0
    hashes_left: int = 0
    overwrite: bool = False
    left: tuple[tuple[str, int], ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """The columns that have to be mapped or ignored first."""
        return self.columns.questions

    @property
    def without_password(self) -> int:
        """The number of users who will have to reset their password or sign in another way."""
        return sum(user.password_hash is None for user in self.users)

    @property
    def banned(self) -> int:
        """The number of users who may not sign in."""
        return sum(user.banned for user in self.users)

    @property
    def unconfirmed(self) -> int:
        """The number of users whose address nobody has verified."""
        return sum(user.email is not None and not user.confirmed for user in self.users)

    @property
    def without_address(self) -> int:
        """The number of users who have a phone number and no address."""
        return sum(user.email is None for user in self.users)


@dataclass(frozen=True, slots=True)
class Pushed:
    """The result of a push; `differences` are those that it did not change."""

    created: int
    present: int
    repaired: int = 0
    differences: tuple[Difference, ...] = ()
