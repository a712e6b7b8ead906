"""Create users by SQL, if the role may write to `auth.users`: in a local stack, or a self-hosted project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from gatepost.database.reading import reading
from gatepost.errors import TransferError
from gatepost.transfer.masking import HIDDEN
from gatepost.transfer.users.values import Difference, Problem, Pushed, User, UsersPlan, compared_metadata, is_same

# Auth reads these columns into strings that may not be NULL, and they have no default:
# supabase/auth, internal/models/user.go. A ban that does not end is one of a hundred years there.
_USERS = """
INSERT INTO auth.users (
  instance_id, id, aud, role, email, phone, encrypted_password, email_confirmed_at, banned_until,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
SELECT '00000000-0000-0000-0000-000000000000'::uuid, v.id, 'authenticated', 'authenticated', v.email, v.phone,
  coalesce(v.hash, ''), CASE WHEN v.confirmed THEN now() END, CASE WHEN v.banned THEN now() + interval '100 years' END,
  '', '', '', '', v.app, v.meta, coalesce(v.created, now()), now()
FROM pg_catalog.jsonb_to_recordset(%s) AS v (
  id uuid, email text, hash text, meta jsonb, app jsonb, created timestamptz, confirmed boolean, banned boolean,
  phone text)
"""
_IDENTITIES = """
INSERT INTO auth.identities (provider_id, user_id, provider, identity_data, created_at, updated_at)
SELECT v.id::text, v.id, v.provider, v.data, coalesce(v.created, now()), now()
FROM pg_catalog.jsonb_to_recordset(%s) AS v (id uuid, provider text, data jsonb, created timestamptz)
ON CONFLICT (provider_id, provider) DO NOTHING
"""
_THERE = """
WITH given AS (SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS v (id, email, phone))
SELECT v.id::text, u.id::text, coalesce(u.email, ''), coalesce(u.encrypted_password, ''),
  u.email_confirmed_at IS NOT NULL, coalesce(u.banned_until > now(), false), u.raw_user_meta_data,
  coalesce(u.phone, ''), v.email IS NOT NULL AND i.id IS NULL
FROM given v JOIN auth.users u ON u.id = v.id
LEFT JOIN auth.identities i ON i.provider_id = v.id::text AND i.provider = 'email'
UNION ALL
SELECT v.id::text, u.id::text, u.email, '', false, false, NULL, '', false
FROM given v JOIN auth.users u ON lower(u.email) = v.email AND u.id <> v.id AND NOT u.is_sso_user
UNION ALL
SELECT v.id::text, u.id::text, '', '', false, false, NULL, u.phone, false
FROM given v JOIN auth.users u ON u.phone = v.phone AND u.id <> v.id
  AND (v.email IS NULL OR lower(u.email) IS DISTINCT FROM v.email)
"""
_REPAIRED = """
UPDATE auth.users u SET
  encrypted_password = coalesce(v.hash, u.encrypted_password),
  email_confirmed_at = CASE v.confirmed WHEN true THEN coalesce(u.email_confirmed_at, now())
                                        WHEN false THEN NULL ELSE u.email_confirmed_at END,
  banned_until = CASE v.banned WHEN true THEN now() + interval '100 years' WHEN false THEN NULL ELSE u.banned_until END,
  raw_user_meta_data = CASE WHEN v.meta IS NULL THEN u.raw_user_meta_data
    ELSE coalesce(u.raw_user_meta_data, '{}') || v.meta END,
  phone = coalesce(v.phone, u.phone),
  updated_at = now()
FROM pg_catalog.jsonb_to_recordset(%s) AS v (
  id uuid, hash text, confirmed boolean, banned boolean, meta jsonb, phone text)
WHERE u.id = v.id
"""
_AT_ONCE = 5_000
"""Users that one statement takes, as one document: the server parses that faster than as many rows of VALUES."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class There:
    """What Auth has already: the ids with their own address, what belongs to another, and what is to be changed.

    `incomplete` are the users without the identity by which they sign in, `repairs` what to set of users, by id.
    """

    present: frozenset[str]
    taken: tuple[Problem, ...]
    repairs: tuple[Document, ...]
    differences: tuple[Difference, ...]
    incomplete: frozenset[str] = frozenset()


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
    incomplete: set[str] = set()
    taken: list[Problem] = []
    repairs: list[Document] = []
    differences: list[Difference] = []
    given = {user.id: user for user in plan.users}
    with reading(connection) as read:
        cursor = read.cursor
        try:
            cursor.execute(_THERE, [[getattr(u, part) for u in plan.users] for part in ("id", "email", "phone")])
        except psycopg2.Error as error:
            raise _refused(error, "read") from error
        for identity, there_id, *state, lacks_identity in cursor.fetchall():
            user = given[identity]
            there = Account(*state)
            if identity != there_id:
                blamed, value = ("phone", HIDDEN) if there.phone else ("email", repr(user.email))
                taken.append(Problem(repr(identity), blamed, value, f'belongs to the user "{there_id}" there'))
            elif not is_same(user, there.email, there.phone):
                reason = f'is there with the address "{there.email}"' if there.email else "is there without an address"
                taken.append(Problem(repr(identity), "id", repr(identity), reason))
            else:
                present.add(identity)
                incomplete.update([identity] * lacks_identity)
                repair, differs = _compared(user, there, overwrite=plan.overwrite)
                differences += differs
                repairs += [{"id": identity, **repair}] if repair else []
    return There(frozenset(present), tuple(taken), tuple(repairs), tuple(differences), frozenset(incomplete))


class Account(NamedTuple):
    """A user as Auth has it."""

    email: str
    password_hash: str
    confirmed: bool
    banned: bool
    metadata: Document | None
    phone: str


def _compared(user: User, there: Account, *, overwrite: bool) -> tuple[Document, list[Difference]]:
    """Return what to set, and what stays different."""
    wanted: Document = {}
    differs = []
    if user.password_hash is not None and user.password_hash != there.password_hash:
        if there.password_hash and not overwrite:
            differs.append(Difference(user.id, "has another password there"))
        else:
            wanted["hash"] = user.password_hash
    if user.email is not None and user.confirmed != there.confirmed:
        if overwrite:
            wanted["confirmed"] = user.confirmed
        else:
            what = "unverified there, and verified here" if user.confirmed else "verified there, and not verified here"
            differs.append(Difference(user.id, f"has an address that is {what}"))
    if user.email is None and there.email:
        differs.append(Difference(user.id, "has an address there, and none here"))
    if user.banned and not there.banned:
        wanted["banned"] = True
    elif there.banned and not user.banned:
        if overwrite:
            wanted["banned"] = False
        else:
            differs.append(Difference(user.id, "is banned there, and may sign in here"))
    if user.phone is not None and user.phone != there.phone:
        if there.phone and not overwrite:
            differs.append(Difference(user.id, "has another phone number there"))
        else:
            wanted["phone"] = user.phone
    missing, others = compared_metadata(user, there.metadata or {}, overwrite=overwrite)
    if missing:
        wanted["meta"] = missing
    return wanted, differs + others


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
        new = {user.id for user in wanted}
        mailed, called = new | there.incomplete, new | {str(one["id"]) for one in there.repairs if "phone" in one}
        identities = (
            identity
            for user in plan.users
            for identity in _identities(user, email=user.id in mailed, phone=user.id in called)
        )
        with connection.cursor() as cursor:
            try:
                _send(cursor, _USERS, map(_document, wanted))
                _send(cursor, _REPAIRED, there.repairs)
                _send(cursor, _IDENTITIES, identities)
            except psycopg2.Error as error:
                raise _refused(error, "write to") from error
        connection.commit()
        return Pushed(len(wanted), len(there.present), len(there.repairs), there.differences)
    finally:
        if not connection.closed:
            connection.rollback()


def _send(cursor: Cursor, statement: str, documents: Iterable[Document]) -> None:
    """Execute a statement for many documents, as many at once as the server likes."""
    waiting = iter(documents)
    while part := list(islice(waiting, _AT_ONCE)):
        cursor.execute(statement, (json.dumps(part, ensure_ascii=False),))


def _document(user: User) -> Document:
    providers = [name for name in ("email", "phone") if getattr(user, name) is not None]
    return {
        "id": user.id,
        "email": user.email,
        "hash": user.password_hash,
        "meta": user.metadata,
        "app": {"provider": providers[0], "providers": providers},
        "created": user.created_at,
        "confirmed": user.confirmed and user.email is not None,
        "banned": user.banned,
        "phone": user.phone,
    }


def _identities(user: User, *, email: bool, phone: bool) -> Iterator[Document]:
    """Yield the identity of an address, and that of a phone number, where this push is to set it."""
    if email and user.email is not None:
        data = {"sub": user.id, "email": user.email, "email_verified": user.confirmed, "phone_verified": False}
        yield {"id": user.id, "provider": "email", "data": data, "created": user.created_at}
    if phone and user.phone is not None:
        data = {"sub": user.id, "phone": user.phone, "email_verified": False, "phone_verified": False}
        yield {"id": user.id, "provider": "phone", "data": data, "created": user.created_at}


def _refused(error: psycopg2.Error, what: str) -> TransferError:
    said = error.diag.message_primary or "the connection was lost"
    fix = "use the admin API: set SUPABASE_URL and SUPABASE_SECRET_KEY, and leave the URL out"
    return TransferError(f'the connected role cannot {what} "auth.users": {said}', fix)
