"""The project's own roles: those that its policies and grants name, and that an empty database may lack."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.schema import API_ROLES, DatabaseRole, Schema, is_platform

_PLATFORM = frozenset({"public", "postgres", "authenticator", "dashboard_user", "pgbouncer", *API_ROLES})


def own_roles(live: Schema) -> tuple[DatabaseRole, ...]:
    """Return the roles that something of the project names, and that the platform does not have by itself."""
    named = set(_named(live))
    return tuple(sorted(role for role in live.roles if role.name in named and not _is_of_platform(role.name)))


def role_statements(live: Schema) -> Iterator[str]:
    """Yield the statements that make the roles where they are missing, with who may become them.

    A role belongs to a server and not to one database, so one that is there stays as it is. None gets a password.
    """
    own = own_roles(live)
    for role in own:
        name = sql.identifier(role.name)
        how = f"{'LOGIN' if role.login else 'NOLOGIN'}{'' if role.inherit else ' NOINHERIT'}"
        how += " BYPASSRLS" if role.bypass_row_security else ""
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {sql.literal(role.name)})"
            f" THEN CREATE ROLE {name} {how}; END IF; END $$"
        )
    names = {role.name for role in own}
    for one in sorted(live.memberships):
        members = names | {"authenticator", *API_ROLES}
        if {one.role, one.member} & names and one.role in names | {*API_ROLES} and one.member in members:
            yield f"GRANT {sql.identifier(one.role)} TO {sql.identifier(one.member)}"


def _is_of_platform(name: str) -> bool:
    return name in _PLATFORM or name.startswith(("supabase_", "pg_", "gatepost"))


def _named(live: Schema) -> Iterator[str]:
    for table in live.tables:
        yield from (role for policy in table.policies for role in policy.roles)
    for owned in (live.tables, live.views, live.functions, live.sequences):
        for one in owned:
            if not is_platform(one.schema):
                yield from (grant.grantee for grant in one.grants)
    for namespace in live.namespaces:
        if not is_platform(namespace.name):
            yield from (grant.grantee for grant in namespace.grants)
    yield from (one.grant.grantee for one in live.default_privileges if not is_platform(one.schema))
