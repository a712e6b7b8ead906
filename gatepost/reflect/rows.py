"""Turn each row of a catalog query into a value; the columns are in the order of the query's SELECT list.

Relations, policies and functions are known by their numbers in the catalog (oid), columns by theirs in the relation, so
that PostgreSQL need not look up the same names over and over. What many rows have alike is made once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass
from typing import Any, Protocol

from gatepost.database.reading import printed
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

Rows = list[tuple[Any, ...]]
Names = Mapping[int, Mapping[int, str]]
"""The names of columns: by relation, by number."""
References = Mapping[tuple[str, int], tuple[Reference, ...]]
"""By the kind of what refers, and its number."""


class Fetch(Protocol):
    """Runs a query of `queries/` by its name."""

    def __call__(self, query: str, **variables: object) -> Rows:
        """Return all rows."""


@dataclass(frozen=True)
class Relations:
    """What tables, views and sequences have alike, by their numbers; the rows are of the queries of those names."""

    tables: Rows
    views: Rows
    sequences: Rows
    keys: Mapping[int, tuple[str, str]]
    names: Names
    columns: Mapping[int, list[Column]]
    grants: Mapping[int, tuple[Grant, ...]]
    references: References


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


def grants(found: Rows, names: Names) -> dict[int, tuple[Grant, ...]]:
    """Group the grants of all relations by relation, sorted.

    Most relations of a database carry the same grants, so that each set of them is made once.
    """
    acls: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    carried: defaultdict[int, list[tuple[str | None, str]]] = defaultdict(list)
    for relation, number, acl, *privilege in found:
        if relation is None:
            acls[acl].append(tuple(privilege))
        elif number is None:
            carried[relation].append((None, acl))
        else:
            carried[relation].extend((name, acl) for name in named(names, relation, [number]))
    made: dict[tuple[tuple[str | None, str], ...], tuple[Grant, ...]] = {}
    by_relation = {}
    for relation, held in carried.items():
        same = tuple(sorted(held, key=lambda one: one[0] or ""))
        if same not in made:
            given = (
                Grant(grantee, privilege, column, grantable, by)
                for column, acl in same
                for grantee, privilege, grantable, by in acls[acl]
            )
            made[same] = tuple(sorted(given, key=lambda g: (g.grantee, g.privilege, g.column or "", g.grantor)))
        by_relation[relation] = made[same]
    return by_relation


def columns(found: Rows, sequences: Mapping[tuple[int, int], tuple[str, str]]) -> dict[int, list[Column]]:
    """Group the columns by relation, in their order.

    Args:
        found: The rows of `columns.sql`.
        sequences: The sequence that a column owns, by (relation, number).
    """
    groups: defaultdict[int, list[Column]] = defaultdict(list)
    made: dict[tuple[Any, ...], Column] = {}
    for relation, number, *values in found:
        same = (*values, sequences.get((relation, number)))
        if same not in made:
            name, type_, not_null, defaults, default, identity, generated, owned = same
            if defaults:
                printed(default)
            made[same] = Column(name, type_, not_null, default, _IDENTITIES[identity], generated, owned)
        groups[relation].append(made[same])
    return groups


def names(found: Rows) -> Names:
    """Return the names of columns from rows that begin with (relation, number, name)."""
    columns: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for relation, number, name, *_ in found:
        columns[relation][number] = name
    return columns


def policy(row: Row[Any], references: References) -> Policy:
    """Make a policy from a row of `policies.sql` and what the policies refer to."""
    number, _, schema, table_name, name, command, permissive, roles, has_using, using, has_check, check, comment = row
    for there, text in ((has_using, using), (has_check, check)):
        if there:
            printed(text)
    reads = references.get(("policy", number), ())
    names = tuple(sorted(roles))
    return Policy(schema, table_name, name, _POLICY_COMMANDS[command], names, permissive, using, check, reads, comment)


def named(names: Names, relation: int, numbers: Iterable[int] | None) -> tuple[str, ...]:
    """Return the names of some columns, without those that were dropped meanwhile."""
    own = names.get(relation, {})
    return tuple([own[number] for number in numbers or () if number in own])


def unnamed(found: Rows, names: Names) -> list[int]:
    """Return the relations of `references.sql` with columns that have no name yet, such as those of a catalog."""
    referred = {(relation, number) for _, _, _, relation, _, _, numbers in found for number in numbers or ()}
    return sorted({relation for relation, number in referred if number not in names.get(relation, ())})


def references(found: Rows, names: Names) -> References:
    """Group what policies, views, rules and functions refer to by what refers.

    Args:
        found: The rows of `references.sql`.
        names: The names of the columns.
    """
    groups: defaultdict[tuple[str, int], list[Reference]] = defaultdict(list)
    made: dict[tuple[str, int, tuple[int, ...]], Reference] = {}
    for kind, owner, referred, number, schema, name, numbers in found:
        what = (referred, number, tuple(numbers or ()))
        if what not in made:
            made[what] = Reference(referred, schema, name, tuple(sorted({*named(names, number, what[2])})))
        groups[kind, owner].append(made[what])
    return {owner: tuple(sorted(group)) if len(group) > 1 else tuple(group) for owner, group in groups.items()}


def constraint(row: Row[Any], names: Names) -> Constraint:
    """Make a constraint from a row of `constraints.sql`."""
    relation, name, kind, validated, definition, key, schema, table_name, referred, referred_key = row
    references = (schema, table_name, named(names, referred, referred_key)) if table_name is not None else None
    return Constraint(
        name, _CONSTRAINT_KINDS[kind], named(names, relation, key), printed(definition), validated, references
    )


def index(row: Row[Any], names: Names) -> Index:
    """Make an index from a row of `indexes.sql`."""
    relation, name, unique, primary, valid, method, predicate, definition, numbers, keys = row
    own = names.get(relation, {})
    columns = tuple([own.get(number) for number in numbers[:keys]])
    return Index(name, columns, unique, primary, valid, predicate, printed(definition), method)


def table(row: Row[Any], **parts: Any) -> Table:  # noqa: ANN401  the fields of Table that other queries find
    """Make a table from a row of `tables.sql` and what other queries found."""
    _, schema, name, kind, owner, enabled, forced, partition, extension, estimate, parents = row
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
        **parts,
    )


def sequence(row: Row[Any], relations: Relations) -> Sequence:
    """Make a sequence from a row of `sequences.sql`."""
    number, schema, name, owner, relation, column, identity = row
    column_name = relations.names.get(relation, {}).get(column)
    table_key = relations.keys.get(relation)
    owned_by = (*table_key, column_name) if table_key is not None and column_name is not None else None
    return Sequence(schema, name, owner, relations.grants.get(number, ()), owned_by, bool(identity))


def owned(found: Rows) -> dict[tuple[int, int], tuple[str, str]]:
    """Return the sequence that a column owns, from the rows of `sequences.sql`: that of its identity before others."""
    owned: dict[tuple[int, int], tuple[str, str]] = {}
    for _, schema, name, _, relation, column, _ in sorted(found, key=lambda row: (not row[6], row[0])):
        owned.setdefault((relation, column), (schema, name))
    return owned


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
