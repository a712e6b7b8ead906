"""From one row of a catalog query to one value; the columns are in the order of the query's SELECT list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Row
from typing import Any

from gatepost.schema import (
    Column,
    Command,
    Constraint,
    DatabaseRole,
    DefaultPrivilege,
    Grant,
    Index,
    Membership,
    Policy,
    Reference,
    RowSecurity,
    Sequence,
    Table,
    TableKind,
)

GrantsByRelation = dict[tuple[str, str], tuple[Grant, ...]]
References = Mapping[tuple[str, str, str, str | None], tuple[Reference, ...]]

_TABLE_KINDS: dict[str, TableKind] = {"r": "table", "p": "partitioned", "f": "foreign"}
_POLICY_COMMANDS: dict[str, Command] = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}
_IDENTITIES = {"": "", "a": "always", "d": "by default"}
_OBJECT_KINDS = {"r": "table", "S": "sequence", "f": "function", "T": "type", "n": "schema", "L": "large object"}
_CONSTRAINT_KINDS: dict[str, Any] = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclude",
    "t": "trigger",
    "n": "not null",
}


def grant(row: Row[Any]) -> Grant:
    """Make a grant on a whole object from (grantee, privilege, grantable, grantor)."""
    grantee, privilege, grantable, grantor = row
    return Grant(grantee, privilege, None, grantable, grantor)


def grants(found: list[tuple[Any, ...]]) -> GrantsByRelation:
    """Group the grants of all relations by (schema, name), sorted.

    Most relations of a database carry the same grants, so that each set of them is made once.
    """
    groups: defaultdict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for schema, name, *held in found:
        groups[schema, name].append(tuple(held))
    made: dict[tuple[tuple[Any, ...], ...], tuple[Grant, ...]] = {}
    told = {}
    for key, rows in groups.items():
        same = tuple(rows)
        if same not in made:
            given = (
                Grant(grantee, privilege, column, grantable, by) for column, grantee, privilege, grantable, by in rows
            )
            made[same] = tuple(sorted(given, key=lambda g: (g.grantee, g.privilege, g.column or "", g.grantor)))
        told[key] = made[same]
    return told


def column(row: Row[Any]) -> Column:
    """Make a column from a row of `columns.sql`."""
    _, _, name, type_, not_null, default, identity, generated, sequence_schema, sequence_name = row
    owned = (sequence_schema, sequence_name) if sequence_name is not None else None
    return Column(name, type_, not_null, default, _IDENTITIES[identity], generated, owned)


def policy(row: Row[Any], references: References) -> Policy:
    """Make a policy from a row of `policies.sql` and what the policies refer to."""
    schema, table_name, name, command, permissive, role_names, using, check = row
    reads = references.get(("policy", schema, table_name, name), ())
    roles = tuple(sorted(role_names))
    return Policy(schema, table_name, name, _POLICY_COMMANDS[command], roles, permissive, using, check, reads)


def references(found: list[tuple[Any, ...]]) -> References:
    """Group what policies, views, rules and functions refer to by (kind, schema, name, policy or rule)."""
    groups: defaultdict[tuple[str, str, str, str | None], list[Reference]] = defaultdict(list)
    made: dict[tuple[Any, ...], Reference] = {}
    for kind, schema, name, part, referred, referred_schema, referred_name, columns in found:
        what = (referred, referred_schema, referred_name, tuple(columns))
        if what not in made:
            made[what] = Reference(*what)
        groups[kind, schema, name, part if kind in ("policy", "rule") else None].append(made[what])
    return {owner: tuple(sorted(group)) if len(group) > 1 else tuple(group) for owner, group in groups.items()}


def constraint(row: Row[Any]) -> Constraint:
    """Make a constraint from a row of `constraints.sql`."""
    _, _, name, kind, validated, definition, columns, schema, table_name, referenced = row
    references = (schema, table_name, tuple(referenced)) if table_name is not None else None
    return Constraint(name, _CONSTRAINT_KINDS[kind], tuple(columns), definition, validated, references)


def index(row: Row[Any]) -> Index:
    """Make an index from a row of `indexes.sql`."""
    _, _, name, unique, primary, valid, method, predicate, definition, columns = row
    return Index(name, tuple(columns), unique, primary, valid, predicate, definition, method)


def table(row: Row[Any]) -> Table:
    """Make a table from a row of `tables.sql`, without the parts that other queries find."""
    schema, name, kind, owner, enabled, forced, partition, extension, estimate, parents = row
    return Table(
        schema=schema,
        name=name,
        kind=_TABLE_KINDS[kind],
        owner=owner,
        row_security=RowSecurity(enabled, forced),
        partition=partition,
        extension=extension,
        rows=estimate,
        parents=tuple((parent[0], parent[1]) for parent in parents or ()),
    )


def sequence(row: Row[Any], sequence_grants: tuple[Grant, ...]) -> Sequence:
    """Make a sequence from a row of `sequences.sql`."""
    schema, name, owner, table_schema, table_name, column_name, identity = row
    owned_by = (table_schema, table_name, column_name) if table_name is not None else None
    return Sequence(schema, name, owner, sequence_grants, owned_by, bool(identity))


def role(row: Row[Any]) -> DatabaseRole:
    """Make a role from a row of `roles.sql`."""
    name, superuser, bypass, inherit, login, settings = row
    return DatabaseRole(name, superuser, bypass, inherit, login, tuple(settings))


def membership(row: Row[Any]) -> Membership:
    """Make a membership from a row of `memberships.sql`."""
    return Membership(*row)


def default_privilege(row: Row[Any]) -> DefaultPrivilege:
    """Make a default privilege from a row of `default_privileges.sql`."""
    creator, schema, kind, *rest = row
    return DefaultPrivilege(creator, schema, _OBJECT_KINDS.get(kind, kind), grant(rest))
