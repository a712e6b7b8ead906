"""Create users by the admin API, with the `supabase` client, which works for every hosted project.

The API creates one user per request, at the rate that the caller chooses. A push that was interrupted continues: an
existing user is compared, and completed if something is missing. The API never returns a password hash, so existing
passwords cannot be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.users.values import Difference, Pushed, User, UsersPlan, compared_metadata

_ATTEMPTS = 6
_LONGEST_WAIT = 300.0
_TOO_MANY = 429
_FOR_EVER = "876000h"
"""The duration of a permanent ban: a hundred years."""

_TAKEN = {"email_exists", "user_already_exists", "conflict"}


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
    created = present = repaired = 0
    differences: list[Difference] = []
    for number, user in enumerate(plan.users):
        if user.id not in finished:
            try:
                there = _push(admin, user, wait)
                if there is None:
                    created += 1
                else:
                    present += 1
                    lacking, differs = _compared(user, there, overwrite=plan.overwrite)
                    differences += differs
                    if lacking:
                        _repair(admin, user, lacking, wait)
                        repaired += 1
            except AuthRetryableError as error:
                message = f'"{url}" did not answer after {created + present} users: {error}'
                raise TransferError(message, "push again when it does; finished users are skipped") from None
            except AuthError as error:
                message = f'"{user.email}" was refused after {created + present} users: {error}'
                raise TransferError(message, "fix it and push again; finished users are skipped") from None
            if done:
                with done.open("a") as file:
                    file.write(f"{user.id}\n")
            wait(1 / rate)
        else:
            present += 1
        if progress:
            progress(number + 1, len(plan.users))
    return Pushed(created, present, repaired, tuple(differences))


def attributes(user: User) -> dict[str, Any]:
    """Return a user as the admin API takes it: supabase/auth, internal/api/admin.go."""
    found: dict[str, Any] = {"id": user.id, "email": user.email, "email_confirm": user.confirmed}
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
    phone = (there.phone or "").removeprefix("+")
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
    if user.confirmed and not confirmed and overwrite:
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


def _patiently(request: Callable[[], object], wait: Callable[[float], None]) -> None:
    """Send a request, and repeat it if the service says to wait."""
    from supabase_auth.errors import AuthError, AuthRetryableError

    attempt = 0
    while True:
        try:
            request()
        except AuthError as error:
            again = isinstance(error, AuthRetryableError) or _status(error) == _TOO_MANY
            attempt += 1
            if not again or attempt == _ATTEMPTS:
                raise
            wait(min(_requested_wait(error) or 2.0 ** (attempt - 1) / 2, _LONGEST_WAIT))
        else:
            return


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
    """Return the user that has the id, if it has the address too."""
    from supabase_auth.errors import AuthApiError

    try:
        found = admin.get_user_by_id(user.id).user
    except AuthApiError:
        return None
    return found if (found.email or "").lower() == user.email else None
