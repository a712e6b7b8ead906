"""Users by SQL, where the role may write to `auth.users`: a local stack, or a project of one's own."""

from __future__ import annotations

import json

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.users.planning import Problem, Pushed, User, UsersPlan

# Auth reads these columns into strings that may not be NULL, and they have no default:
# supabase/auth, internal/models/user.go.
_USERS = """
INSERT INTO auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
SELECT '00000000-0000-0000-0000-000000000000'::uuid, v.id::uuid, 'authenticated', 'authenticated', v.email,
  coalesce(v.hash, ''), now(), '', '', '', '', '{"provider": "email", "providers": ["email"]}'::jsonb,
  v.meta::jsonb, coalesce(v.created::timestamptz, now()), now()
FROM (VALUES %s) AS v (id, email, hash, meta, created)
"""
_IDENTITIES = """
INSERT INTO auth.identities (provider_id, user_id, provider, identity_data, created_at, updated_at)
SELECT v.id, v.id::uuid, 'email', v.data::jsonb, coalesce(v.created::timestamptz, now()), now()
FROM (VALUES %s) AS v (id, data, created)
ON CONFLICT (provider_id, provider) DO NOTHING
"""
_TAKEN = """
SELECT v.id, v.email, u.id::text, u.email FROM (VALUES %s) AS v (id, email)
JOIN auth.users u ON u.id = v.id::uuid OR (lower(u.email) = v.email AND NOT u.is_sso_user)
"""
_PAGE = 1_000


def refuse_taken(connection: Connection, plan: UsersPlan) -> tuple[set[str], tuple[Problem, ...]]:
    """Look at the users that Auth has already.

    Args:
        connection: The database of the project; it is only read.
        plan: The users that would be pushed.

    Returns:
        The ids that are there with the same address, and a problem for each id or address that belongs to another.

    Raises:
        TransferError: the role may not read `auth.users`.
    """
    present: set[str] = set()
    problems: list[Problem] = []
    with reading(connection) as read:
        try:
            found = execute_values(
                read.cursor, _TAKEN, [(u.id, u.email) for u in plan.users], page_size=_PAGE, fetch=True
            )
        except psycopg2.Error as error:
            raise _refused(error, "read") from error
    for identity, email, there_id, there_email in found if plan.users else ():
        if identity == there_id and (there_email or "").lower() == email:
            present.add(identity)
        elif identity == there_id:
            problems.append(Problem(repr(identity), "id", repr(identity), f'is there with the address "{there_email}"'))
        else:
            problems.append(Problem(repr(identity), "email", repr(email), f'belongs to the user "{there_id}" there'))
    return present, tuple(problems)


def push_by_sql(connection: Connection, plan: UsersPlan) -> Pushed:
    """Add the users that are not there yet, with their identities, in one transaction.

    Raises:
        TransferError: an id or address is taken, or the role may not write; nothing was written.
    """
    try:
        present, problems = refuse_taken(connection, plan)
        if problems:
            first = problems[0]
            raise TransferError(f"{first.column} {first.value} {first.reason}; nothing was written")
        wanted = [user for user in plan.users if user.id not in present]
        with connection.cursor() as cursor:
            try:
                if wanted:
                    execute_values(cursor, _USERS, [_user(u) for u in wanted], page_size=_PAGE)
                if plan.users:
                    execute_values(cursor, _IDENTITIES, [_identity(u) for u in plan.users], page_size=_PAGE)
            except psycopg2.Error as error:
                raise _refused(error, "write to") from error
        connection.commit()
        return Pushed(len(wanted), len(present))
    finally:
        if not connection.closed:
            connection.rollback()


def _user(user: User) -> tuple[str | None, ...]:
    meta = json.dumps({"name": user.name} if user.name else {})
    return user.id, user.email, user.password_hash, meta, user.created_at


def _identity(user: User) -> tuple[str | None, ...]:
    data = {"sub": user.id, "email": user.email, "email_verified": True, "phone_verified": False}
    return user.id, json.dumps(data), user.created_at


def _refused(error: psycopg2.Error, what: str) -> TransferError:
    said = error.diag.message_primary or "the connection was lost"
    mend = "use the admin API: set SUPABASE_URL and SUPABASE_SECRET_KEY, and leave the URL out"
    return TransferError(f'the connected role cannot {what} "auth.users": {said}', mend)
