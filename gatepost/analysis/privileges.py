"""Compute who may do what, as PostgreSQL decides it: grants, memberships, ownership and row security together.

Nothing is concluded from a name, except for the roles of the Data API, which the platform fixes. Sources:
https://www.postgresql.org/docs/17/ddl-priv.html, https://www.postgresql.org/docs/17/role-membership.html and
https://www.postgresql.org/docs/17/ddl-rowsecurity.html (who bypasses row security).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from gatepost.analysis.by_identity import ByIdentity
from gatepost.schema import Command, Membership, Namespace, Policy, Schema, Table, View, is_platform

TRUSTED_ROLES = frozenset({"service_role"})
"""API roles whose key stays on the server. Row security is not intended to limit them."""

ROW_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""What the Data API can do with a relation."""

_ALL_DATA = {
    "SELECT": "pg_read_all_data",
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE"), "pg_write_all_data"),
}


class Privileges:
    """The privileges of one database's roles. Each is computed once and kept.

    Args:
        live: The database.
    """

    def __init__(self, live: Schema) -> None:
        self.live = live
        self._roles = {role.name: role for role in live.roles}
        self._inherited: dict[str, frozenset[str]] = {}
        self._held: ByIdentity[frozenset[str | None]] = ByIdentity()
        self._uses: dict[tuple[str, str], bool] = {}
        self._who: ByIdentity[tuple[str, ...]] = ByIdentity()

    @cached_property
    def on_platform(self) -> bool:
        """Whether the server has the roles of the Data API."""
        return "anon" in self._roles or "authenticated" in self._roles

    @cached_property
    def api_roles(self) -> tuple[str, ...]:
        """The roles that row security must keep apart, sorted.

        On the platform these are the roles that a token can name, without the trusted ones. Elsewhere it is every role
        that owns nothing, is not a superuser and does not bypass row security, or PUBLIC where there is none.
        """
        if self.on_platform:
            token = {"anon", "authenticated"} & set(self._roles)
            return tuple(sorted(token | {role for role in self.token_roles if not self._unbound(role)}))
        owners = {table.owner for table in self.live.tables} | {space.owner for space in self.live.namespaces}
        plain = {name for name in self._roles if not self._unbound(name) and not self.inherited(name) & owners}
        return tuple(sorted(name for name in plain if self._holds_something(name))) or ("public",)

    @cached_property
    def token_roles(self) -> frozenset[str]:
        """The roles that a token of the API can name: `authenticator` switches to them."""
        return self.becomes("authenticator") - {"authenticator"} - TRUSTED_ROLES

    def inherited(self, role: str) -> frozenset[str]:
        """Return the role, PUBLIC, and every role whose privileges it inherits."""
        if role not in self._inherited:
            self._inherited[role] = self._closure(role, lambda membership: membership.inherit) | {"public"}
        return self._inherited[role]

    def becomes(self, role: str) -> frozenset[str]:
        """Return the role and every role that it may `SET ROLE` to."""
        return self._closure(role, lambda membership: membership.set_role)

    def bypass_attribute(self, role: str) -> bool:
        """Return whether this role bypasses row security on every table by its own attributes."""
        found = self._roles.get(role)
        return found is not None and (found.superuser or found.bypass_row_security)

    def superuser(self, role: str) -> bool:
        """Return whether the role is a superuser."""
        found = self._roles.get(role)
        return found is not None and found.superuser

    def bypasses(self, role: str, table: Table) -> bool:
        """Return whether this role bypasses row security on this table."""
        if not table.row_security.enabled or self.bypass_attribute(role):
            return True
        return table.owner in self.inherited(role) and not table.row_security.forced

    def uses(self, role: str, schema: str) -> bool:
        """Return whether the role may use the objects of a schema."""
        if (role, schema) not in self._uses:
            space = self._namespaces.get(schema)
            held = self.inherited(role)
            everything = self.superuser(role) or bool(held & {"pg_read_all_data", "pg_write_all_data"})
            granted = space is not None and any(g.privilege == "USAGE" and g.grantee in held for g in space.grants)
            self._uses[role, schema] = everything or granted
        return self._uses[role, schema]

    def creates(self, role: str, schema: str) -> bool:
        """Return whether the role may create objects in a schema."""
        space = self._namespaces.get(schema)
        held = self.inherited(role)
        return space is not None and any(g.privilege == "CREATE" and g.grantee in held for g in space.grants)

    def holds(self, role: str, relation: Table | View, privilege: str, columns: Iterable[str] = ()) -> bool:
        """Return whether the role holds a privilege on a relation, or on each of some columns of it.

        Without columns, a privilege on any column counts.
        """
        found = self._columns_held(role, relation, privilege)
        if None in found:
            return True
        wanted = set(columns)
        return bool(found) if not wanted else wanted <= found

    def reaches(self, role: str, relation: Table | View, privilege: str, columns: Iterable[str] = ()) -> bool:
        """Return whether the role holds the privilege and may use the schema, so that it can access the relation."""
        return self.uses(role, relation.schema) and self.holds(role, relation, privilege, columns)

    def who(self, relation: Table | View, *privileges: str) -> tuple[str, ...]:
        """Return the API's roles that reach a relation with one of some privileges."""
        known = self._who.get(relation.grants, relation.schema, privileges)  # tables with the same grants share them
        if known is None:
            found = tuple(role for role in self.api_roles if any(self.reaches(role, relation, p) for p in privileges))
            known = self._who.keep(found, relation.grants, relation.schema, privileges)
        return known

    def policies(self, role: str, table: Table, command: Command) -> tuple[Policy, ...]:
        """Return the policies of a table that apply to the role and the command."""
        held = self.inherited(role)
        return tuple(p for p in table.policies if p.command in (command, "all") and held & set(p.roles))

    def sees_all(self, role: str, table: Table, columns: Iterable[str] = ()) -> bool:
        """Return whether the role itself can read every row, and these columns, of a table."""
        if not self.reaches(role, table, "SELECT", columns):
            return False
        if self.bypasses(role, table):
            return True
        policies = self.policies(role, table, "select")
        return all(p.permissive for p in policies) and any(p.using == "true" for p in policies)

    def writes(self, role: str, table: Table, command: Command) -> bool:
        """Return whether the role itself can run a command on some row of a table."""
        if not self.reaches(role, table, command.upper()):
            return False
        return self.bypasses(role, table) or any(p.permissive for p in self.policies(role, table, command))

    @cached_property
    def exposed(self) -> tuple[str, ...]:
        """The project's schemas that the Data API serves or that an API role may use."""
        served = set(self.live.exposed) & set(self._namespaces)
        used = {name for name in self._namespaces if any(self.uses(role, name) for role in self.api_roles)}
        return tuple(sorted(name for name in served | used if not is_platform(name)))

    @cached_property
    def _namespaces(self) -> dict[str, Namespace]:
        return {space.name: space for space in self.live.namespaces}

    @cached_property
    def _members(self) -> dict[str, list[Membership]]:
        groups: defaultdict[str, list[Membership]] = defaultdict(list)
        for membership in self.live.memberships:
            groups[membership.member].append(membership)
        return groups

    def _closure(self, role: str, follow: Callable[[Membership], bool]) -> frozenset[str]:
        found, todo = {role}, [role]
        while todo:
            for membership in self._members.get(todo.pop(), ()):
                if follow(membership) and membership.role not in found:
                    found.add(membership.role)
                    todo.append(membership.role)
        return frozenset(found)

    def _unbound(self, role: str) -> bool:
        return self.bypass_attribute(role) or role.startswith("pg_") or role in TRUSTED_ROLES

    def _holds_something(self, role: str) -> bool:
        relations: tuple[Table | View, ...] = (*self.live.tables, *self.live.views)
        return any(grant.grantee == role for relation in relations for grant in relation.grants)

    def _columns_held(self, role: str, relation: Table | View, privilege: str) -> frozenset[str | None]:
        """Return the columns on which a role holds a privilege, and None for the whole relation.

        Relations with the same grants share one tuple of them, so a few results serve many tables.
        """
        known = self._held.get(relation.grants, role, privilege)
        if known is None:
            held = self.inherited(role)
            everything = self.superuser(role) or _ALL_DATA.get(privilege, "") in held
            columns = {g.column for g in relation.grants if g.privilege == privilege and g.grantee in held}
            found = frozenset({None}) if everything else frozenset(columns)
            known = self._held.keep(found, relation.grants, role, privilege)
        return known
