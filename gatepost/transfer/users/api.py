"""Create users by the admin API, with the `supabase` client, which works for every hosted project.

The API creates one user per request, at the rate that the caller chooses. A push that was interrupted continues: an
existing user is compared, and completed if something is missing. Existing users are read a thousand per request, once
the first of them is met. The API never returns a password hash, so existing passwords cannot be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gatepost.errors import TransferError
from gatepost.transfer.users.values import Difference, Pushed, User, UsersPlan, compared_metadata, is_same

T = TypeVar("T")

_ATTEMPTS = 6
_LONGEST_WAIT = 300.0
_TOO_MANY = 429
_PAGE = 1_000
_WORTH_A_PAGE = 20
"""As many single requests are worth a page of the list of all users."""

_FOR_EVER = "876000h"
"""The duration of a permanent ban: a hundred years."""

_TAKEN = {"email_exists", "phone_exists", "user_already_exists", "conflict"}


def push_by_api(
    url: str,
    key: str,
    plan: UsersPlan,
    *,
    rate: float = 10.0,
    done: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Pushed:
    """Create the users that do not exist yet, and compare those that do.

    Args:
        url: The project's URL.
        key: A secret key; it is only sent, never printed.
        plan: What `plan_users` found, without problems.
        rate: The maximum number of requests per second.
        done: A file that keeps the finished ids, so that another push skips them.
        progress: Called with the number of users done and the total.
        wait: Sleeps; a test need not.

    Raises:
        TransferError: the key or a user is refused, or the service does not answer; says how many are done.
    """
    from supabase_auth.errors import AuthError, AuthRetryableError

    from supabase import create_client

    try:
        admin = create_client(url, key).auth.admin
    except Exception as error:  # noqa: BLE001 - the client has no common type for a bad URL or key
        raise TransferError(
            f'"{url}" or its key cannot be used: {error}', "set SUPABASE_URL and SUPABASE_SECRET_KEY"
        ) from None
    finished = set(done.read_text().split()) if done and done.exists() else set()
    pushing = _Pushing(admin, plan, rate, wait)
    for number, user in enumerate(plan.users):
        if user.id not in finished:
            try:
                pushing.push(user, len(plan.users) - number)
            except AuthRetryableError as error:
                message = f'"{url}" did not answer after {pushing.done} users: {error}'
                raise TransferError(message, "push again when it does; finished users are skipped") from None
            except AuthError as error:
                message = f'"{user.email or user.id}" was refused after {pushing.done} users: {error}'
                raise TransferError(message, "fix it and push again; finished users are skipped") from None
            if done:
                with done.open("a") as file:
                    file.write(f"{user.id}\n")
        else:
            pushing.present += 1
        if progress:
            progress(number + 1, len(plan.users))
    return Pushed(pushing.created, pushing.present, pushing.repaired, tuple(pushing.differences))


class _Pushing:
    """The users that one push has created, found and repaired."""

    def __init__(self, admin: Any, plan: UsersPlan, rate: float, wait: Callable[[float], None]) -> None:  # noqa: ANN401
        self.admin, self.plan, self.wait = admin, plan, wait
        self.pause = 1 / rate
        self.known: dict[str, Any] | None = None
        self.created = self.present = self.repaired = 0
        self.differences: list[Difference] = []

    @property
    def done(self) -> int:
        """The number of users that are there now."""
        return self.created + self.present

    def push(self, user: User, left: int) -> None:
        """Create one user, or compare and complete the one that is there; `left` users are still to come."""
        there = self.known.pop(user.id, None) if self.known else None
        if there is None:
            there = _push(self.admin, user, self.wait)
            self.wait(self.pause)
            if there is not None and self.known is None:
                self.known = self._list(left // _WORTH_A_PAGE)
        if there is None:
            self.created += 1
            return
        self.present += 1
        lacking, differs = _compared(user, there, overwrite=self.plan.overwrite)
        self.differences += differs
        if lacking:
            _repair(self.admin, user, lacking, self.wait)
            self.repaired += 1
            self.wait(self.pause)

    def _list(self, pages: int) -> dict[str, Any]:
        """Return the users of the plan that are there, from so many pages at most.

        Users that sign up meanwhile move others from one page to the next; who is missed is found when it is created.
        """
        wanted = {user.id: user for user in self.plan.users}
        known: dict[str, Any] = {}
        for page in range(1, pages + 1):
            found = _patiently(partial(self.admin.list_users, page, _PAGE), self.wait)
            self.wait(self.pause)
            known |= {one.id: one for one in found if one.id in wanted and _is_same(wanted[one.id], one)}
            if len(found) < _PAGE:
                break
        return known


def attributes(user: User) -> dict[str, Any]:
    """Return a user as the admin API takes it: supabase/auth, internal/api/admin.go."""
    found: dict[str, Any] = {"id": user.id}
    if user.email is not None:
        found |= {"email": user.email, "email_confirm": user.confirmed}
    if user.phone is not None:
        found["phone"] = user.phone
    if user.password_hash is not None:
        found["password_hash"] = user.password_hash
    if user.metadata:
        found["user_metadata"] = user.metadata
    if user.banned:
        found["ban_duration"] = _FOR_EVER
    return found


def _compared(user: User, there: Any, *, overwrite: bool) -> tuple[dict[str, Any], list[Difference]]:  # noqa: ANN401
    """Return the attributes to set of a user that is there already, and the differences that stay."""
    lacking: dict[str, Any] = {}
    differs = []
    missing, others = compared_metadata(user, there.user_metadata or {}, overwrite=overwrite)
    if missing:
        lacking["user_metadata"] = missing
    differs += others
    phone = _number(there.phone)
    if user.phone is not None and user.phone != phone:
        if phone and not overwrite:
            differs.append(Difference(user.id, "has another phone number there"))
        else:
            lacking["phone"] = user.phone
    banned = _banned(there.banned_until)
    if user.banned and not banned:
        lacking["ban_duration"] = _FOR_EVER
    elif banned and not user.banned:
        if overwrite:
            lacking["ban_duration"] = "none"
        else:
            differs.append(Difference(user.id, "is banned there, and may sign in here"))
    confirmed = there.email_confirmed_at is not None
    if user.email is None:
        differs += [Difference(user.id, "has an address there, and none here")] if there.email else []
    elif user.confirmed and not confirmed and overwrite:
        lacking["email_confirm"] = True
    elif user.confirmed != confirmed:
        # The API takes no confirmation back.
        what = "unverified there, and verified here" if user.confirmed else "verified there, and not verified here"
        differs.append(Difference(user.id, f"has an address that is {what}"))
    return lacking, differs


def _banned(until: str | None) -> bool:
    return until is not None and datetime.fromisoformat(until) > datetime.now(UTC)


def _push(admin: Any, user: User, wait: Callable[[float], None]) -> Any:  # noqa: ANN401 - the client's own type
    """Create one user; return it where it was there already, else None."""
    from supabase_auth.errors import AuthError

    try:
        _patiently(partial(admin.create_user, attributes(user)), wait)
    except AuthError as error:
        there = _there(admin, user) if error.code in _TAKEN else None
        if there is None:
            raise
        return there
    return None


def _repair(admin: Any, user: User, lacking: dict[str, Any], wait: Callable[[float], None]) -> None:  # noqa: ANN401
    _patiently(partial(admin.update_user_by_id, user.id, lacking), wait)


def _patiently(request: Callable[[], T], wait: Callable[[float], None]) -> T:
    """Send a request, and repeat it if the service says to wait; return the answer."""
    from supabase_auth.errors import AuthError, AuthRetryableError

    attempt = 0
    while True:
        try:
            return request()
        except AuthError as error:
            again = isinstance(error, AuthRetryableError) or _status(error) == _TOO_MANY
            attempt += 1
            if not again or attempt == _ATTEMPTS:
                raise
            wait(min(_requested_wait(error) or 2.0 ** (attempt - 1) / 2, _LONGEST_WAIT))


def _status(error: Exception) -> int:
    """Return the status of an answer, also of one that the client could not read, such as a proxy's page."""
    response = getattr(error.__cause__, "response", None)
    return int(response.status_code) if response is not None else int(getattr(error, "status", None) or 0)


def _requested_wait(error: Exception) -> float:
    """Return the seconds to wait that a response gives (Retry-After, RFC 9110), or 0."""
    response = getattr(error.__cause__, "response", None)
    wait = str(response.headers.get("retry-after", "")).strip() if response is not None else ""
    if wait.isdigit():
        return float(wait)
    try:
        until = parsedate_to_datetime(wait)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else 0.0


def _there(admin: Any, user: User) -> Any:  # noqa: ANN401 - the client's own type
    """Return the user that has the id, if it is the same one."""
    from supabase_auth.errors import AuthApiError

    try:
        found = admin.get_user_by_id(user.id).user
    except AuthApiError:
        return None
    return found if _is_same(user, found) else None


def _is_same(user: User, there: Any) -> bool:  # noqa: ANN401 - the client's own type
    return is_same(user, there.email or "", _number(there.phone))


def _number(phone: str | None) -> str:
    return (phone or "").removeprefix("+")
