"""What belongs together though no foreign key says so: columns that name a user, and columns that policies compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.compared_values import Clues
from gatepost.analysis.policies import OWNER_NAMES
from gatepost.name_hints import name_parts
from gatepost.observation.plant.canaries import family
from gatepost.schema import Schema, Table, is_platform

_NAMES = ("uuid", "text", "character varying", "citext")
"""The types that hold a user's id."""
_KEYS = ("uuid", "bigint", "integer", "text", "character varying")
_CATALOGUE = frozenset("role permission capability privilege right scope plan tier".split())


def of_a_catalogue(table: str) -> bool:
    """Tell whether a table's name says that its rows are kinds of users, and no tenants."""
    return bool(name_parts(table) & _CATALOGUE)


def named_owners(tables: Iterable[Table], keys: Mapping[ColumnKey, ColumnKey]) -> set[ColumnKey]:
    """Return the columns that name a user by what they are called, where nothing says what they refer to.

    Args:
        tables: The tables.
        keys: The foreign keys.
    """
    tables = list(tables)
    there = {word for table in tables for word in name_parts(table.name)}
    return {
        (*table.key, column.name)
        for table in tables
        for column in table.columns
        if column.name in OWNER_NAMES
        and not is_platform(table.schema)
        and column.type in _NAMES
        and (*table.key, column.name) not in keys
        and (column.name.startswith(("user", "owner")) or column.name.removesuffix("_id") not in there)
    }


def naming(found: Iterable[ColumnKey], live: Schema, domains: Mapping[str, str]) -> frozenset[ColumnKey]:
    """Return those columns whose type can hold a user's id, alone or in an array.

    Args:
        found: Columns that are compared with one.
        live: The database.
        domains: What each domain is made of.
    """
    kept = set()
    for key in found:
        table = live.table(*key[:2])
        column = table.column(key[2]) if table is not None else None
        if column is not None and family(domains.get(column.type, column.type).removesuffix("[]")) in _NAMES:
            kept.add(key)
    return frozenset(kept)


def linked(
    clues: Clues, tables: Iterable[Table], keys: Mapping[ColumnKey, ColumnKey], identities: frozenset[ColumnKey]
) -> dict[ColumnKey, ColumnKey]:
    """Return what columns refer to, as the comparisons of the policies say, where no foreign key says it.

    Args:
        clues: What policies compare.
        tables: The tables.
        keys: The foreign keys.
        identities: The columns that name a user, which lead to users and nowhere else.
    """
    by_key = {table.key: table for table in tables}
    found: dict[ColumnKey, ColumnKey] = {}
    for pair in sorted({tuple(sorted(link)) for link in clues.links}):
        if any(key in identities or key in clues.literals or key[:2] not in by_key for key in pair):
            continue
        types = {_type(by_key, key) for key in pair}
        if len(types) != 1 or not types <= set(_KEYS):
            continue
        child, parent = _directed(pair[0], pair[1], by_key, identities)
        known = {**keys, **found}
        if child in known and parent not in known and not _alone(by_key, parent):
            child, parent = parent, known[child]  # both refer to the same
        if child not in known and child[:2] != parent[:2] and child[:2] not in _above(parent, known):
            found[child] = parent
    return found


def _directed(
    one: ColumnKey, other: ColumnKey, tables: Mapping[tuple[str, str], Table], identities: frozenset[ColumnKey]
) -> tuple[ColumnKey, ColumnKey]:
    """Return (child, parent): the parent holds each value once, or says who may see it."""

    def rank(key: ColumnKey) -> tuple[bool, bool, ColumnKey]:
        return (_alone(tables, key), any(user[:2] == key[:2] for user in identities), key)

    return (one, other) if rank(one) < rank(other) else (other, one)


def _above(key: ColumnKey, keys: Mapping[ColumnKey, ColumnKey]) -> set[tuple[str, str]]:
    """Return the tables that a column's values come from, its own among them."""
    return set(_way(key, keys))


def _way(key: ColumnKey, keys: Mapping[ColumnKey, ColumnKey]) -> Iterator[tuple[str, str]]:
    seen: set[ColumnKey] = set()
    while key not in seen:
        seen.add(key)
        yield key[:2]
        key = keys.get(key, key)


def _alone(tables: Mapping[tuple[str, str], Table], key: ColumnKey) -> bool:
    return any(index.unique and index.columns == (key[2],) for index in tables[key[:2]].indexes)


def _type(tables: Mapping[tuple[str, str], Table], key: ColumnKey) -> str:
    column = tables[key[:2]].column(key[2])
    return family(column.type) if column is not None else ""
