"""Find references without a foreign key: columns that name a user, and columns that policies compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.compared_values import Clues
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.plant.canaries import family
from gatepost.schema import Schema, Table, is_platform

_NAMES = ("uuid", "text", "character varying", "citext")
"""The types that can hold a user's id."""
_KEYS = ("uuid", "bigint", "integer", "text", "character varying")


def of_a_catalogue(table: str) -> bool:
    """Return whether a table's name says that its rows are kinds of users and not tenants."""
    return bool(name_parts(table) & word_list("role_tables"))


def named_owners(tables: Iterable[Table], keys: Mapping[ColumnKey, ColumnKey]) -> set[ColumnKey]:
    """Return the columns that refer to a user by their names, where no key says what they refer to.

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
        if column.name in word_list("owner_columns")
        and not is_platform(table.schema)
        and column.type in _NAMES
        and (*table.key, column.name) not in keys
        and (column.name.startswith(("user", "owner")) or column.name.removesuffix("_id") not in there)
    }


def naming(found: Iterable[ColumnKey], live: Schema, domains: Mapping[str, str]) -> frozenset[ColumnKey]:
    """Return the columns whose type can hold a user's id, alone or in an array.

    Args:
        found: Columns that are compared with a user's id.
        live: The database.
        domains: The base type of each domain.
    """
    kept = set()
    for key in found:
        table = live.table(*key[:2])
        column = table.column(key[2]) if table is not None else None
        if column is not None and family(domains.get(column.type, column.type).removesuffix("[]")) in _NAMES:
            kept.add(key)
    return frozenset(kept)


def linked(
    clues: Clues,
    tables: Iterable[Table],
    keys: Mapping[ColumnKey, ColumnKey],
    identities: frozenset[ColumnKey],
    filled: frozenset[tuple[str, str]] = frozenset(),
) -> dict[ColumnKey, ColumnKey]:
    """Return the references between columns that the policies' comparisons imply, where no foreign key says so.

    Args:
        clues: The comparisons of the policies.
        tables: The tables.
        keys: The foreign keys.
        identities: The columns that name a user. They refer to users only.
        filled: The tables that hold rows already, which others refer to.
    """
    by_key = {table.key: table for table in tables}
    found: dict[ColumnKey, ColumnKey] = {}
    for pair in sorted({tuple(sorted(link)) for link in clues.links}):
        if any(key in identities or key in clues.literals or key[:2] not in by_key for key in pair):
            continue
        types = {_type(by_key, key) for key in pair}
        if len(types) != 1 or not types <= set(_KEYS):
            continue
        child, parent = _directed(pair[0], pair[1], by_key, identities, filled)
        known = {**keys, **found}
        if child in known and parent not in known and not _alone(by_key, parent):
            child, parent = parent, known[child]  # both refer to the same column
        if child not in known and child[:2] != parent[:2] and child[:2] not in _above(parent, known):
            found[child] = parent
    return found


def _directed(
    one: ColumnKey,
    other: ColumnKey,
    tables: Mapping[tuple[str, str], Table],
    identities: frozenset[ColumnKey],
    filled: frozenset[tuple[str, str]],
) -> tuple[ColumnKey, ColumnKey]:
    """Return (child, parent). The parent holds each value once, or decides who may see it."""

    def rank(key: ColumnKey) -> tuple[bool, bool, bool, bool, ColumnKey]:
        named = any(user[:2] == key[:2] for user in identities)
        joins = any(index.unique and key[2] in index.columns for index in tables[key[:2]].indexes)
        return (key[:2] in filled and not named, _alone(tables, key), named, joins, key)

    return (one, other) if rank(one) < rank(other) else (other, one)


def _above(key: ColumnKey, keys: Mapping[ColumnKey, ColumnKey]) -> set[tuple[str, str]]:
    """Return the tables from which a column's values come, including its own."""
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
