"""Compare a declaration with a live database: two sets of values in, ordered changes out.

Nothing here connects to a database. The expressions on both sides are PostgreSQL's own printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.schema import API_ROLES, PLATFORM_GRANTORS, Grant, Policy, RowSecurity, Schema, Table, is_platform

Kind = Literal["create", "replace", "drop"]

UNPROTECTED = RowSecurity(enabled=False, forced=False)


@dataclass(frozen=True)
class TableGrants:
    """Who holds which privilege on a table, on its columns and on the sequences behind them.

    Only the roles that a token of the Data API can hold are here; `sequences` are (schema, name, grants). `usage` names
    the roles that are still to be let into the table's schema, and leave it when the grants are taken away; `no_usage`
    those that leave it when these grants take the place of others. `revoked` are the roles beyond the API's own that
    lose everything first.
    """

    schema: str
    table: str
    grants: tuple[Grant, ...] = ()
    sequences: tuple[tuple[str, str, tuple[Grant, ...]], ...] = ()
    usage: tuple[str, ...] = ()
    revoked: tuple[str, ...] = field(default=(), compare=False)
    no_usage: tuple[str, ...] = field(default=(), compare=False)

    @property
    def empty(self) -> bool:
        """Return whether there are no grants."""
        return not self.grants and not any(grants for _, _, grants in self.sequences)


@dataclass(frozen=True)
class TableRowSecurity:
    """Whether row security of one table is on, and forced."""

    schema: str
    table: str
    state: RowSecurity


Managed = Policy | TableGrants | TableRowSecurity


@dataclass(frozen=True)
class Change:
    """One step from the live state to the declared one; one of `before` and `after` may be missing."""

    kind: Kind
    before: Managed | None
    after: Managed | None

    @property
    def subject(self) -> Managed:
        """The value after the step, or else the one that it drops."""
        found = self.after if self.after is not None else self.before
        assert found is not None  # noqa: S101  a change has a side
        return found

    @property
    def table(self) -> tuple[str, str]:
        """The table that the step is about."""
        return (self.subject.schema, self.subject.table)

    def reversed(self) -> Change:
        """Return the reverse step."""
        kinds: dict[Kind, Kind] = {"create": "drop", "replace": "replace", "drop": "create"}
        return Change(kinds[self.kind], self.after, self.before)


@dataclass(frozen=True)
class TableState:
    """Everything of one table that Gatepost manages."""

    row_security: TableRowSecurity
    grants: TableGrants
    policies: tuple[Policy, ...]

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a table is looked up."""
        return (self.grants.schema, self.grants.table)


def managed_roles(declaration: Declaration, live: Schema) -> frozenset[str]:
    """Return the grantees whose privileges must be exactly the declared ones.

    They are PUBLIC, the API's roles, every role that a rule names or that a live policy of a declared table still
    names, and every role that a token can have: those that `authenticator` is a member of.
    """
    reachable = {membership.role for membership in live.memberships if membership.member == "authenticator"}
    there = (live.table(*table.key) for table in declaration if not table.platform)
    named = {role for table in there if table is not None for policy in table.policies for role in policy.roles}
    return declaration.roles | reachable | named | {"public", *API_ROLES}


def live_state(table: Table, live: Schema, roles: frozenset[str]) -> TableState:
    """Return what the database holds of one table, without what a project cannot change.

    Args:
        table: The table.
        live: The database that it is in.
        roles: The grantees that count, but for the table's owner; see `managed_roles`.
    """
    counted = roles - {table.owner}
    return TableState(
        TableRowSecurity(table.schema, table.name, table.row_security),
        TableGrants(
            table.schema,
            table.name,
            _managed(table.grants, counted),
            tuple(
                (sequence.schema, sequence.name, _managed(sequence.grants, counted))
                for sequence in live.sequences_of(table)
            ),
        ),
        table.policies,
    )


def declared_state(table: ProtectedTable, printed: Mapping[Policy, Policy], live: Schema) -> TableState:
    """Return what was declared of one table.

    Args:
        table: The declaration.
        printed: Each declared policy as PostgreSQL prints it.
        live: The database, which knows the names of sequences and what belongs to the platform.
    """
    there = live.table(table.schema, table.name)
    owner = there.owner if there is not None else None
    grants = _to_others(table.grants, owner)
    policies = tuple(printed[policy] for policy in table.policies)
    sequences = []
    for column, of_sequence in table.sequences:
        found = there.column(column) if there is not None else None
        owned = found.sequence if found is not None else (table.schema, sequence_name(table.name, column))
        if owned is not None:
            sequences.append((*owned, _to_others(of_sequence, owner)))
    return TableState(
        TableRowSecurity(table.schema, table.name, table.row_security),
        TableGrants(
            table.schema,
            table.name,
            grants,
            tuple(sorted(sequences)),
            _shut_out(table.schema, {grant.grantee for grant in grants}, live),
        ),
        policies,
    )


