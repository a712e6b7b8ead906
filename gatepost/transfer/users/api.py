"""Users by the admin API, through the `supabase` client: the way that every hosted project allows.

There is no request for many users at once, so this is a request a user, at a rate that the person chooses. A push
that was stopped goes on where it was: a user who is there already is counted, not an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.users.planning import Pushed, User, UsersPlan

_ATTEMPTS = 6
_LONGEST_WAIT = 300.0
_TOO_MANY = 429
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
    """Create the users that are not there yet.

    Args:
        url: The project's URL.
        key: A secret key; it is only sent, never printed.
        plan: What `plan_users` found, without problems.
        rate: Requests a second at most.
        done: A file that keeps the ids that are done, so that another push does not ask for them again.
        progress: Told the users done and the users in all.
        wait: Sleeps; a test need not.

    Raises:
        TransferError: the key or a user is refused, or the service stays away; says how many are done.
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
    created = present = 0
    for number, user in enumerate(plan.users):
        if user.id not in finished:
            try:
                if _push(admin, user, wait):
                    created += 1
                else:
                    present += 1
            except AuthRetryableError as error:
                message = f'"{url}" did not answer after {created + present} users: {error}'
                raise TransferError(message, "push again when it does: users that are done are passed over") from None
            except AuthError as error:
                message = f'"{user.email}" was refused after {created + present} users: {error}'
                raise TransferError(message, "mend it and push again: users that are done are passed over") from None
            if done:
                with done.open("a") as file:
                    file.write(f"{user.id}\n")
            wait(1 / rate)
        else:
            present += 1
        if progress:
            progress(number + 1, len(plan.users))
    return Pushed(created, present)


def attributes(user: User) -> dict[str, Any]:
    """Return a user as the admin API takes it: supabase/auth, internal/api/admin.go."""
    found: dict[str, Any] = {"id": user.id, "email": user.email, "email_confirm": True}
    if user.password_hash is not None:
        found["password_hash"] = user.password_hash
    if user.name:
        found["user_metadata"] = {"name": user.name}
    return found


def _push(admin: Any, user: User, wait: Callable[[float], None]) -> bool:  # noqa: ANN401 - the client's own type
    """Create one user; return whether it was not there yet."""
    from supabase_auth.errors import AuthError, AuthRetryableError

    attempt = 0
    while True:
        try:
            admin.create_user(attributes(user))
        except AuthError as error:
            if error.code in _TAKEN and _is_there(admin, user):
                return False
            again = isinstance(error, AuthRetryableError) or _status(error) == _TOO_MANY
            attempt += 1
            if not again or attempt == _ATTEMPTS:
                raise
            wait(min(_asked_wait(error) or 2.0 ** (attempt - 1) / 2, _LONGEST_WAIT))
        else:
            return True


def _status(error: Exception) -> int:
    """Return the status of an answer, also of one that the client could not read, such as a proxy's page."""
    response = getattr(error.__cause__, "response", None)
    return int(response.status_code) if response is not None else int(getattr(error, "status", None) or 0)


def _asked_wait(error: Exception) -> float:
    """Return the seconds that an answer asks to be left alone for (Retry-After, RFC 9110), or 0."""
    response = getattr(error.__cause__, "response", None)
    asked = str(response.headers.get("retry-after", "")).strip() if response is not None else ""
    if asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else 0.0


def _is_there(admin: Any, user: User) -> bool:  # noqa: ANN401 - the client's own type
    from supabase_auth.errors import AuthApiError

    try:
        found = admin.get_user_by_id(user.id).user
    except AuthApiError:
        return False
    return bool((found.email or "").lower() == user.email)
