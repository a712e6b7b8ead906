"""Create users by SQL, if the role may write to `auth.users`: in a local stack, or a self-hosted project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.masking import HIDDEN
from gatepost.transfer.users.values import Difference, Problem, Pushed, User, UsersPlan, compared_metadata

# Auth reads these columns into strings that may not be NULL, and they have no default:
# supabase/auth, internal/models/user.go. A ban that does not end is one of a hundred years there.
_USERS = """
INSERT INTO auth.users (
  instance_id, id, aud, role, email, phone, encrypted_password, email_confirmed_at, banned_until,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
SELECT '00000000-0000-0000-0000-000000000000'::uuid, v.id::uuid, 'authenticated', 'authenticated', v.email, v.phone,
  coalesce(v.hash, ''), CASE WHEN v.confirmed THEN now() END, CASE WHEN v.banned THEN now() + interval '100 years' END,
  '', '', '', '', CASE WHEN v.phone IS NULL THEN '{"provider": "email", "providers": ["email"]}'::jsonb
    ELSE '{"provider": "email", "providers": ["email", "phone"]}'::jsonb END,
  v.meta::jsonb, coalesce(v.created::timestamptz, now()), now()
FROM (VALUES %s) AS v (id, email, hash, meta, created, confirmed, banned, phone)
"""
_IDENTITIES = """
INSERT INTO auth.identities (provider_id, user_id, provider, identity_data, created_at, updated_at)
SELECT v.id, v.id::uuid, v.provider, v.data::jsonb, coalesce(v.created::timestamptz, now()), now()
FROM (VALUES %s) AS v (id, provider, data, created)
ON CONFLICT (provider_id, provider) DO NOTHING
"""
_THERE = """
WITH given AS (SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS v (id, email, phone))
SELECT v.id::text, v.email, u.id::text, u.email, coalesce(u.encrypted_password, ''),
  u.email_confirmed_at IS NOT NULL, coalesce(u.banned_until > now(), false), u.raw_user_meta_data, coalesce(u.phone, '')
FROM given v JOIN auth.users u ON u.id = v.id
UNION ALL
SELECT v.id::text, v.email, u.id::text, u.email, '', false, false, NULL, ''
FROM given v JOIN auth.users u ON lower(u.email) = v.email AND u.id <> v.id AND NOT u.is_sso_user
UNION ALL
SELECT v.id::text, v.email, u.id::text, u.email, '', false, false, NULL, u.phone
FROM given v JOIN auth.users u ON u.phone = v.phone AND u.id <> v.id AND lower(u.email) IS DISTINCT FROM v.email
"""
_REPAIRED = """
UPDATE auth.users u SET
  encrypted_password = coalesce(v.hash, u.encrypted_password),
  email_confirmed_at = CASE v.confirmed WHEN true THEN coalesce(u.email_confirmed_at, now())
                                        WHEN false THEN NULL ELSE u.email_confirmed_at END,
  banned_until = CASE v.banned WHEN true THEN now() + interval '100 years' WHEN false THEN NULL ELSE u.banned_until END,
  raw_user_meta_data = CASE WHEN v.meta IS NULL THEN u.raw_user_meta_data
    ELSE coalesce(u.raw_user_meta_data, '{}') || v.meta::jsonb END,
  phone = coalesce(v.phone, u.phone),
  updated_at = now()
FROM (VALUES %s) AS v (id, hash, confirmed, banned, meta, phone) WHERE u.id = v.id::uuid
"""
_REPAIR_TYPES = "(%s, %s::text, %s::boolean, %s::boolean, %s::text, %s::text)"
_USER_TYPES = "(%s, %s, %s::text, %s, %s::text, %s::boolean, %s::boolean, %s::text)"
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class There:
    """What Auth has already: the ids with their own address, what belongs to another, and what is to be changed."""

    present: frozenset[str]
    taken: tuple[Problem, ...]
    repairs: tuple[tuple[str | bool | None, ...], ...]
    differences: tuple[Difference, ...]


def compare_users(connection: Connection, plan: UsersPlan) -> There:
    """Compare the users that would be pushed with those that Auth has already.

    What Auth lacks is filled in: a password, a name, and the ban of an account that may not sign in. What a user may
    have changed since is only reported, unless the plan says to overwrite it.

    Args:
        connection: The database of the project; it is only read.
        plan: The users that would be pushed.

    Raises:
        TransferError: the role may not read `auth.users`.
    """
    present: set[str] = set()
    taken: list[Problem] = []
    repairs: list[tuple[str | bool | None, ...]] = []
    differences: list[Difference] = []
    given = {user.id: user for user in plan.users}
    with reading(connection) as read:
        cursor = read.cursor
        try:
            cursor.execute(_THERE, [[getattr(u, part) for u in plan.users] for part in ("id", "email", "phone")])
        except psycopg2.Error as error:
            raise _refused(error, "read") from error
        for identity, email, there_id, there_email, *state in cursor.fetchall():
            if identity != there_id:
                blamed, value = ("phone", HIDDEN) if state[-1] else ("email", repr(email))
                taken.append(Problem(repr(identity), blamed, value, f'belongs to the user "{there_id}" there'))
            elif (there_email or "").lower() != email:
                reason = f'is there with the address "{there_email}"'
                taken.append(Problem(repr(identity), "id", repr(identity), reason))
            else:
                present.add(identity)
                repair, differs = _compared(given[identity], state, overwrite=plan.overwrite)
                differences += differs
                if any(one is not None for one in repair):
                    repairs.append((identity, *repair))
    return There(frozenset(present), tuple(taken), tuple(repairs), tuple(differences))


def _compared(
    user: User, state: list[Any], *, overwrite: bool
) -> tuple[tuple[str | bool | None, ...], list[Difference]]:
    """Return the hash, confirmation, ban, metadata and phone to set, None where they stay, and what stays different."""
    secret, confirmed, banned, there, phone = state
    wanted: dict[str, str | bool | None] = {}
    differs = []
    if user.password_hash is not None and user.password_hash != secret:
        if secret and not overwrite:
            differs.append(Difference(user.id, "has another password there"))
        else:
            wanted["hash"] = user.password_hash
    if user.confirmed != confirmed:
        if overwrite:
            wanted["confirmed"] = user.confirmed
        else:
            what = "unverified there, and verified here" if user.confirmed else "verified there, and not verified here"
            differs.append(Difference(user.id, f"has an address that is {what}"))
    if user.banned and not banned:
        wanted["banned"] = True
    elif banned and not user.banned:
        if overwrite:
            wanted["banned"] = False
        else:
            differs.append(Difference(user.id, "is banned there, and may sign in here"))
    if user.phone is not None and user.phone != phone:
        if phone and not overwrite:
            differs.append(Difference(user.id, "has another phone number there"))
        else:
            wanted["phone"] = user.phone
    there = json.loads(there) if isinstance(there, str) else there or {}
    missing, others = compared_metadata(user, there, overwrite=overwrite)
    if missing:
        wanted["meta"] = json.dumps(missing)
    return tuple(wanted.get(part) for part in ("hash", "confirmed", "banned", "meta", "phone")), differs + others


def push_by_sql(connection: Connection, plan: UsersPlan) -> Pushed:
    """Add the users that are not there yet, with their identities, and repair the others, in one transaction.

    Raises:
        TransferError: an id or address is taken, or the role may not write; nothing was written.
    """
    try:
        there = compare_users(connection, plan)
        if there.taken:
            first = there.taken[0]
            raise TransferError(f"{first.column} {first.value} {first.reason}; nothing was written")
        wanted = [user for user in plan.users if user.id not in there.present]
        new = {user.id for user in wanted} | {str(repair[0]) for repair in there.repairs if repair[-1] is not None}
        identities = [identity for user in plan.users for identity in _identities(user, phone=user.id in new)]
        with connection.cursor() as cursor:
            try:
                if wanted:
                    execute_values(cursor, _USERS, [_user(u) for u in wanted], _USER_TYPES, page_size=_PAGE)
                if there.repairs:
                    execute_values(cursor, _REPAIRED, there.repairs, _REPAIR_TYPES, page_size=_PAGE)
                if plan.users:
                    execute_values(cursor, _IDENTITIES, identities, page_size=_PAGE)
            except psycopg2.Error as error:
                raise _refused(error, "write to") from error
        connection.commit()
        return Pushed(len(wanted), len(there.present), len(there.repairs), there.differences)
    finally:
        if not connection.closed:
            connection.rollback()


def _user(user: User) -> tuple[str | bool | None, ...]:
    meta = json.dumps(user.metadata)
    return user.id, user.email, user.password_hash, meta, user.created_at, user.confirmed, user.banned, user.phone


def _identities(user: User, *, phone: bool) -> Iterator[tuple[str | None, ...]]:
    """Yield the identity of an address, and that of a phone number where it is set by this push."""
    data = {"sub": user.id, "email": user.email, "email_verified": user.confirmed, "phone_verified": False}
    yield user.id, "email", json.dumps(data), user.created_at
    if phone and user.phone is not None:
        data = {"sub": user.id, "phone": user.phone, "email_verified": False, "phone_verified": False}
        yield user.id, "phone", json.dumps(data), user.created_at


def _refused(error: psycopg2.Error, what: str) -> TransferError:
    said = error.diag.message_primary or "the connection was lost"
    fix = "use the admin API: set SUPABASE_URL and SUPABASE_SECRET_KEY, and leave the URL out"
    return TransferError(f'the connected role cannot {what} "auth.users": {said}', fix)
