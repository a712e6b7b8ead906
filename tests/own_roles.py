"""Roles belong to a server, and tests share one: what a test looks at has no role that another one adds meanwhile."""

from dataclasses import replace

from gatepost.reflect import read
from gatepost.schema import Schema

_ADDED = "gatepost_test_"
"""How the roles begin that tests add to the server."""


def read_without_added_roles(cursor) -> Schema:
    """Read a database; leave out the roles that tests add to the server."""
    live = read(cursor)
    return replace(
        live,
        roles=tuple(role for role in live.roles if not role.name.startswith(_ADDED)),
        memberships=tuple(
            one for one in live.memberships if not one.role.startswith(_ADDED) and not one.member.startswith(_ADDED)
        ),
    )
