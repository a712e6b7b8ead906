"""What the catalogs of both sides decide without a trial: public buckets, and privileges that reach beyond rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost import sql
from gatepost.analysis.privileges import ROW_PRIVILEGES, Privileges
from gatepost.review.state import State
from gatepost.review.verdict.access_change import AccessChange
from gatepost.schema import COMMANDS, Function, RowCommand, Schema, Table, is_platform

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
    for role in callers_of(after.live):
        new = {name for name in head.becomes(role) - base.becomes(role) if head.bypass_attribute(name)}
        new |= (head.becomes(role) - head.inherited(role)) - base.becomes(role)
        for other in sorted(name for name in new if before.live.has_role(role) and before.live.has_role(name)):
            yield AccessChange(
                "gains",
                role,
                (role,),
                other,
                "set role",
                "no",
                "yes",
                f"SET ROLE {sql.identifier(other)}",
                through="role",
            )
    yield from _by_rules(before.live, after.live, head)
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


def _by_rules(before: Schema, after: Schema, head: Privileges) -> Iterator[AccessChange]:
    """Yield who fires a rule that is new: its statement runs with the privileges of the relation's owner."""
    known = {(str(one), one.definition) for one in before.rewrite_rules}
    for rule in after.rewrite_rules:
        relation = after.table(rule.schema, rule.table) or after.view(rule.schema, rule.table)
        event = rule.event.upper()
        if relation is None or (str(rule), rule.definition) in known or is_platform(rule.schema) or rule.enabled == "D":
            continue
        for role in callers_of(after):
            if before.has_role(role) and event in ROW_PRIVILEGES and head.reaches(role, relation, event):
                yield AccessChange(
                    "may gain", role, (role,), f"{rule.schema}.{rule.table}", event.lower(), "no rule", "a rule runs",
                    rule.definition, through="rule",
                    reason="what the rule does is done with the privileges of the owner, which bypass row security",
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


def of_unplanted(before: State, after: State, tables: Iterable[tuple[str, str]]) -> Iterator[AccessChange]:
    """Yield who can do more with tables that hold no planted row, as far as grants and row security say it.

    Args:
        before: The base in the words of the head.
        after: The head.
        tables: Those whose access may differ, and that could not be planted on both sides.
    """
    base, head = Privileges(before.live), Privileges(after.live)
    for key in tables:
        old, new = before.live.table(*key), after.live.table(*key)
        if old is None or new is None:
            continue
        for role in callers_of(after.live):
            for command in COMMANDS:
                able = _open(head, role, new, command)
                if not able or not before.live.has_role(role):
                    continue
                known = _open(base, role, old, command)
                statement = f"{command.upper()} … {new.schema}.{new.name}"
                if not known:
                    yield AccessChange(
                        "gains", role, (role,), str(new), command, "refused", "allowed", statement,
                        reason="by grants and row security alone: no row could be planted",
                    )  # fmt: skip
                elif new.policies != old.policies:
                    yield AccessChange(
                        "may gain", role, (role,), str(new), command, "some rows", "not known", statement,
                        reason="no row could be planted, so its policies were not tried",
                    )  # fmt: skip


def _open(held: Privileges, role: str, table: Table, command: RowCommand) -> bool:
    """Return whether some row is not out of reach of a role by its privileges and by row security without a policy."""
    if not held.reaches(role, table, command.upper()):
        return False
    return held.bypasses(role, table) or any(one.permissive for one in held.policies(role, table, command))
