"""What the catalogs of both sides decide without a trial: public buckets, and privileges that reach beyond rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.analysis.privileges import Privileges
from gatepost.review.state import State
from gatepost.review.verdict.access_change import AccessChange
from gatepost.schema import Function, Schema, is_platform

_PLATFORM_ROLES = ("pg_", "supabase_", "gatepost_")
_ADMINISTRATORS = frozenset("postgres authenticator service_role dashboard_user pgbouncer anon authenticated".split())


def by_catalog(before: State, after: State) -> Iterator[AccessChange]:
    """Yield the buckets whose files everybody can read now, or no longer, and who may create objects in a schema.

    Args:
        before: The base.
        after: The head.
    """
    old = {bucket.name: bucket for bucket in before.buckets}
    for bucket in after.buckets:
        was = old.get(bucket.name)
        if was is not None and was.public != bucket.public:
            how = ("private", "public") if bucket.public else ("public", "private")
            yield AccessChange(
                "gains" if bucket.public else "loses", "anon", ("anon",), f"storage bucket {bucket.name}",
                "public url", *how, f"GET /storage/v1/object/public/{bucket.name}/…", through="bucket",
            )  # fmt: skip
    base, head = Privileges(before.live), Privileges(after.live)
    for space in after.live.namespaces:
        if before.live.namespace(space.name) is None or is_platform(space.name):
            continue
        for role in callers_of(after.live):
            if before.live.has_role(role) and head.creates(role, space.name) > base.creates(role, space.name):
                yield AccessChange(
                    "may gain", role, (role,), space.name, "create", "no", "yes",
                    f'CREATE FUNCTION "{space.name}".lower(text) …', through="schema",
                    reason="what it creates there may be found in place of what a function means",
                )  # fmt: skip


def newly_callable(
    before: State, after: State, helpers: Iterable[str], known: Iterable[AccessChange]
) -> Iterator[AccessChange]:  # fmt: skip
    """Yield the functions that a role may call now and whose calls gave nothing away: other arguments may.

    Args:
        before: The base.
        after: The head.
        helpers: The functions that policies call.
        known: What the trials said.
    """
    said = {(one.role, one.object) for one in known}
    for one in after.live.functions:
        old = before.live.function(*one.key)
        if old is None or is_platform(one.schema) or one.is_trigger or one.name in set(helpers) or not _matters(one):
            continue
        for role in callers_of(after.live):
            able = before.live.has_role(role) and _calls(after.live, role, one) and not _calls(before.live, role, old)
            if able and (role, str(one)) not in said:
                yield AccessChange(
                    "may gain", role, (role,), str(one), "call", "refused", "may call it",
                    f"SELECT * FROM {one.schema}.{one.name}(…)", through="function",
                    reason="no call gave a row away or changed one, and other arguments than those tried may",
                )  # fmt: skip


def _matters(one: Function) -> bool:
    return one.definer and one.language != "internal"


def _calls(live: Schema, role: str, one: Function) -> bool:
    held = Privileges(live).inherited(role)
    return any(grant.privilege == "EXECUTE" and grant.grantee in held for grant in one.grants)


def callers_of(live: Schema) -> tuple[str, ...]:
    """Return the roles that somebody can be: those of the API, and those of the project that hold a privilege."""
    held = {grant.grantee for table in live.tables for grant in table.grants}
    held |= {grant.grantee for view in live.views for grant in view.grants}
    held |= {one.member for one in live.memberships} | {one.role for one in live.memberships}
    own = {
        role.name
        for role in live.roles
        if role.name in held and not role.name.startswith(_PLATFORM_ROLES) and not role.superuser
    } - _ADMINISTRATORS
    return ("anon", "authenticated", *sorted(own)) if live.has_role("anon") else tuple(sorted(own))
