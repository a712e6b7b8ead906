"""What a change of roles, memberships or schemas can reach: what is granted to whom it is about, or owned by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gatepost.analysis.privileges import Privileges
from gatepost.review.structure import ObjectChange
from gatepost.schema import Schema

Key = tuple[str, str]
_ALL_DATA = frozenset({"pg_read_all_data", "pg_write_all_data"})
_ASKS_FOR_ROLES = re.compile(r"\bpg_has_role\b|\bpg_auth_members\b|\bpg_roles\b", re.IGNORECASE)
_OF_SCHEMA = re.compile(r" on schema (?P<name>.+) to ")


def reached_by_roles(before: Schema, after: Schema, changes: Iterable[ObjectChange]) -> frozenset[Key] | None:
    """Return the tables, views and functions whose access may differ, or None where it may be any.

    Args:
        before: The base in the words of the head.
        after: The head.
        changes: What is not the same; other changes than those of roles, memberships and schemas are left out.
    """
    found: set[Key] = set()
    for live in (before, after):
        held, who = Privileges(live), set[str]()
        for one in changes:
            if one.what == "role":
                who |= held.inherited(one.name) | held.becomes(one.name)  # PUBLIC too: who bypasses reads all it may
            elif one.what == "membership":
                role = one.name.rpartition(" in ")[2]
                who |= (held.inherited(role) | held.becomes(role)) - {"public"}
            elif one.what == "schema" or (one.what == "grant" and one.on is None):
                said = _OF_SCHEMA.search(one.name)
                name = said["name"] if said is not None else one.name
                found |= {key for key, _ in _holders(live) if key[0] == name}
        if who & _ALL_DATA or (who and _asks(live)):
            return None
        found |= {key for key, holders in _holders(live) if holders & who}
    return frozenset(found)


def _holders(live: Schema) -> Iterator[tuple[Key, frozenset[str]]]:
    """Yield each table, view and function with who owns it, holds a privilege on it, or is named by its policies."""
    for table in live.tables:
        named = {role for policy in table.policies for role in policy.roles}
        yield table.key, frozenset({table.owner, *named, *(grant.grantee for grant in table.grants)})
    for view in live.views:
        yield view.key, frozenset({view.owner, *(grant.grantee for grant in view.grants)})
    for function in live.functions:
        yield function.key, frozenset({function.owner, *(grant.grantee for grant in function.grants)})


def _asks(live: Schema) -> bool:
    """Return whether a condition or a body reads who is a member of what."""
    texts = [text for t in live.tables for p in t.policies for text in (p.using, p.check) if text]
    texts += [view.definition for view in live.views] + [function.body for function in live.functions]
    return any(_ASKS_FOR_ROLES.search(text) for text in texts)