def _to_others(grants: Iterable[Grant], owner: str | None) -> tuple[Grant, ...]:
    """Return the grants that are not the owner's, who has every privilege and whom a policy may name all the same."""
    return tuple(grant for grant in grants if grant.grantee != owner)


def version_state(schema: str, table: str) -> TableState:
    """Return what Alembic's own table must be: closed to the API, and open to its owner, who may not bypass."""
    return TableState(
        TableRowSecurity(schema, table, RowSecurity(enabled=True, forced=False)), TableGrants(schema, table), ()
    )


def sequence_name(table: str, column: str) -> str:
    """Return the name that PostgreSQL gives the sequence behind a new column.

    Names that would be too long together lose bytes from the longer one first (makeObjectName in
    src/backend/commands/indexcmds.c).
    """
    room = 63 - len("__seq")
    first, second = table.encode(), column.encode()
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    return f"{first.decode(errors='ignore')}_{second.decode(errors='ignore')}_seq"


def diff(declared: TableState, live: TableState | None) -> tuple[Change, ...]:
    """Return the steps that make one table what was declared, in an order in which they can be run.

    Grants come first, then policies, and row security is switched on last. Of a table of the platform only the
    declared policies can be changed.

    Args:
        declared: What was declared.
        live: What the database holds, or None where the table is not there yet.
    """
    if is_platform(declared.key[0]):
        # What is there besides may be the Dashboard's, and is not ours to drop.
        return tuple(change for change in _policy_changes(declared.policies, live) if change.kind != "drop")
    changes = [*_grant_changes(declared.grants, live), *_policy_changes(declared.policies, live)]
    before = live.row_security if live is not None else None
    after = declared.row_security
    if before is None or before.state == UNPROTECTED:
        if after.state != UNPROTECTED:
            changes.append(Change("create", None, after))
    elif before != after:
        changes.append(Change("replace", before, after))
    return tuple(changes)


def removal(live: TableState) -> tuple[Change, ...]:
    """Return the steps that take everything off a table that is about to be dropped, so that they can be undone."""
    changes: list[Change] = []
    if live.row_security.state != UNPROTECTED:
        changes.append(Change("drop", live.row_security, None))
    changes += [Change("drop", policy, None) for policy in live.policies]
    if not live.grants.empty:
        changes.append(Change("drop", live.grants, None))
    return tuple(changes)


def _grant_changes(declared: TableGrants, live: TableState | None) -> list[Change]:
    before = live.grants if live is not None else None
    if before is None:
        return [Change("create", None, declared)]
    if not declared.usage and (before.grants, before.sequences) == (declared.grants, declared.sequences):
        return []
    if before.empty:
        return [Change("create", None, declared)]
    return [Change("replace", revoking(before, declared), revoking(declared, before))]


def revoking(grants: TableGrants, other: TableGrants) -> TableGrants:
    """Return grants that first revoke what the other side granted to roles without privileges here."""
    beyond = {grant.grantee for grant in other.grants} - {grant.grantee for grant in grants.grants}
    return replace(grants, revoked=tuple(sorted(beyond - {"public", *API_ROLES})), no_usage=other.usage)


def _policy_changes(declared: tuple[Policy, ...], live: TableState | None) -> list[Change]:
    before = {policy.name: policy for policy in (live.policies if live is not None else ())}
    after = {policy.name: policy for policy in declared}
    changes = [Change("drop", before[name], None) for name in sorted(set(before) - set(after))]
    for name in sorted(after):
        if name not in before:
            changes.append(Change("create", None, after[name]))
        elif before[name] != after[name]:
            changes.append(Change("replace", before[name], replace(after[name], comment=before[name].comment)))
    return changes


def _managed(grants: Iterable[Grant], roles: frozenset[str]) -> tuple[Grant, ...]:
    """Return the grants that count: of the API's roles, by a grantor whose grants can be taken back."""
    counted = {
        replace(grant, grantor="")
        for grant in grants
        if grant.grantee in roles and grant.grantor not in PLATFORM_GRANTORS
    }
    return tuple(sorted(counted, key=lambda grant: (grant.grantee, grant.privilege, grant.column or "")))


def _shut_out(schema: str, roles: set[str], live: Schema) -> tuple[str, ...]:
    """Return the roles that cannot use a schema yet."""
    if schema == "public":
        return ()
    namespace = next((found for found in live.namespaces if found.name == schema), None)
    users = {grant.grantee for grant in namespace.grants if grant.privilege == "USAGE"} if namespace else set()
    return () if "public" in users else tuple(sorted(roles - users))
